import { describe, expect, it } from 'vitest'
import { PcapWriter } from './pcap-writer.ts'
import { NANOSECONDS, payload, pcap } from './testing/build-capture.ts'
import { absolute, readCapture } from './testing/read-capture.ts'

describe('the pcap writer', () => {
  it('writes nanoseconds, byte for byte as the format says', () => {
    const writer = new PcapWriter({ linkType: 276, snapLength: 96 })
    writer.packet(1_700_000_000_000_000_007n, payload(5))
    writer.packet(1_700_000_001_999_999_999n, payload(96), 1514)
    const expected = pcap(
      [
        { seconds: 1_700_000_000, fraction: 7, bytes: payload(5) },
        { seconds: 1_700_000_001, fraction: 999_999_999, bytes: payload(96), length: 1514 },
      ],
      { magic: NANOSECONDS, network: 276, snapLength: 96 },
    )
    expect(writer.pending).toBe(expected.length)
    expect(writer.take()).toEqual(expected)
    expect(writer.pending).toBe(0)
  })

  it('can be emptied between any two packets', () => {
    const writer = new PcapWriter({ linkType: 1 })
    const pieces = [...writer.take()]
    for (let i = 0; i < 100; i++) {
      writer.packet(1_700_000_000_000_000_000n + BigInt(i), payload(1000 + i, i))
      pieces.push(...writer.take())
    }
    const capture = readCapture(Uint8Array.from(pieces))
    expect(capture.reader.damage).toBeUndefined()
    expect(capture.frames).toHaveLength(100)
    expect(capture.frames[99].bytes).toEqual(payload(1099, 99))
    expect(absolute(capture, capture.frames[99])).toBe(1_700_000_000_000_000_099n)
  })
})
