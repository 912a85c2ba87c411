import { u16 } from './bytes.ts'
import { OPTION, padded } from './pcapng-format.ts'
import { decodeUtf8 } from './utf8.ts'

/**
 * The options of a block, read one after the other:
 *
 * ```
 *  0      2        4
 *  | code | length | value, padded to 4 bytes |
 * ```
 *
 * for (options.read(...); options.next(); ) ...; and `broken` says whether one did not fit.
 */
export class OptionCursor {
  code = 0
  /** Where the value starts, and its length. */
  at = 0
  length = 0
  broken = false
  bytes: Uint8Array = new Uint8Array(0)
  bigEndian = false
  #next = 0
  #to = 0

  read(bytes: Uint8Array, from: number, to: number, bigEndian: boolean): void {
    this.bytes = bytes
    this.bigEndian = bigEndian
    this.#next = from
    this.#to = to
    this.broken = false
  }

  next(): boolean {
    const at = this.#next
    if (at === this.#to) return false
    if (at + 4 > this.#to) {
      this.broken = true
      return false
    }
    this.code = u16(this.bytes, at, this.bigEndian)
    this.length = u16(this.bytes, at + 2, this.bigEndian)
    this.at = at + 4
    this.#next = this.at + padded(this.length)
    if (this.#next > this.#to) {
      this.broken = true
      return false
    }
    return this.code !== OPTION.end
  }

  text(): string {
    return decodeUtf8(this.bytes, this.at, this.at + this.length)
  }
}
