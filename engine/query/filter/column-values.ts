import { register } from './column-scratch.ts'
import type { ValueSource } from './filter-evaluate.ts'
import { type Block, type FilterField, type FilterValue, PRESENCE, type ReaderContext } from './filter-field.ts'

/** The values of a row as far as columns have them. */
export class ColumnValues implements ValueSource {
  readonly #context: ReaderContext
  #block: Block | undefined
  /** A value was asked for that only the bytes have. */
  incomplete = false

  constructor(context: ReaderContext) {
    this.#context = context
  }

  at({ chunk, firstRow }: Block, i: number): void {
    this.#block = { chunk, firstRow, from: i, to: i + 1 }
    this.incomplete = false
  }

  values({ columns }: FilterField): readonly FilterValue[] {
    const block = this.#block
    if (!columns || !block) return []
    const { values, presence } = register(0)
    const found: FilterValue[] = []
    for (const { read, entry } of columns) {
      read(block, values, presence, this.#context)
      const known = presence[block.from]
      if (known === PRESENCE.unknown || known === PRESENCE.partial) this.incomplete = true
      else if (known === PRESENCE.present) {
        const value = values[block.from]
        found.push(entry ? entry(value, this.#context) : value)
      }
    }
    return found
  }

  headerLengths(): readonly number[] {
    return []
  }
}
