import { describe, expect, it } from 'vitest'
import { CaptureFileReader } from './reader.ts'

interface Seen {
  readonly bytes: number[]
  readonly length: number
  readonly time: number
  readonly offset: number
}

function read(file: Uint8Array, chunk = file.length) {
  const frames: Seen[] = []
  const reader = new CaptureFileReader({
    frame: (bytes, at, captured, length, time, offset) =>
      frames.push({ bytes: [...bytes.subarray(at, at + captured)], length, time, offset }),
  })
  for (let at = 0; at < file.length; at += chunk) reader.push(file.subarray(at, at + chunk))
  reader.finish()
  return { frames, reader }
}

const word = (value: number) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]
const header = (version = 2, link = 4) => [...Buffer.from('snoop\0\0\0'), ...word(version), ...word(link)]
/** `data` padded to four bytes. */
function record(length: number, data: number[], dropped: number, seconds: number, micros: number): number[] {
  const padding = (4 - (data.length % 4)) % 4
  const words = [length, data.length, 24 + data.length + padding, dropped, seconds, micros]
  return [...words.flatMap(word), ...data, ...Array.from({ length: padding }, () => 0)]
}

const FILE = Uint8Array.from([
  ...header(),
  ...record(60, [1, 2, 3, 4, 5], 0, 1000, 999_999),
  ...record(6, [6, 7, 8, 9, 10, 11], 3, 1001, 1),
])

describe('a snoop capture (RFC 1761)', () => {
  it.each([1, 7, FILE.length])('gives its packets, times and drops from chunks of %d bytes', (chunk) => {
    const { frames, reader } = read(FILE, chunk)
    expect(frames).toEqual([
      { bytes: [1, 2, 3, 4, 5], length: 60, time: 0, offset: 40 },
      { bytes: [6, 7, 8, 9, 10, 11], length: 6, time: 2000, offset: 72 },
    ])
    expect(reader.format).toBe('snoop')
    expect(reader.epoch).toBe(1_000_999_999_000n)
    expect(reader.interfaces).toEqual([expect.objectContaining({ linkType: 1, statistics: { dropped: 3 } })])
    expect(reader.damage).toBeUndefined()
  })

  it('gives the packets before the place where it was cut, and says where that is', () => {
    for (let length = 17; length < FILE.length; length++) {
      const { frames, reader } = read(FILE.subarray(0, length))
      expect(frames.length).toBe(length < 48 ? 0 : 1)
      if (length === 48) expect(reader.damage).toBeUndefined()
      else
        expect(reader.damage).toEqual({ offset: length < 48 ? 16 : 48, reason: expect.stringContaining('ends inside') })
    }
  })

  it('stops at a record that is shorter than its packet', () => {
    const corrupt = FILE.slice()
    corrupt[16 + 8 + 3] = 24
    expect(read(corrupt).reader.damage).toEqual({ offset: 16, reason: expect.stringContaining('corrupt from here on') })
  })

  it('names the version or link type it can’t read', () => {
    expect(read(Uint8Array.from(header(1))).reader.damage?.reason).toContain('version 1')
    expect(read(Uint8Array.from(header(2, 3))).reader.damage?.reason).toContain('data link type 3')
  })
})
