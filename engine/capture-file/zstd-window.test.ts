import { readFileSync } from 'node:fs'
import { zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { ZstdDecompressor } from './zstd.ts'
import { ZstdWindowCheck } from './zstd-window.ts'

const text = (length: number) => Uint8Array.from({ length }, (_, index) => (index * index) >> 7)
const sample = readFileSync(new URL('../../resources/samples/vxlan-nodes.pcap.zst', import.meta.url))

/** Magic, a descriptor without a content size, the window, and one empty last block. */
const frame = (window: number) => Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x00, window, 1, 0, 0)

function check(chunk: number, ...parts: readonly Uint8Array[]): number | undefined {
  const walk = new ZstdWindowCheck()
  const bytes = Buffer.concat(parts)
  for (let at = 0; at < bytes.length; at += chunk) {
    const window = walk.push(bytes.subarray(at, at + chunk))
    if (window !== undefined) return window
  }
  return undefined
}

describe('the memory a zstd frame asks for', () => {
  it.each([1, 2, 3, 7, 1000])('is fine up to 128 MiB, in pieces of %i bytes', (chunk) => {
    expect(check(chunk, frame(0x11 << 3))).toBeUndefined()
    expect(check(chunk, sample)).toBeUndefined()
  })

  it.each([1, 2, 3, 7, 1000])(
    'is found in the frame that asks for more, also behind others, in pieces of %i bytes',
    (chunk) => {
      const skippable = Uint8Array.of(0x5a, 0x2a, 0x4d, 0x18, 5, 0, 0, 0, 1, 2, 3, 4, 5)
      const compressed = [text(3), text(300_000), text(0)].map((bytes) => zstdCompressSync(bytes))
      const repeated = zstdCompressSync(new Uint8Array(500_000))
      expect(check(chunk, skippable, ...compressed, repeated, sample, frame((0x11 << 3) | 1))).toBe(2 ** 27 * 1.125)
    },
  )

  it('is the content size when the content is one segment', () => {
    const single = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0x40, 1, 0, 0)
    expect(check(1, single)).toBe(2 ** 30)
  })

  it('is refused before it is taken', () => {
    let given = 0
    const decompressor = new ZstdDecompressor((bytes) => (given += bytes.length))
    expect(decompressor.push(frame(0xa4))).toMatch(/1\.5 GB.*--long/)
    expect(given).toBe(0)
  })
})
