import { asciiText } from './ascii.ts'

/** Bytes of a line that are kept; what a longer one goes on with is not needed to understand the message. */
const LONGEST_LINE = 8192

/** Puts lines together that come in pieces. A line ends with LF; a CR before it is not part of it (RFC 9112 section 2.2). */
export class LineReader {
  readonly #kept = new Uint8Array(LONGEST_LINE)
  #length = 0
  #text = ''

  /** The line that `take` completed. */
  get text(): string {
    return this.#text
  }

  /** Takes bytes up to the line's end; where it ended, one past the LF, or -1 if it goes on beyond `to`. */
  take(bytes: Uint8Array, from: number, to: number): number {
    const found = bytes.indexOf(0x0a, from)
    const end = found < 0 || found >= to ? to : found
    const fits = Math.min(end, from + LONGEST_LINE - this.#length)
    if (fits > from) {
      this.#kept.set(bytes.subarray(from, fits), this.#length)
      this.#length += fits - from
    }
    if (end === to) return -1
    const length = this.#length > 0 && this.#kept[this.#length - 1] === 0x0d ? this.#length - 1 : this.#length
    this.#text = asciiText(this.#kept, 0, length)
    this.#length = 0
    return end + 1
  }

  /** What there is of a line that has not ended. */
  get begun(): string {
    return asciiText(this.#kept, 0, this.#length)
  }

  clear(): void {
    this.#length = 0
  }
}
