import { PROTOCOLS } from '../decode/protocols.ts'
import type { Packet } from '../decode/packet.ts'

const MAX_STACKS = 0xffff
/** As many as Packet.stackKey holds. */
const KEY_LAYERS = 4
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
  /** Stacks met before, as pairs of key and number, by a hash of the key. */
  readonly #recent = new Int32Array(2 * RECENT)

  get count(): number {
    return this.#stacks.length
  }

  /** The number of the packet's stack. A capture has few, so that nearly all are found among the recent ones. */
  intern(packet: Packet): number {
    const { layerCount } = packet
    const key = packet.stackKey ^ (layerCount << 28)
    const recent = this.#recent
    const slot = 2 * ((key ^ (key >>> 9) ^ (key >>> 28)) & (RECENT - 1))
    // With more layers than the key holds, several stacks have the same.
    if (recent[slot] === key && (layerCount <= KEY_LAYERS || this.#isStack(recent[slot + 1], packet))) {
      return recent[slot + 1]
    }
    const stack = this.#lookUp(packet.layers.subarray(0, layerCount))
    recent[slot] = key
    recent[slot + 1] = stack
    return stack
  }

  #isStack(stack: number, { layers, layerCount }: Packet): boolean {
    const known = this.#stacks[stack]
    if (known.length !== layerCount) return false
    let i = 0
    while (i < layerCount && layers[i] === known[i]) i++
    return i === layerCount
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
