import { PROTOCOLS } from '../decode/protocols.ts'

const MAX_STACKS = 0xffff

/**
 * Dictionary of protocol stacks: the layers of a packet, outermost first, as one number for the packet table.
 * Number 0 is the empty stack. When 65,535 different stacks have been seen (hostile input), further ones count as the empty one.
 */
export class StackTable {
  readonly #stacks: Uint8Array[] = [new Uint8Array(0)]
  readonly #names: string[] = ['']
  readonly #byKey = new Map<string, number>()

  get count(): number {
    return this.#stacks.length
  }

  /** As tshark's frame.protocols: "eth:ethertype:ip:tcp". */
  name(stack: number): string {
    return this.#names[stack]
  }

  /** Protocol ids, outermost first. */
  layers(stack: number): Uint8Array {
    return this.#stacks[stack]
  }

  /** The number of the stack, which is entered if it is new. */
  lookUp(layers: Uint8Array): number {
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
