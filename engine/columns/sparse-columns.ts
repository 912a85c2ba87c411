import { grown } from './conversation-table.ts'

/** A column or two of numbers for the few rows that have them. Rows are added in ascending order. */
export class SparseColumns {
  #rows = new Uint32Array(64)
  #first = new Uint32Array(64)
  #second = new Uint32Array(64)
  #count = 0

  get count(): number {
    return this.#count
  }

  add(row: number, first: number, second: number): void {
    const n = this.#count++
    if (n === this.#rows.length) {
      this.#rows = grown(this.#rows)
      this.#first = grown(this.#first)
      this.#second = grown(this.#second)
    }
    this.#rows[n] = row
    // Memory that is not written to is not taken.
    if (first !== 0) this.#first[n] = first
    if (second !== 0) this.#second[n] = second
  }

  /** Where `row` is, for `first()` and `second()`; -1 if it has no values. */
  find(row: number): number {
    let low = 0
    let high = this.#count - 1
    while (low <= high) {
      const middle = (low + high) >>> 1
      const at = this.#rows[middle]
      if (at === row) return middle
      if (at < row) low = middle + 1
      else high = middle - 1
    }
    return -1
  }

  first(place: number): number {
    return this.#first[place]
  }

  second(place: number): number {
    return this.#second[place]
  }
}
