import type { StackTable } from '../columns/stack-table.ts'

/** How often each stack has a layer, as tables by stack number. */
export class StackLayers {
  readonly #stacks: StackTable
  readonly #counts = new Map<number, { counts: Uint8Array; known: number }>()

  constructor(stacks: StackTable) {
    this.#stacks = stacks
  }

  /** For each stack seen so far, how often it has the layer; ask again when more rows have come. */
  counts(layer: number): Uint8Array {
    let entry = this.#counts.get(layer)
    if (!entry) this.#counts.set(layer, (entry = { counts: new Uint8Array(64), known: 0 }))
    const { count } = this.#stacks
    if (entry.known === count) return entry.counts
    if (entry.counts.length < count) {
      const counts = new Uint8Array(Math.max(count, entry.counts.length * 2))
      counts.set(entry.counts)
      entry.counts = counts
    }
    for (let stack = entry.known; stack < count; stack++) {
      for (const one of this.#stacks.layers(stack)) if (one === layer) entry.counts[stack]++
    }
    entry.known = count
    return entry.counts
  }

  /** For each stack seen so far a number, the same for those that have as many of each of `layers`: none, one, or more; below 3 to their power. */
  kinds(layers: readonly number[]): Uint8Array {
    const kinds = new Uint8Array(this.#stacks.count)
    for (const layer of layers) {
      const counts = this.counts(layer)
      for (let stack = 0; stack < kinds.length; stack++) kinds[stack] = kinds[stack] * 3 + Math.min(2, counts[stack])
    }
    return kinds
  }

  /** The stacks that have any of the layers, as 0 and 1. */
  having(layers: readonly number[]): Uint8Array {
    const having = new Uint8Array(this.#stacks.count)
    for (const layer of layers) {
      const counts = this.counts(layer)
      for (let stack = 0; stack < having.length; stack++) if (counts[stack] > 0) having[stack] = 1
    }
    return having
  }
}
