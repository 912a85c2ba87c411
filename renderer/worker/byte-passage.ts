import { pieceReader, type PieceReader } from './piece-reader.ts'

/** Opens the capture's bytes from a place to its present end. */
export type OpenStream = (from: number, signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>

/** Milliseconds after which bytes that nobody takes any more are let go. */
const IDLE_MS = 1000

/** Reads that go forward, off one stream: in Chromium two to five times as fast as a request for every few megabytes. */
export class BytePassage {
  readonly #control = new AbortController()
  readonly #reader: Promise<PieceReader>
  /** What has come and was not taken yet, of the last piece; its first byte is at `#at`. */
  #rest: Uint8Array = new Uint8Array(0)
  #at: number
  /** One past the last byte that was asked for. */
  #asked: number
  #last: Promise<unknown> = Promise.resolve()
  #idle: ReturnType<typeof setTimeout> | undefined

  constructor(open: OpenStream, from: number) {
    this.#at = this.#asked = from
    this.#reader = open(from, this.#control.signal).then(pieceReader)
    // Who asks for bytes learns of it.
    this.#reader.catch(() => undefined)
  }

  /** Whether bytes from there on can be taken: it has not been closed, and they do not lie behind it, or far ahead. */
  reaches(offset: number, near: number): boolean {
    return !this.#control.signal.aborted && offset >= this.#asked && offset - this.#asked <= near
  }

  /** As many bytes, put into `memory` if it has room; undefined where the stream has fewer, or broke off. Ask for them in ascending order. */
  take(offset: number, length: number, memory?: ArrayBuffer): Promise<Uint8Array | undefined> {
    this.#asked = offset + length
    clearTimeout(this.#idle)
    const mine = this.#last.then(() => this.#take(offset, length, memory)).catch(() => this.close())
    this.#last = mine
    return mine.then((bytes) => {
      clearTimeout(this.#idle)
      this.#idle = setTimeout(() => this.close(), IDLE_MS)
      return bytes ?? undefined
    })
  }

  close(): undefined {
    clearTimeout(this.#idle)
    this.#control.abort()
    this.#reader.then((reader) => reader.cancel()).catch(() => undefined)
  }

  async #take(offset: number, length: number, memory?: ArrayBuffer): Promise<Uint8Array | undefined> {
    const reader = await this.#reader
    const bytes = memory && memory.byteLength >= length ? new Uint8Array(memory, 0, length) : new Uint8Array(length)
    for (let filled = 0; filled < length;) {
      const skipped = Math.min(this.#rest.length, offset + filled - this.#at)
      const part = this.#rest.subarray(skipped, skipped + length - filled)
      bytes.set(part, filled)
      filled += part.length
      this.#at += skipped + part.length
      this.#rest = this.#rest.subarray(skipped + part.length)
      if (filled === length) break
      const piece = await reader.next()
      if (!piece) return this.close()
      this.#rest = piece
    }
    return bytes
  }
}
