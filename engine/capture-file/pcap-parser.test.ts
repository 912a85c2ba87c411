import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse, type PcapPacket } from 'pcap-parser'
import { describe, expect, it } from 'vitest'
import { MICROSECONDS, NANOSECONDS, payload, pcap, type PcapRecord } from './testing/build-capture.ts'
import { absolute, readCapture } from './testing/read-capture.ts'

const three: PcapRecord[] = [
  { seconds: 1_700_000_000, fraction: 999_999, bytes: payload(60, 1) },
  { seconds: 1_700_000_001, fraction: 0, bytes: payload(61, 2), length: 1514 },
  { seconds: 1_700_000_000, fraction: 5, bytes: payload(0, 3), length: 40 },
]

describe('the classic pcap format', () => {
  for (const bigEndian of [false, true]) {
    const order = bigEndian ? 'big-endian' : 'little-endian'

    it(`is read in ${order} microseconds: bytes, lengths, times and offsets`, () => {
      const file = pcap(three, { bigEndian })
      const { reader, frames } = readCapture(file)
      expect(reader.damage).toBeUndefined()
      expect(reader.format).toBe('pcap')
      expect(reader.byteOrder).toBe(order)
      expect(reader.epoch).toBe(1_700_000_000_999_999_000n)
      expect(frames.map(({ time }) => time)).toEqual([0, 1_000, -999_994_000])
      expect(frames.map(({ length }) => length)).toEqual([60, 1514, 40])
      expect(frames.map(({ bytes }) => bytes)).toEqual(three.map(({ bytes }) => bytes))
      for (const frame of frames) {
        expect(file.slice(frame.offset, frame.offset + frame.bytes.length)).toEqual(frame.bytes)
      }
    })

    it(`is read in ${order} nanoseconds`, () => {
      const capture = readCapture(
        pcap(
          [
            { ...three[0], fraction: 1 },
            { ...three[1], fraction: 999_999_999 },
          ],
          { bigEndian, magic: NANOSECONDS },
        ),
      )
      expect(capture.frames.map((frame) => absolute(capture, frame))).toEqual([
        1_700_000_000_000_000_001n,
        1_700_000_001_999_999_999n,
      ])
      expect(capture.reader.interfaces[0].ticksPerSecond).toBe(1e9)
    })
  }

  it('has one interface, with the link type and snap length of the file', () => {
    const { reader, frames } = readCapture(pcap(three, { network: 276, snapLength: 96 }))
    expect(reader.interfaces).toEqual([
      { id: 0, linkType: 276, snapLength: 96, ticksPerSecond: 1e6, offsetSeconds: 0, comments: [] },
    ])
    expect(frames.every(({ interfaceId }) => interfaceId === 0)).toBe(true)
  })

  it('may say in the upper bits of the link type how long the frame check sequences are', () => {
    expect(readCapture(pcap([], { network: 0x2400_0001 })).reader.interfaces[0]).toMatchObject({
      linkType: 1,
      fcsLength: 4,
    })
    // The length without the bit that makes it valid says nothing.
    expect(readCapture(pcap([], { network: 0x2000_0001 })).reader.interfaces[0]).not.toHaveProperty('fcsLength')
  })

  it('without packets is a capture without packets, not a damaged one', () => {
    const { reader, frames } = readCapture(pcap([]))
    expect(reader.damage).toBeUndefined()
    expect(reader.epoch).toBeUndefined()
    expect(frames).toEqual([])
  })

  it('is read in its oldest versions, whose two lengths are the other way round', () => {
    const cut = { ...three[0], captured: 1514, length: 60 }
    for (const version of [
      [2, 2],
      [543, 0],
      [2, 3],
    ] as const) {
      const { frames } = readCapture(pcap([cut], { version }))
      expect(frames.map(({ bytes, length }) => [bytes.length, length])).toEqual([[60, 1514]])
    }
    // 2.3 has them in either order.
    expect(readCapture(pcap([three[1]], { version: [2, 3] })).frames[0].length).toBe(1514)
  })

  it('is read as AIX writes it: version 2.2, link types by ifType, nanoseconds', () => {
    const { reader } = readCapture(pcap([{ ...three[0], captured: 60, length: 60 }], { version: [2, 2], network: 6 }))
    expect(reader.interfaces[0].linkType).toBe(1)
    expect(reader.epoch).toBe(1_700_000_000_000_999_999n)
  })

  it('is read with the 8 and the 12 further header bytes of the patched tcpdumps of 1999', () => {
    const magic = 0xa1b2cd34
    for (const extra of [
      [2, 0, 0, 0, 8, 0, 4, 0],
      [2, 0, 0, 0, 8, 0, 4, 0, 0, 0, 0, 0],
    ] as const) {
      for (const count of [1, 2, 3]) {
        const records = three.slice(0, count).map((record) => ({ ...record, extra }))
        const { reader, frames } = readCapture(pcap(records, { magic }), () => 5)
        expect(reader.damage).toBeUndefined()
        expect(frames.map(({ bytes }) => bytes)).toEqual(records.map(({ bytes }) => bytes))
      }
    }
  })

  it("is read with the four bytes that follow the header in Ixia's files", () => {
    for (const [magic, expected] of [
      [0x1c0001ac, 1_700_000_000_000_999_999n],
      [0x1c0001ab, 1_700_000_000_999_999_000n],
    ] as const) {
      const { reader, frames } = readCapture(pcap(three, { magic, extra: [0, 0, 1, 0] }))
      expect(reader.epoch).toBe(expected)
      expect(frames).toHaveLength(3)
    }
  })

  it('takes a fraction of a second too much or below zero, and leaves out one that is no time', () => {
    const at = (fraction: number) => ({ seconds: 100, fraction, bytes: payload(20) })
    const { frames } = readCapture(pcap([at(0), at(1_500_000), at(-3), at(0x7fff_ffff), at(0x8000_0000)]))
    expect(frames.map(({ time }) => time)).toEqual([0, 1_500_000_000, -3_000, 0, 0])
  })

  it('ends with damage at a record whose length can not be, and keeps the packets before it', () => {
    for (const captured of [262_145, 0x7fff_ffff, 0xffff_ffff]) {
      const { reader, frames } = readCapture(pcap([three[0], { ...three[1], captured }, three[2]]))
      expect(frames).toHaveLength(1)
      expect(reader.damage?.offset).toBe(24 + 16 + 60)
      expect(reader.damage?.reason).toContain(`Packet 2 claims to have ${captured} captured bytes`)
    }
  })

  it('takes longer packets where the snap length allows them and is not merely huge', () => {
    const long = { ...three[0], bytes: payload(300_000) }
    expect(readCapture(pcap([long], { snapLength: 400_000 })).frames).toHaveLength(1)
    expect(readCapture(pcap([long], { snapLength: 0x7fff_ffff })).reader.damage).toBeDefined()
    expect(readCapture(pcap([long], { snapLength: 65_535 })).reader.damage).toBeDefined()
    // Links with larger packets: USB.
    expect(readCapture(pcap([long], { network: 249 })).frames).toHaveLength(1)
  })

  it('of a version before 2 is refused with its version', () => {
    const { reader } = readCapture(pcap(three, { version: [1, 7] }))
    expect(reader.damage?.reason).toContain('version 1.7')
  })

  it('agrees with the pcap-parser package, in both byte orders', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pcap-'))
    try {
      for (const bigEndian of [false, true]) {
        const records = Array.from({ length: 200 }, (_, i) => ({
          seconds: 1_700_000_000 + (i >> 3),
          fraction: (i * 77_777) % 1_000_000,
          bytes: payload((i * 37) % 1500, i),
          length: 1500,
        }))
        const file = pcap(records, { bigEndian, magic: MICROSECONDS })
        const path = join(folder, `${bigEndian}.pcap`)
        writeFileSync(path, file)
        const theirs = await parsedByPackage(path)
        const ours = readCapture(file, () => 1000)
        expect(ours.frames).toHaveLength(theirs.length)
        for (const [i, { header, data }] of theirs.entries()) {
          const frame = ours.frames[i]
          expect(frame.bytes).toEqual(Uint8Array.from(data))
          expect(frame.length).toBe(header.originalLength)
          expect(absolute(ours, frame)).toBe(
            BigInt(header.timestampSeconds) * 1_000_000_000n + BigInt(header.timestampMicroseconds) * 1000n,
          )
        }
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

function parsedByPackage(path: string): Promise<PcapPacket[]> {
  return new Promise((resolve, reject) => {
    const packets: PcapPacket[] = []
    const parser = parse(path)
    parser.on('packet', (packet) => packets.push(packet))
    parser.on('end', () => resolve(packets))
    parser.on('error', reject)
  })
}
