import type { Needle } from '../../../common/model/needle.ts'

/** Whether any of some needles lies within a frame, asked of one frame after the other of bytes that were read together. */
export class NeedleScan {
  readonly #needles: readonly Needle[]
  readonly #haystack: Uint8Array
  /** Of each needle the first place that is not before `#at`. */
  readonly #places: Float64Array
  #at = 0

  constructor(needles: readonly Needle[], haystack: Uint8Array) {
    this.#needles = needles
    this.#haystack = haystack
    this.#places = new Float64Array(needles.length).fill(-1)
    for (const needle of needles) needle.prepare(haystack)
  }

  /** Quick if the frames come in ascending order. */
  within(at: number, end: number): boolean {
    if (at < this.#at) this.#places.fill(-1)
    this.#at = at
    for (let n = 0; n < this.#needles.length; n++) {
      if (this.#places[n] < at) {
        const place = this.#needles[n].indexIn(this.#haystack, at)
        this.#places[n] = place < 0 ? Infinity : place
      }
      if (this.#places[n] + this.#needles[n].bytes.length <= end) return true
    }
    return false
  }
}
