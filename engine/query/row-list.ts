import { grown } from '../columns/grown.ts'

/** Row numbers that are only ever added to. */
export class RowList {
  #rows = new Uint32Array(1024)
  #count = 0
  #view = this.#rows.subarray(0, 0)

  get count(): number {
    return this.#count
  }

  add(row: number): void {
    if (this.#count === this.#rows.length) this.#rows = grown(this.#rows)
    this.#rows[this.#count++] = row
  }

  /** Adds all from `first` up to, not including, `end`. */
  addAll(first: number, end: number): void {
    while (this.#count + end - first > this.#rows.length) this.#rows = grown(this.#rows)
    for (let row = first; row < end; row++) this.#rows[this.#count++] = row
  }

  /** The rows so far; what is added later does not change them. The same array as before if nothing was added. */
  view(): Uint32Array {
    if (this.#view.length !== this.#count) this.#view = this.#rows.subarray(0, this.#count)
    return this.#view
  }
}
