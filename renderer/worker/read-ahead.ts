import { BytePassage, type OpenStream } from './byte-passage.ts'

type Read = (offset: number, length: number) => Promise<Uint8Array>

/**
 * Reads after each other, this close together, are taken for a pass over the file. Neighbouring packets are read together (eachFrame), so
 * reads further apart are of packets here and there, as in a filtered list.
 */
const NEAR = 1 << 17
const SURE_AFTER = 3
/** Reads of so many bytes are of neighbouring packets: two are enough. */
const LARGE = 1 << 20

/** Reads that follow each other. */
class Sequence {
  #end = -1
  count = 0

  /** Takes the read in if it goes on where the last one ended. */
  continues(offset: number, length: number): boolean {
    const gap = offset - this.#end
    if (gap < 0 || gap > NEAR) return false
    this.#end = offset + length
    this.count += length < LARGE ? 1 : SURE_AFTER
    return true
  }

  begin(offset: number, length: number): void {
    this.#end = offset + length
    this.count = 0
  }
}

/** Reads of single packets go straight through; a pass over the file (a filter that needs every packet's bytes) is read as one stream. */
export class ReadAhead {
  readonly #read: Read
  readonly #open: OpenStream
  #passage: BytePassage | undefined
  /** Single packets are read during a pass too: they don't end it. */
  #pass = new Sequence()
  #perhaps = new Sequence()

  constructor(read: Read, open: OpenStream) {
    this.#read = read
    this.#open = open
  }

  /** `memory`: where the bytes may be put. */
  async read(offset: number, length: number, memory?: ArrayBuffer): Promise<Uint8Array> {
    if (!this.#isInPass(offset, length)) return this.#read(offset, length)
    if (!this.#passage?.reaches(offset, NEAR)) {
      this.#passage?.close()
      this.#passage = new BytePassage(this.#open, offset)
    }
    // Where the stream has ended or failed, the read says why, or has what was written since.
    return (await this.#passage.take(offset, length, memory)) ?? this.#read(offset, length)
  }

  #isInPass(offset: number, length: number): boolean {
    if (this.#pass.count >= SURE_AFTER && this.#pass.continues(offset, length)) return true
    if (!this.#perhaps.continues(offset, length)) this.#perhaps.begin(offset, length)
    if (this.#perhaps.count < SURE_AFTER) return false
    ;[this.#pass, this.#perhaps] = [this.#perhaps, new Sequence()]
    return true
  }
}
