import { Decompress } from 'fzstd'
import type { Decompressor } from './decompressor.ts'
import { ZstdWindowCheck } from './zstd-window.ts'

/** zstd (RFC 8878), also several frames one after the other. */
export class ZstdDecompressor implements Decompressor {
  readonly #decompress: Decompress
  readonly #windowCheck = new ZstdWindowCheck()
  #taken = 0

  constructor(out: (bytes: Uint8Array) => void) {
    this.#decompress = new Decompress((bytes) => {
      if (bytes.length > 0) out(bytes)
    })
  }

  push(chunk: Uint8Array): string | undefined {
    const window = this.#windowCheck.push(chunk)
    if (window !== undefined) {
      const size = `${(window / 2 ** 30).toFixed(1)} GB`
      return `The zstd data needs ${size} of memory to decompress, which is more than is given to a file: decompress it with "zstd -d --long=31" first.`
    }
    try {
      // A copy: it keeps pieces of a block until the block is whole, and the caller's buffer is overwritten.
      this.#decompress.push(chunk.slice())
    } catch (error) {
      return `The zstd data around byte ${this.#taken} of the file is corrupt (${String(error)}).`
    }
    this.#taken += chunk.length
    return undefined
  }

  finish(): string | undefined {
    try {
      this.#decompress.push(new Uint8Array(0), true)
    } catch {
      return `The zstd data ends too early, after ${this.#taken} bytes of the file: it was cut.`
    }
    return undefined
  }
}
