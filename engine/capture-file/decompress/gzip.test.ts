import { constants, deflateRawSync, gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc32 } from './crc32.ts'
import { GzipDecompressor } from './gzip.ts'
import { ascii, Bytes, concat, payload } from '../testing/build-capture.ts'
import { decompressed, expectBytes } from '../../../test/support/decompressed.ts'
import { traffic } from '../testing/traffic.ts'

interface Options {
  readonly level?: number
  readonly strategy?: number
  readonly memLevel?: number
}

const compressed = (bytes: Uint8Array, options: Options = {}) => Uint8Array.from(gzipSync(bytes, options))

const decompress = (file: Uint8Array, size?: number) =>
  decompressed((output) => new GzipDecompressor(output), file, size)

/** A member with whatever header and deflated data. */
function member(
  content: Uint8Array,
  deflated = Uint8Array.from(deflateRawSync(content)),
  flags = 0,
  header: number[] = [],
) {
  const trailer = new Bytes().u32(crc32(content), content.length).done()
  return concat(Uint8Array.of(0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3, ...header), deflated, trailer)
}

describe('CRC-32', () => {
  it('is that of the standards, also in parts', () => {
    expect(crc32(Uint8Array.from(ascii('123456789')))).toBe(0xcbf4_3926)
    const bytes = traffic(1000)
    for (const at of [0, 1, 2, 3, 5, 999]) expect(crc32(bytes.slice(at), crc32(bytes.slice(0, at)))).toBe(crc32(bytes))
  })
})

describe('the gzip decompressor', () => {
  it('brings back what was compressed, at every level and with every kind of block', { timeout: 60_000 }, () => {
    const bytes = traffic(400_000)
    const strategies = [
      constants.Z_DEFAULT_STRATEGY,
      constants.Z_FIXED,
      constants.Z_HUFFMAN_ONLY,
      constants.Z_RLE,
      constants.Z_FILTERED,
    ]
    for (const strategy of strategies) {
      for (const level of [0, 1, 6, 9]) expectBytes(decompress(compressed(bytes, { level, strategy }), 50_000), bytes)
    }
  })

  it('takes what is empty, tiny, incompressible and all the same', () => {
    for (const length of [0, 1, 2, 3, 10, 257, 258, 259, 32_768, 32_769, 65_535, 65_536, 98_304, 98_562, 400_000]) {
      for (const bytes of [
        new Uint8Array(length).fill(7),
        traffic(length),
        payload(length).map((b, i) => b ^ ((i * i) >> 3)),
      ]) {
        expectBytes(decompress(compressed(bytes)), bytes)
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
        fc.constantFrom(0, 1, 6, 9),
        (pieces, size, level) => {
          const bytes = concat(...pieces)
          expectBytes(decompress(compressed(bytes, { level, memLevel: 1 }), size), bytes)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('takes codes and distances of all lengths, wherever a chunk ends', () => {
    // Numbers so rare that their codes are long, and repeats from far back, which have the most further bits.
    const noise = payload(30_000).map((b, i) => (i % 97 === 0 ? b ^ (i >> 3) : b & 3))
    const bytes = concat(noise, traffic(20_000), noise.subarray(0, 20_000), payload(256), noise.subarray(5000, 9000))
    for (const level of [1, 9]) {
      const file = compressed(bytes, { level })
      for (let size = 1; size < 12; size++) expectBytes(decompress(file, size), bytes)
    }
  })

  it('takes several members, also many small ones, and zeros behind the last', () => {
    const parts = Array.from({ length: 300 }, (_, i) => traffic(i % 40, i + 1))
    const file = concat(...parts.map((part) => compressed(part)), compressed(traffic(100_000)), new Uint8Array(512))
    for (const size of [1, 7, 1000, file.length])
      expectBytes(decompress(file, size), concat(...parts, traffic(100_000)))
  })

  it('passes over names, comments and the like in the header', () => {
    const content = payload(100)
    const name = ascii('capture.pcap\0')
    for (const [flags, header] of [
      [0x04, [3, 0, 1, 2, 3]],
      [0x08, name],
      [0x10, ascii('night shift\0')],
      [0x02, [0xaa, 0xbb]],
      [0x1f, [1, 0, 9, ...name, ...name, 1, 2]],
    ] as const) {
      const file = member(content, undefined, flags, [...header])
      for (const size of [1, 5, 1000]) expectBytes(decompress(file, size), content)
    }
  })

  it('that is cut at any byte gives all that came before, and says that it was cut', () => {
    const bytes = traffic(2000)
    const first = compressed(bytes.subarray(0, 1000))
    const file = concat(first, compressed(bytes.subarray(1000), { level: 1 }))
    let least = 0
    for (let length = 0; length < file.length; length++) {
      const { bytes: given, error } = decompress(file.slice(0, length), 100)
      expect(Buffer.compare(given, bytes.subarray(0, given.length))).toBe(0)
      expect(given.length).toBeGreaterThanOrEqual(least)
      least = given.length
      if (length === first.length) expect(error).toBeUndefined()
      else expect(error).toContain('ends in the middle')
    }
    expect(least).toBe(2000)
  })

  it('gives each symbol as soon as it can be known, but for the last bytes', () => {
    const bytes = traffic(20_000)
    const file = compressed(bytes)
    const half = file.length >> 1
    const { bytes: given } = decompress(file.slice(0, half))
    // What zlib makes of the same half.
    const theirs = gunzipSync(file.slice(0, half), { finishFlush: constants.Z_SYNC_FLUSH })
    expect(given.length).toBe(theirs.length)
  })

  it('checks length and checksum of each member', () => {
    const content = traffic(500)
    for (const at of [-1, -4, -5, -8]) {
      const file = compressed(content)
      file[file.length + at] ^= 1
      for (const more of [new Uint8Array(0), compressed(content)]) {
        const { bytes, error } = decompress(concat(file, more))
        expect(bytes).toEqual(content)
        expect(error).toContain('a checksum does not match')
      }
    }
  })

  it('names what follows the last member when it is none', () => {
    for (const more of [payload(20), Uint8Array.of(0, 0, 7)]) {
      const { bytes, error } = decompress(concat(compressed(payload(10)), more))
      expect(bytes).toEqual(payload(10))
      expect(error).toContain('something else follows')
    }
  })

  it('refuses a match that reaches back behind the beginning of its member', () => {
    // A member whose first symbol repeats 3 bytes from 1 back, behind one that has given plenty.
    const repeats = Uint8Array.of(0b0000_0011, 0b0000_0010, 0)
    const { bytes, error } = decompress(concat(compressed(payload(1000)), member(new Uint8Array(3), repeats)))
    expect(bytes).toEqual(payload(1000))
    expect(error).toContain('behind the beginning')
  })

  it('gives a bomb out in small pieces', { timeout: 60_000 }, () => {
    const file = compressed(new Uint8Array(100_000_000))
    let given = 0
    let largest = 0
    const gzip = new GzipDecompressor((bytes) => {
      given += bytes.length
      largest = Math.max(largest, bytes.length)
    })
    const before = process.memoryUsage().arrayBuffers
    expect(gzip.push(file)).toBeUndefined()
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024)
    expect(gzip.finish()).toBeUndefined()
    expect(given).toBe(100_000_000)
    expect(largest).toBeLessThanOrEqual(128 * 1024)
  })

  it('that is corrupt gives an error exactly when zlib gives one too', { timeout: 60_000 }, () => {
    const originals = [1, 6, 9].flatMap((level) => [
      compressed(traffic(300, level), { level }),
      compressed(traffic(6_000, level), { level }),
      compressed(traffic(100_000, level), { level, strategy: level === 1 ? constants.Z_FIXED : 0 }),
    ])
    let accepted = 0
    let refused = 0
    fc.assert(
      fc.property(
        fc.constantFrom(...originals),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        fc.boolean(),
        (original, changes, early, repaired) => {
          const file = original.slice()
          for (const [at, byte] of changes) file[10 + (at % (early ? 150 : file.length - 18))] = byte
          // Most changes fail the checksum only: with a repaired one it can be seen that the content is the same.
          let theirs = gunzipped(file)
          if (repaired && theirs === undefined) {
            const { bytes } = decompress(file)
            file.set(new Bytes().u32(crc32(bytes), bytes.length).done(), file.length - 8)
            theirs = gunzipped(file)
          }
          const ours = decompress(file)
          if (theirs === undefined) {
            refused++
            expect(ours.error).toBeDefined()
          } else {
            accepted++
            expectBytes(ours, theirs)
          }
        },
      ),
      { numRuns: 1000 },
    )
    expect(accepted).toBeGreaterThan(50)
    expect(refused).toBeGreaterThan(50)
  })
})

function gunzipped(file: Uint8Array): Uint8Array | undefined {
  try {
    return Uint8Array.from(gunzipSync(file))
  } catch {
    return undefined
  }
}
