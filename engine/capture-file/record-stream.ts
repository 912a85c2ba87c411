import type { Damage } from '../../common/model/capture.ts'
import type { FrameSink, StartPoint } from './capture-reader.ts'

/** Takes records out of the bytes of a capture; a RecordStream gives it the bytes. */
export interface RecordParser {
  /** What follows are the records from there on; it has taken the descriptions. */
  resume(at: StartPoint): void
  /** How many bytes it wants from where `parse` stopped: a header's at first, then the record's. Always more than were there. */
  readonly need: number
  /** Once set, nothing more is parsed. */
  readonly damage: Damage | undefined
  /**
   * Takes the whole records of `bytes[from, to)` and returns where it stopped. `bytes[0]` is byte `base` of the capture (which may be
   * negative).
   */
  parse(bytes: Uint8Array, from: number, to: number, base: number): number
  /** The capture ends after `bytes[0, length)`, which `parse` left over; they start at byte `offset`. May be nothing, which is no damage mostly. */
  end(bytes: Uint8Array, length: number, offset: number): Damage | undefined
}

/**
 * Feeds chunks of any size to a parser. Records are parsed where they lie in the chunk; only one that straddles chunks is copied: in front of the
 * chunk that it ends in, where the sink has room there, else no more of it than has arrived, so a record that claims to be huge takes no memory.
 */
export class RecordStream {
  readonly #parser: RecordParser
  readonly #sink: Pick<FrameSink, 'joined'>
  #held = new Uint8Array(0)
  #heldLength = 0
  /** Where in the capture the held bytes start, or the next chunk does. */
  #offset = 0

  constructor(parser: RecordParser, sink: Pick<FrameSink, 'joined'> = {}) {
    this.#parser = parser
    this.#sink = sink
  }

  /** Where the next record begins; everything before it has been parsed. */
  get parsed(): number {
    return this.#offset
  }

  /** Bytes taken so far. */
  get taken(): number {
    return this.#offset + this.#heldLength
  }

  push(chunk: Uint8Array): void {
    const parser = this.#parser
    if (parser.damage || chunk.length === 0) return
    // Only once it is whole, so that no byte is copied more than twice.
    if (this.#heldLength > 0 && this.#heldLength + chunk.length >= parser.need) {
      const joined = this.#sink.joined?.(this.#held.subarray(0, this.#heldLength), chunk)
      if (joined) {
        chunk = joined
        this.#heldLength = 0
      }
    }
    let at = 0
    while (this.#heldLength > 0) {
      const more = Math.min(parser.need - this.#heldLength, chunk.length - at)
      this.#hold(chunk, at, at + more)
      at += more
      if (this.#heldLength < parser.need) return
      // Held are exactly the bytes the parser asked for: it takes them all, or asks for more.
      const end = parser.parse(this.#held, 0, this.#heldLength, this.#offset)
      if (parser.damage) return
      this.#held.copyWithin(0, end, this.#heldLength)
      this.#heldLength -= end
      this.#offset += end
    }
    if (at === chunk.length) return
    const end = parser.parse(chunk, at, chunk.length, this.#offset - at)
    this.#offset += end - at
    if (!parser.damage) this.#hold(chunk, end, chunk.length)
  }

  /** What comes next is the capture from there on. */
  resume(at: StartPoint): void {
    this.#parser.resume(at)
    this.#heldLength = 0
    this.#offset = at.offset
  }

  finish(): Damage | undefined {
    return this.#parser.damage ?? this.#parser.end(this.#held, this.#heldLength, this.#offset)
  }

  #hold(chunk: Uint8Array, from: number, to: number): void {
    const length = this.#heldLength + to - from
    if (length > this.#held.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#held.length, 4096))
      larger.set(this.#held.subarray(0, this.#heldLength))
      this.#held = larger
    }
    this.#held.set(chunk.subarray(from, to), this.#heldLength)
    this.#heldLength = length
  }
}
