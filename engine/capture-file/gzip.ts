import { Gunzip } from 'fflate/browser'
import { u32 } from './bytes.ts'
import { crc32 } from './crc32.ts'
import type { Decompressor } from './decompressor.ts'

/**
 * Compressed bytes are inflated so many at a time: deflate makes at most 1032 bytes of one, so that no file, however made, can have
 * more than 16 MiB of memory taken.
 */
const SLICE = 16_384

/** CRC-32 and length of a member's content, behind it. */
const TRAILER = 8

/** gzip (RFC 1952), also several members one after the other. Checksums are checked. */
export class GzipDecompressor implements Decompressor {
  readonly #gunzip: Gunzip
  readonly #out: (bytes: Uint8Array) => void
  /** The stored bytes being inflated, after the last eight before them. */
  #window = new Uint8Array(0)
  #taken = 0
  // Of the member being inflated.
  #crc = 0
  #length = 0
  #mismatch = false

  constructor(out: (bytes: Uint8Array) => void) {
    this.#out = out
    this.#gunzip = new Gunzip((bytes) => this.#content(bytes))
    this.#gunzip.onmember = (offset) => this.#member(offset)
  }

  push(chunk: Uint8Array): string | undefined {
    for (let at = 0; at < chunk.length; at += SLICE) {
      const slice = chunk.subarray(at, at + SLICE)
      this.#slide(slice)
      this.#taken += slice.length
      try {
        this.#gunzip.push(slice)
      } catch (error) {
        return corrupt(this.#taken - slice.length, this.#taken, error instanceof Error ? error.message : String(error))
      }
      if (this.#mismatch) return corrupt(this.#taken - slice.length, this.#taken, 'a checksum does not match')
    }
    return undefined
  }

  finish(): string | undefined {
    try {
      this.#gunzip.push(new Uint8Array(0), true)
    } catch {
      return `The gzip data ends in the middle, after ${this.#taken} bytes of the file: it was cut, or is still being written.`
    }
    if (this.#window.length >= TRAILER && this.#trailerFits(this.#window.length)) return undefined
    return `The gzip data does not end with the right checksum: the last bytes of the file are missing, or it is corrupt.`
  }

  #content(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#crc = crc32(bytes, this.#crc)
    this.#length = (this.#length + bytes.length) >>> 0
    this.#out(bytes)
  }

  /** A further member starts at byte `offset` of the file. */
  #member(offset: number): void {
    if (!this.#trailerFits(offset - this.#taken + this.#window.length)) this.#mismatch = true
    this.#crc = 0
    this.#length = 0
  }

  /** Whether the trailer that ends at `end` of the window is that of the member. */
  #trailerFits(end: number): boolean {
    return u32(this.#window, end - 8, false) === this.#crc && u32(this.#window, end - 4, false) === this.#length
  }

  #slide(slice: Uint8Array): void {
    const kept = this.#window.subarray(-TRAILER)
    const window = new Uint8Array(kept.length + slice.length)
    window.set(kept)
    window.set(slice, kept.length)
    this.#window = window
  }
}

function corrupt(from: number, to: number, why: string): string {
  return `The gzip data is corrupt between the bytes ${from} and ${to} of the file: ${why}.`
}
