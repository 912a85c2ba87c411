import { PROTOCOLS } from '../decode/protocols.ts'
import type { Packet } from '../decode/packet.ts'

const MAX_STACKS = 0xffff
/** A power of two. */
const RECENT = 256

/**
 * Dictionary of protocol stacks: the layers of a packet, outermost first, as one number for the packet table.
 * Number 0 is the empty stack. When 65,535 different stacks have been seen (hostile input), further ones count as the empty one.
 */
export class StackTable {
  readonly #stacks: Uint8Array[] = [new Uint8Array(0)]
  readonly #names: string[] = ['']
  readonly #byKey = new Map<string, number>()
  /** Stacks met before, by a hash of their layers: which one a slot holds changes, what it is compared with does not lie. */
  readonly #recent = new Uint16Array(RECENT)

  get count(): number {
    return this.#stacks.length
  }

  /** The number of the packet's stack. A capture has few, so that nearly all are found among the recent ones. */
  intern(packet: Packet): number {
    const { layers, layerCount } = packet
    let hash = layerCount
    for (let i = 0; i < layerCount; i++) hash = (Math.imul(hash, 31) + layers[i]) | 0
    const slot = (hash ^ (hash >>> 9)) & (RECENT - 1)
    const recent = this.#recent[slot]
    const known = this.#stacks[recent]
    if (known.length === layerCount) {
      let i = 0
      while (i < layerCount && layers[i] === known[i]) i++
      if (i === layerCount) return recent
    }
    return (this.#recent[slot] = this.#lookUp(layers.subarray(0, layerCount)))
  }

  /** As tshark's frame.protocols: "eth:ethertype:ip:tcp". */
  name(stack: number): string {
    return this.#names[stack]
  }

  /** Protocol ids, outermost first. */
  layers(stack: number): Uint8Array {
    return this.#stacks[stack]
  }

  #lookUp(layers: Uint8Array): number {
    const key = String.fromCharCode(...layers)
    const known = this.#byKey.get(key)
    if (known !== undefined) return known
    if (layers.length === 0 || this.#stacks.length > MAX_STACKS) return 0
    const id = this.#stacks.length
    this.#stacks.push(layers.slice())
    this.#names.push(Array.from(layers, (layer) => PROTOCOLS[layer]).join(':'))
    this.#byKey.set(key, id)
    return id
  }
}
