import { describe, expect, it } from 'vitest'
import { byteSource, SpooledBytes } from './byte-source.ts'

const MB = 1 << 20
const byteAt = (offset: number) => (offset * 31 + (offset >>> 12)) & 0xff

function pattern(from: number, length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => byteAt(from + i))
}

describe('decompressed bytes that are kept', () => {
  it('are read back from any place, also across parts and from the end', async () => {
    const spool = new SpooledBytes()
    const size = 18 * MB + 333
    for (let at = 0; at < size;) {
      const n = Math.min(777_777, size - at)
      spool.append(pattern(at, n))
      at += n
    }
    expect(spool.size).toBe(size)
    for (const [offset, length] of [
      [0, 10],
      [8 * MB - 5, 10],
      [7 * MB, 9 * MB + 7],
      [size - 100, 100],
    ]) {
      expect(Buffer.compare(await spool.read(offset, length), pattern(offset, length))).toBe(0)
    }
  })

  it('are fewer at the end', async () => {
    const spool = new SpooledBytes()
    spool.append(pattern(0, 100))
    expect(await spool.read(90, 50)).toHaveLength(10)
    expect(await spool.read(200, 50)).toHaveLength(0)
  })
})

describe('a dropped file', () => {
  it('is read from any place', async () => {
    const source = byteSource({ kind: 'file', file: new File([pattern(0, 1000)], 'a.pcap') })
    expect(source.size).toBe(1000)
    expect([...(await source.read(500, 3))]).toEqual([...pattern(500, 3)])
  })
})
