import { firstNotBefore } from '../binary-search.ts'
import type { Kernel } from '../kernel.ts'

/** A column or two of numbers for the few rows that have them, in ascending order; the kernel adds them. */
export class SparseColumns {
  readonly #kernel: Pick<Kernel, 'unsigned'>
  readonly #table: number

  /** They are table number `table` and the three that follow. */
  constructor(kernel: Pick<Kernel, 'unsigned'>, table: number) {
    this.#kernel = kernel
    this.#table = table
  }

  /** Where `row` is, for `first()` and `second()`; -1 if it has no values. */
  find(row: number): number {
    const place = this.#placeOf(row)
    return place < this.#count && this.#rows[place] === row ? place : -1
  }

  /** The rows of [from, to) that have values. A view, for now: the table may move when it grows. */
  rows(from: number, to: number): Uint32Array {
    return this.#rows.subarray(this.#placeOf(from), this.#placeOf(to))
  }

  first(place: number): number {
    return this.#kernel.unsigned(this.#table + 1)[place]
  }

  second(place: number): number {
    return this.#kernel.unsigned(this.#table + 2)[place]
  }

  get #rows(): Uint32Array {
    return this.#kernel.unsigned(this.#table)
  }

  get #count(): number {
    return this.#kernel.unsigned(this.#table + 3)[0]
  }

  /** Of the first row that is not before `row`. */
  #placeOf(row: number): number {
    return firstNotBefore(this.#rows, row, 0, this.#count)
  }
}
