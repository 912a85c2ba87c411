import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concat, payload } from '../testing/build-capture.ts'
import { decompressed, expectBytes } from '../../../test/support/decompressed.ts'
import { traffic } from '../testing/traffic.ts'
import { ZstdDecompressor } from './zstd.ts'

interface Options {
  readonly level?: number
  readonly checksum?: boolean
  readonly contentSize?: boolean
  readonly windowLog?: number
}

function compressed(bytes: Uint8Array, { level = 3, checksum = false, contentSize = true, windowLog }: Options = {}) {
  return Uint8Array.from(
    zstdCompressSync(bytes, {
      params: {
        [constants.ZSTD_c_compressionLevel]: level,
        [constants.ZSTD_c_checksumFlag]: checksum ? 1 : 0,
        [constants.ZSTD_c_contentSizeFlag]: contentSize ? 1 : 0,
        ...(windowLog !== undefined && { [constants.ZSTD_c_windowLog]: windowLog }),
      },
    }),
  )
}

const decompress = (file: Uint8Array, size?: number) =>
  decompressed((output) => new ZstdDecompressor(output), file, size)

const skippable = (bytes: Uint8Array, n = 0) =>
  concat(Uint8Array.of(0x50 + n, 0x2a, 0x4d, 0x18, bytes.length, 0, 0, 0), bytes)
const magic = [0x28, 0xb5, 0x2f, 0xfd] as const

describe('the zstd decompressor', () => {
  it(
    'brings back what was compressed, at every level, with and without checksum and content size',
    { timeout: 60_000 },
    () => {
      const bytes = traffic(400_000)
      for (const level of [-50, -5, 1, 3, 6, 9, 15, 19, 22]) {
        for (const options of [{ level }, { level, checksum: true, contentSize: false }]) {
          expectBytes(decompress(compressed(bytes, options), 50_000), bytes)
        }
      }
    },
  )

  it('reaches back further than its buffer, with windows of all sizes', () => {
    const bytes = concat(...Array.from({ length: 8 }, (_, i) => traffic(150_000 + 13 * i, 1 + (i % 3))))
    for (const windowLog of [10, 12, 15, 17, 18, 20, 27]) {
      expectBytes(decompress(compressed(bytes, { windowLog, contentSize: false })), bytes)
    }
  })

  it('takes what is empty, tiny, incompressible and all the same', () => {
    for (const length of [0, 1, 2, 3, 10, 255, 256, 257, 65_791, 65_792, 131_072, 131_073, 400_000]) {
      for (const bytes of [
        new Uint8Array(length).fill(7),
        traffic(length),
        payload(length).map((b, i) => b ^ ((i * i) >> 3)),
      ]) {
        for (const checksum of [true, false]) expectBytes(decompress(compressed(bytes, { checksum })), bytes)
      }
    }
  })

  it('takes any data, in chunks of any size', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.uint8Array({ maxLength: 50 }), fc.constantFrom(traffic(300), traffic(3000, 3))), {
          maxLength: 30,
        }),
        fc.integer({ min: 1, max: 500 }),
        fc.constantFrom(-5, 1, 3, 19),
        (pieces, size, level) => {
          const bytes = concat(...pieces)
          expectBytes(decompress(compressed(bytes, { level, checksum: size % 2 === 0 }), size), bytes)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('takes several frames, with skippable ones before, between and behind them', () => {
    const [a, b] = [traffic(1000, 1), traffic(150_000, 2)]
    const file = concat(
      skippable(payload(7)),
      compressed(a, { checksum: true }),
      skippable(payload(0), 15),
      compressed(new Uint8Array(0)),
      compressed(b),
      skippable(payload(200)),
    )
    for (const size of [1, 2, 3, 7, 1000, file.length]) expectBytes(decompress(file, size), concat(a, b))
  })

  it('takes an empty block, and one whose content is a single repeated byte', () => {
    const header = [...magic, 0x00, 0x58]
    const file = Uint8Array.of(...header, 0, 0, 0, (5 << 3) | 2, 0, 0, 0xaa, 1, 0, 0)
    for (const size of [1, 3, 100]) expectBytes(decompress(file, size), new Uint8Array(5).fill(0xaa))
  })

  it('takes nothing from before the beginning, and no literals that are not there', () => {
    // One literal, "A", and one sequence whose three codes are each the only one of their table; then their further bits.
    const block = (literalCode: number, offsetCode: number, bits: number) =>
      Uint8Array.of(...magic, 0x00, 0x00, 0x45, 0, 0, 0x08, 0x41, 1, 0x54, literalCode, offsetCode, 0, bits)
    // Offset 1, three bytes.
    expectBytes(decompress(block(1, 2, 0b100)), Uint8Array.from([0x41, 0x41, 0x41, 0x41]))
    expect(decompress(block(1, 2, 0b101)).error).toContain('further back than the beginning')
    expect(decompress(block(1, 5, 0b10_0000)).error).toContain('further back than the beginning')
    expect(decompress(block(1, 28, 0xff)).error).toContain('further back than the window')
    expect(decompress(block(2, 2, 0b100)).error).toContain('more than there is')
    expect(decompress(block(1, 2, 0b1000)).error).toContain('left over')
    expect(decompress(block(1, 2, 0b10)).error).toContain('are cut')
    expect(decompress(block(1, 2, 0)).error).toContain('no beginning')
  })

  it('takes literals that are packed to the bit, no fewer and no more', () => {
    // Two symbols of one bit each; three of them behind a mark, and no sequences.
    const block = (bits: number) =>
      Uint8Array.of(...magic, 0x00, 0x00, 0x3d, 0, 0, 0x32, 0xc0, 0x00, 128, 0x10, bits, 0)
    expectBytes(decompress(block(0b1010)), Uint8Array.of(0, 1, 0))
    expect(decompress(block(0b1_0100)).error).toContain('left over')
    expect(decompress(block(0b101)).error).toContain('are cut')
  })

  it('that is cut at any byte gives what came before, and says that it was cut', () => {
    const bytes = traffic(2000)
    const file = concat(compressed(bytes.subarray(0, 1000), { checksum: true }), compressed(bytes.subarray(1000)))
    const first = compressed(bytes.subarray(0, 1000), { checksum: true }).length
    for (let length = 0; length < file.length; length++) {
      const { bytes: given, error } = decompress(file.slice(0, length), 100)
      expect(Buffer.compare(given, bytes.subarray(0, given.length))).toBe(0)
      if (length === first) expect(error).toBeUndefined()
      else expect(error).toContain('ends in the middle')
    }
  })

  it('refuses a window of more than 128 MiB, and a dictionary, before it takes memory', () => {
    expectBytes(decompress(Uint8Array.of(...magic, 0x00, 0x11 << 3, 1, 0, 0)), new Uint8Array(0))
    expect(decompress(Uint8Array.of(...magic, 0x00, 0xa4, 1, 0, 0)).error).toContain('a window of 1536 MiB')
    const single = Uint8Array.of(...magic, 0xa0, 0, 0, 0, 0x40, 1, 0, 0)
    expect(decompress(single).error).toContain('a window of 1024 MiB')
    expect(decompress(Uint8Array.of(...magic, 0x21, 77, 0, 1, 0, 0)).error).toContain('dictionary 77')
  })

  it('takes no memory for a window that is never filled', () => {
    const before = process.memoryUsage().arrayBuffers
    const frame = Uint8Array.of(...magic, 0x00, 0x11 << 3, (5 << 3) | 2, 0, 0, 0xaa, 1, 0, 0)
    expect(decompress(concat(...Array.from({ length: 1000 }, () => frame))).bytes).toHaveLength(5000)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024)
  })

  it('names what follows the last frame when it is none', () => {
    const { bytes, error } = decompress(concat(compressed(payload(10)), payload(20)))
    expect(bytes).toEqual(payload(10))
    expect(error).toContain('something else follows')
  })

  it('checks the checksum, of content of any length', () => {
    for (const length of [1, 3, 4, 7, 8, 31, 32, 33, 63, 64, 100, 1000, 131_072, 131_073, 300_000]) {
      const bytes = traffic(length, length)
      const file = compressed(bytes, { checksum: true })
      expectBytes(decompress(file), bytes)
      file[file.length - 1] ^= 1
      expect(decompress(file).error).toContain('a checksum does not match')
    }
  })

  it('that is corrupt gives an error exactly when the original decompressor gives one too', { timeout: 60_000 }, () => {
    const originals = [1, 5, 19].flatMap((level) => [
      compressed(traffic(6_000, level), { level, checksum: level === 5 }),
      compressed(traffic(30_000, level), { level }),
    ])
    let accepted = 0
    let refused = 0
    fc.assert(
      fc.property(
        fc.constantFrom(...originals),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        (original, changes, early) => {
          const file = original.slice()
          for (const [at, byte] of changes) file[at % (early ? 200 : file.length)] = byte
          const ours = decompress(file)
          let theirs: Uint8Array | undefined
          try {
            theirs = Uint8Array.from(zstdDecompressSync(file))
          } catch {
            theirs = undefined
          }
          if (theirs === undefined) {
            refused++
            expect(ours.error).toBeDefined()
          } else {
            accepted++
            // Theirs takes no notice of bytes behind a whole frame.
            if (ours.error?.includes('something else follows the last frame')) expect(ours.bytes).toEqual(theirs)
            else expectBytes(ours, theirs)
          }
        },
      ),
      { numRuns: 2500, seed: 20_261_121 },
    )
    expect(accepted).toBeGreaterThan(50)
    expect(refused).toBeGreaterThan(50)
  })
})
