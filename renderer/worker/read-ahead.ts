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

/**
 * Reads of single packets go straight through; a pass over the file (a filter that needs every packet's bytes) is read in large pieces,
 * the next one while the last is looked at. The answer may be part of a larger buffer.
 */
export class ReadAhead {
  readonly #read: Read
  readonly #window: number
  #current: Window | undefined
  #next: Window | undefined
  #end = -1
  #run = 0

  constructor(read: Read, window = 8 << 20) {
    this.#read = read
    this.#window = window
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const gap = offset - this.#end
    this.#run = gap >= 0 && gap <= NEAR ? this.#run + 1 : 0
    this.#end = offset + length
    if (this.#run < SURE_AFTER || length > this.#window) return this.#read(offset, length)

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
