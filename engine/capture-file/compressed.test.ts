import { gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { CaptureFileReader } from './reader.ts'
import { concat, NgBlocks, payload, pcap } from './testing/build-capture.ts'
import { readCapture } from './testing/read-capture.ts'

const ng = new NgBlocks()
const records = Array.from({ length: 60 }, (_, i) => ({
  seconds: 1_700_000_000,
  fraction: i,
  bytes: payload(10 * i, i),
}))
const plain = pcap(records)
const compressions = {
  gzip: (bytes: Uint8Array) => Uint8Array.from(gzipSync(bytes)),
  zstd: (bytes: Uint8Array) => Uint8Array.from(zstdCompressSync(bytes)),
} as const

describe('a compressed capture file', () => {
  for (const compression of ['gzip', 'zstd'] as const) {
    const compress = compressions[compression]

    it(`in ${compression} is read as the capture in it, in chunks of any size`, () => {
      const file = compress(plain)
      const expected = readCapture(plain)
      for (const size of [1, 2, 3, 100, file.length]) {
        const { reader, frames, decompressed } = readCapture(file, () => size)
        expect(reader.damage).toBeUndefined()
        expect(reader.compression).toBe(compression)
        expect(reader.format).toBe('pcap')
        expect(reader.bytesRead).toBe(file.length)
        expect(frames).toEqual(expected.frames)
        // Frames are found again by their offset in what was decompressed.
        expect(decompressed).toEqual(plain)
        for (const { offset, bytes } of frames) {
          expect(decompressed.slice(offset, offset + bytes.length)).toEqual(bytes)
        }
      }
    })

    it(`in ${compression} may be a pcapng, and several pieces put together`, () => {
      const one = concat(ng.section(), ng.interface(), ng.enhanced(0, 5n, payload(50)))
      const two = concat(ng.enhanced(0, 6n, payload(60)), ng.section(), ng.interface(), ng.enhanced(0, 7n, payload(70)))
      const { reader, frames } = readCapture(concat(compress(one), compress(two)), () => 9)
      expect(reader.damage).toBeUndefined()
      expect(frames.map(({ bytes }) => bytes.length)).toEqual([50, 60, 70])
    })

    it(`in ${compression} that is cut says where in the file, and gives the frames before`, () => {
      const file = compress(concat(plain, plain.subarray(24)))
      const { reader, frames, decompressed } = readCapture(file.slice(0, file.length - 100), () => 50)
      expect(reader.damage?.reason).toContain(`ends in the middle, after ${file.length - 100} bytes of the file`)
      expect(reader.damage?.offset).toBe(decompressed.length)
      const whole = readCapture(concat(plain, plain.subarray(24)))
      expect(frames).toEqual(whole.frames.slice(0, frames.length))
    })

    it(`in ${compression} may hold a capture that is cut itself, or is none`, () => {
      expect(readCapture(compress(plain.slice(0, 60))).reader.damage?.reason).toContain('ends inside packet 2')
      expect(readCapture(compress(new Uint8Array(0))).reader.damage?.reason).toContain('is empty')
      expect(readCapture(compress(payload(20, 65))).reader.damage?.reason).toContain(
        `What the ${compression} data holds is`,
      )
      expect(readCapture(compress(compress(plain))).reader.damage?.reason).toContain('compressed twice')
    })

    it(`in ${compression} that unpacks to very much takes little memory`, { timeout: 60_000 }, () => {
      // A pcap of one huge run of zeros, which is packets of no length.
      const file = compress(concat(plain, new Uint8Array(64_000_000)))
      let frames = 0
      let largest = 0
      const reader = new CaptureFileReader(
        { frame: () => frames++ },
        (bytes) => (largest = Math.max(largest, bytes.length)),
      )
      const before = process.memoryUsage().arrayBuffers
      reader.push(file)
      reader.finish()
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1024 * 1024)
      expect(reader.damage).toBeUndefined()
      expect(frames).toBe(60 + 4_000_000)
      expect(largest).toBeLessThanOrEqual(128 * 1024)
    })
  }
})
