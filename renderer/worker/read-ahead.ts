type Read = (offset: number, length: number) => Promise<Uint8Array>

interface Window {
  readonly offset: number
  readonly bytes: Promise<Uint8Array>
}

/**
 * Reads after each other, this close together, are taken for a pass over the file. Neighbouring packets are read together (eachFrame), so
 * reads further apart are of packets here and there, as in a filtered list.
 */
const NEAR = 1 << 17
const SURE_AFTER = 3

/** Reads that follow each other. */
class Sequence {
  #end = -1
  count = 0

  /** Takes the read in if it goes on where the last one ended. */
  continues(offset: number, length: number): boolean {
    const gap = offset - this.#end
    if (gap < 0 || gap > NEAR) return false
    this.#end = offset + length
    this.count++
    return true
  }

  begin(offset: number, length: number): void {
    this.#end = offset + length
    this.count = 0
  }
}

/**
 * Reads of single packets go straight through; a pass over the file (a filter that needs every packet's bytes) is read in large pieces,
 * the next one while the last is looked at. The answer may be part of a larger buffer.
 */
export class ReadAhead {
  readonly #read: Read
  readonly #window: number
  #current: Window | undefined
  #next: Window | undefined
  /** Single packets are read during a pass too: they don't end it. */
  #pass = new Sequence()
  #perhaps = new Sequence()

  constructor(read: Read, window = 8 << 20) {
    this.#read = read
    this.#window = window
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    if (!this.#isInPass(offset, length) || length > this.#window) return this.#read(offset, length)

    if (this.#next && this.#covers(this.#next, offset, length)) {
      this.#current = this.#next
      this.#next = undefined
    } else if (!this.#current || !this.#covers(this.#current, offset, length)) {
      this.#current = this.#fetch(offset)
      this.#next = undefined
    }
    const { offset: start, bytes } = this.#current
    // The piece after this one begins where packets of this one may still end: a packet is never cut in two.
    if (offset + length - start > this.#window / 2) this.#next ??= this.#fetch(offset + length)
    const window = await bytes
    return window.subarray(offset - start, offset - start + length)
  }

  #isInPass(offset: number, length: number): boolean {
    if (this.#pass.count >= SURE_AFTER && this.#pass.continues(offset, length)) return true
    if (!this.#perhaps.continues(offset, length)) this.#perhaps.begin(offset, length)
    if (this.#perhaps.count < SURE_AFTER) return false
    ;[this.#pass, this.#perhaps] = [this.#perhaps, new Sequence()]
    return true
  }

  #covers({ offset: start }: Window, offset: number, length: number): boolean {
    return offset >= start && offset + length <= start + this.#window
  }

  #fetch(offset: number): Window {
    const bytes = this.#read(offset, this.#window)
    // Who waits for it is told; if nobody does, it does not matter.
    bytes.catch(() => undefined)
    return { offset, bytes }
  }
}
