import { expect } from 'vitest'
import type { Decompressor } from '../../engine/capture-file/decompress/decompressor.ts'
import { concat } from '../../engine/capture-file/testing/build-capture.ts'

export interface Decompressed {
  readonly bytes: Uint8Array
  /** Why it ends there, if before the end of the file. */
  readonly error?: string
}

/** What a decompressor makes of the file, given in chunks of `size`; its pieces are small. */
export function decompressed(
  make: (output: (bytes: Uint8Array) => void) => Decompressor,
  file: Uint8Array,
  size = file.length,
): Decompressed {
  const pieces: Uint8Array[] = []
  const decompressor = make((bytes) => {
    expect(bytes.length).toBeLessThanOrEqual(128 * 1024)
    pieces.push(bytes.slice())
  })
  let error: string | undefined
  for (let at = 0; at < file.length && error === undefined; at += size) {
    error = decompressor.push(file.slice(at, at + size))
  }
  error ??= decompressor.finish()
  return { bytes: concat(...pieces), ...(error !== undefined && { error }) }
}

/** toEqual, but quick on many bytes. */
export function expectBytes(actual: Decompressed, bytes: Uint8Array): void {
  expect(actual.error).toBeUndefined()
  expect(actual.bytes.length).toBe(bytes.length)
  expect(Buffer.compare(actual.bytes, bytes)).toBe(0)
}
