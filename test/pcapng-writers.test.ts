import { describe, expect, it } from 'vitest'
import { PcapngWriter } from '../engine/capture-file/pcapng-writer.ts'
import * as blocks from '../main/kubernetes/capture/pcapng-blocks.ts'

// The engine writes pcapng for exports, in pure ECMAScript; the host writes packets as they come out of a pod, into memory that is used again.
// Neither may import the other; what they write must be the same.

const time = 1_700_000_000_123_456_789n

function packetBlock(bytes: Buffer, original: number, comment?: string): Buffer {
  const target = Buffer.alloc(blocks.enhancedPacketLength(bytes.length), 0xff)
  const view = new DataView(target.buffer, target.byteOffset, target.length)
  const source = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const [high, low] = [Number(time >> 32n), Number(time & 0xffffffffn)]
  blocks.writeEnhancedHead(view, 0, 0, high, low, bytes.length, original)
  blocks.copyBytes(target, view, 28, bytes, source, 0, bytes.length)
  return comment === undefined ? target : blocks.withComment(target, comment)
}

describe('the two writers of pcapng', () => {
  it('write the same packets, of any length, with and without a comment', () => {
    const lengths = [...Array.from({ length: 260 }, (_, index) => index), 1514, 65_535]
    for (const length of lengths) {
      const bytes = Buffer.from(Array.from({ length }, (_, index) => (index * 7 + length) & 0xff))
      for (const comment of [undefined, 'why', 'größer']) {
        const writer = new PcapngWriter()
        const id = writer.interface({ linkType: 1 })
        writer.take()
        writer.packet(id, time, bytes, {
          length: length + 9,
          ...(comment === undefined ? {} : { comments: [comment] }),
        })
        expect(packetBlock(bytes, length + 9, comment).equals(writer.take()), `${length} ${comment}`).toBe(true)
      }
    }
  })

  it('write the same comment beside counts', () => {
    const writer = new PcapngWriter()
    const id = writer.interface({ linkType: 1 })
    writer.take()
    writer.statistics(id, time, { received: 7 }, 'why')
    const [reader, other] = [
      writer.take(),
      blocks.interfaceStatistics({ interface: id, startNs: time, endNs: time, received: 7, comment: 'why' }),
    ]
    // Ours has its start and end besides.
    expect(other.subarray(8, 28).equals(reader.subarray(8, 28))).toBe(true)
    expect(other.subarray(52, 64).equals(reader.subarray(28, 40))).toBe(true)
  })

  it('write the same names', () => {
    const writer = new PcapngWriter()
    writer.take()
    writer.names([{ address: Uint8Array.of(10, 0, 0, 1), names: ['web.shop'] }])
    expect(blocks.nameResolution([{ address: '10.0.0.1', name: 'web.shop' }]).equals(writer.take())).toBe(true)
  })
})
