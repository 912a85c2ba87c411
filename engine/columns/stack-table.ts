import { PROTOCOLS } from '../decode/protocols.ts'
import { MAX_LAYERS, type Packet } from '../decode/packet.ts'

const MAX_STACKS = 0xffff

/**
 * Dictionary of protocol stacks: the layers of a packet, outermost first, as one number for the packet table.
 * Number 0 is the empty stack. When 65,535 different stacks have been seen (hostile input), further ones count as the empty one.
 */
export class StackTable {
  readonly #stacks: Uint8Array[] = [new Uint8Array(0)]
  readonly #names: string[] = ['']
  readonly #byKey = new Map<string, number>()
  readonly #lastLayers = new Uint8Array(MAX_LAYERS)
  #lastCount = -1
  #last = 0

  get count(): number {
    return this.#stacks.length
  }

  /** The number of the packet's stack. Consecutive packets mostly have the same one, which is looked at first. */
  intern(packet: Packet): number {
    const { layers, layerCount } = packet
    if (layerCount === this.#lastCount) {
      let i = 0
      while (i < layerCount && layers[i] === this.#lastLayers[i]) i++
      if (i === layerCount) return this.#last
    }
    for (let i = 0; i < layerCount; i++) this.#lastLayers[i] = layers[i]
    this.#lastCount = layerCount
    return (this.#last = this.#lookUp(layers.subarray(0, layerCount)))
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
