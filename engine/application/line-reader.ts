import { asciiText } from './ascii.ts'

/** Bytes of a line that are kept; what a longer one goes on with is not needed to understand the message. */
const LONGEST_LINE = 8192

/** Most lines come whole; a buffer for the others is made when it is needed, as there are many connections. */
const SMALLEST_BUFFER = 256

/** Puts lines together that come in pieces. A line ends with LF; a CR before it is not part of it (RFC 9112 section 2.2). */
export class LineReader {
  #kept: Uint8Array = new Uint8Array(0)
  #length = 0
  // Where the completed line is; made into text only when asked for, as most lines are of no interest.
  #source = this.#kept
  #from = 0
  #to = 0

  /** The line that `take` completed; up to the next `take`. */
  get text(): string {
    return asciiText(this.#source, this.#from, this.#to)
  }
  get isEmpty(): boolean {
    return this.#from === this.#to
  }
  /** Its byte at place `i`; 0 behind its end. */
  byte(i: number): number {
    return this.#from + i < this.#to ? this.#source[this.#from + i] : 0
  }

  /** Takes bytes up to the line's end; where it ended, one past the LF, or -1 if it goes on beyond `to`. */
  take(bytes: Uint8Array, from: number, to: number): number {
    const end = endOfLine(bytes, from, to)
    if (end !== to && this.#length === 0) {
      this.#complete(bytes, from, Math.min(end, from + LONGEST_LINE))
      return end + 1
    }
    this.#keep(bytes, from, Math.min(end, from + LONGEST_LINE - this.#length))
    if (end === to) return -1
    this.#complete(this.#kept, 0, this.#length)
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

  #keep(bytes: Uint8Array, from: number, to: number): void {
    if (to <= from) return
    const length = this.#length + to - from
    if (length > this.#kept.length) {
      const larger = new Uint8Array(Math.max(SMALLEST_BUFFER, Math.min(LONGEST_LINE, length * 2)))
      larger.set(this.#kept.subarray(0, this.#length))
      this.#kept = larger
    }
    this.#kept.set(bytes.subarray(from, to), this.#length)
    this.#length = length
  }

  #complete(bytes: Uint8Array, from: number, to: number): void {
    this.#source = bytes
    this.#from = from
    this.#to = to > from && bytes[to - 1] === 0x0d ? to - 1 : to
  }
}

/** Most lines are short. Where one is not, indexOf; of a part, as from a place on it would look through all that lies behind `to`. */
function endOfLine(bytes: Uint8Array, from: number, to: number): number {
  const near = Math.min(to, from + 128)
  for (let at = from; at < near; at++) if (bytes[at] === 0x0a) return at
  const found = near < to ? bytes.subarray(near, to).indexOf(0x0a) : -1
  return found < 0 ? to : near + found
}
