import { describe, expect, it } from 'vitest'
import { PcapngWriter } from './pcapng-writer.ts'
import { concat, NgBlocks, payload } from './testing/build-capture.ts'
import { absolute, readCapture } from './testing/read-capture.ts'

const now = 1_700_000_000_123_456_789n

describe('the pcapng writer', () => {
  it('writes blocks byte for byte as the format says', () => {
    const writer = new PcapngWriter({ os: 'Linux', comments: ['why'] })
    const id = writer.interface({ linkType: 1, snapLength: 96, name: 'eth0', filter: 'tcp' })
    writer.packet(id, now, payload(5))
    writer.packet(id, now + 1n, payload(8), { length: 1514, comments: ['here'], flags: 0x0203_0002, dropped: 2 })
    writer.names([
      { address: Uint8Array.of(10, 0, 0, 1), names: ['web-0', 'web'] },
      { address: Uint8Array.of(10, 0, 0, 2), names: [] },
    ])
    writer.statistics(id, 0n, { received: 5, dropped: 0 })

    const ng = new NgBlocks()
    expect(writer.take()).toEqual(
      concat(
        ng.section([
          [1, 'why'],
          [3, 'Linux'],
          [4, 'Hopscope'],
        ]),
        ng.interface(1, 96, [
          [2, 'eth0'],
          [9, [9]],
          [11, '\0tcp'],
        ]),
        ng.enhanced(0, now, payload(5)),
        ng.enhanced(
          0,
          now + 1n,
          payload(8),
          [
            [1, 'here'],
            [2, [2, 0, 3, 2]],
            [4, ng.u64(2)],
          ],
          1514,
        ),
        ng.names([[1, [10, 0, 0, 1], 'web-0', 'web']]),
        ng.statistics(0, [
          [4, ng.u64(5)],
          [5, ng.u64(0)],
        ]),
      ),
    )
  })

  it('writes nothing for names when there are none', () => {
    const writer = new PcapngWriter()
    writer.take()
    writer.names([])
    writer.names([{ address: Uint8Array.of(1, 2, 3, 4), names: [] }])
    expect(writer.pending).toBe(0)
  })

  it('gives back what was put in, when read again', () => {
    const writer = new PcapngWriter({ application: 'other', hardware: 'arm64', os: 'Linux', comments: ['a', 'b'] })
    const pieces = [writer.take()]
    const options = {
      linkType: 113,
      snapLength: 128,
      name: 'any',
      description: 'Knoten ä – 節点 🛰',
      filter: 'host 10.0.0.1',
      os: 'Talos',
      hardware: 'veth',
      fcsLength: 4,
      comments: ['upstream side'],
    }
    writer.interface(options)
    const second = writer.interface({ linkType: 276 })
    for (let i = 0; i < 50; i++) {
      writer.packet(
        i % 2 ? second : 0,
        now + BigInt(i * 1000 + 1),
        payload(i, i),
        i % 7 ? {} : { comments: [`note ${i}`] },
      )
      if (i % 10 === 0) pieces.push(writer.take())
    }
    const v6 = Uint8Array.from([0xfd, ...new Array<number>(14).fill(0), 7])
    writer.names([
      { address: v6, names: ['six'] },
      { address: Uint8Array.of(2, 0, 0, 0, 0, 1), names: ['mac'] },
    ])
    const statistics = { received: 1e12, dropped: 1, filterAccepted: 2, osDropped: 3, delivered: 4 }
    writer.statistics(second, now, statistics)
    pieces.push(writer.take())

    const capture = readCapture(concat(...pieces), () => 11)
    const { reader, frames } = capture
    expect(reader.damage).toBeUndefined()
    expect(reader.sections).toEqual([
      { byteOrder: 'little-endian', application: 'other', hardware: 'arm64', os: 'Linux', comments: ['a', 'b'] },
    ])
    expect(reader.interfaces[0]).toEqual({ id: 0, ...options, ticksPerSecond: 1e9, offsetSeconds: 0 })
    expect(reader.interfaces[1]).toMatchObject({ linkType: 276, statistics })
    expect(frames.map((frame) => absolute(capture, frame))).toEqual(frames.map((_, i) => now + BigInt(i * 1000 + 1)))
    expect(frames.map(({ bytes }) => bytes)).toEqual(frames.map((_, i) => payload(i, i)))
    expect(frames.map(({ interfaceId }) => interfaceId)).toEqual(frames.map((_, i) => i % 2))
    expect([...reader.packetComments.keys()]).toEqual([0, 7, 14, 21, 28, 35, 42, 49])
    expect([...reader.names].map(([address, names]) => [address, ...names])).toEqual([
      ['fd00::7', 'six'],
      ['02:00:00:00:00:01', 'mac'],
    ])
  })

  it('cuts a comment that is too long for the format, between two characters', () => {
    const writer = new PcapngWriter({ comments: [`${'x'.repeat(65_534)}ä and more`] })
    expect(readCapture(writer.take()).reader.comments).toEqual(['x'.repeat(65_534)])
  })
})
