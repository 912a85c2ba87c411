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
    const place = this.#placeOf(row)
    return place < this.#count && this.#rows[place] === row ? place : -1
  }

  /** The rows of [from, to) that have values. */
  rows(from: number, to: number): Uint32Array {
    return this.#rows.subarray(this.#placeOf(from), this.#placeOf(to))
  }

  /** Of the first row that is not before `row`. */
  #placeOf(row: number): number {
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#rows[middle] < row) low = middle + 1
      else high = middle
    }
    return low
  }

  first(place: number): number {
    return this.#first[place]
  }

  second(place: number): number {
    return this.#second[place]
  }
}
