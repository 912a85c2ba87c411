import { Gunzip } from 'fflate/browser'
import type { Decompressor } from './decompressor.ts'

/**
 * Compressed bytes are inflated so many at a time: deflate makes at most 1032 bytes of one, so that no file, however made, can have
 * more than 16 MiB of memory taken.
 */
const SLICE = 16_384

/** gzip (RFC 1952), also several members one after the other. */
export class GzipDecompressor implements Decompressor {
  readonly #gunzip: Gunzip
  #taken = 0

  constructor(out: (bytes: Uint8Array) => void) {
    this.#gunzip = new Gunzip((bytes) => {
      if (bytes.length > 0) out(bytes)
    })
  }

  push(chunk: Uint8Array): string | undefined {
    for (let at = 0; at < chunk.length; at += SLICE) {
      const slice = chunk.subarray(at, at + SLICE)
      try {
        this.#gunzip.push(slice)
      } catch (error) {
        return `The gzip data around byte ${this.#taken} of the file is corrupt (${String(error)}).`
      }
      this.#taken += slice.length
    }
    return undefined
  }

  finish(): string | undefined {
    try {
      this.#gunzip.push(new Uint8Array(0), true)
    } catch {
      return `The gzip data ends too early, after ${this.#taken} bytes of the file: it was cut.`
    }
    return undefined
  }
}
