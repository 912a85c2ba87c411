import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { enhancedPacketLength } from './pcapng-blocks.ts'
import { NotACapture, SegmentPackets } from './segment-packets.ts'

function segment(
  little: boolean,
  nanosecond: boolean,
  packets: readonly (readonly [seconds: number, fraction: number, bytes: string])[],
): Buffer {
  const u32 = (value: number) => {
    const bytes = Buffer.alloc(4)
    if (little) bytes.writeUInt32LE(value)
    else bytes.writeUInt32BE(value)
    return bytes
  }
  return Buffer.concat([
    ...[nanosecond ? 0xa1b23c4d : 0xa1b2c3d4, 0, 0, 0, 65535, 1].map(u32),
    ...packets.flatMap(([seconds, fraction, bytes]) => [
      u32(seconds),
      u32(fraction),
      u32(bytes.length),
      u32(1500),
      Buffer.from(bytes),
    ]),
  ])
}

/** As one frame of the pod. */
function push(packets: SegmentPackets, number: number, bytes: Buffer, id = 0) {
  packets.begin(number)
  packets.add(bytes)
  return packets.accept(() => id)
}

describe("tcpdump's segments as pcapng packets", () => {
  it.each([
    [true, true, 123456789, 123456789n],
    [false, true, 999999999, 999999999n],
    [true, false, 654321, 654321000n],
    [false, false, 1, 1000n],
  ])('keep the time to the nanosecond (little-endian %s, nanosecond %s)', (little, nanosecond, fraction, ns) => {
    const batch = push(new SegmentPackets(), 0, segment(little, nanosecond, [[4294967295, fraction, 'abc']]), 2)
    const block = batch?.blocks ?? Buffer.alloc(0)
    const time = (BigInt(block.readUInt32LE(12)) << 32n) | BigInt(block.readUInt32LE(16))
    expect(time).toBe(4294967295n * 1_000_000_000n + ns)
    expect([block.readUInt32LE(8), block.readUInt32LE(20), block.readUInt32LE(24)]).toEqual([2, 3, 1500])
    expect(block.subarray(28, 32).toString('latin1')).toBe('abc\0')
    expect(block.length).toBe(enhancedPacketLength(3))
  })

  const first = segment(true, true, [
    [1, 1, 'a'],
    [1, 2, ''],
    [2, 2, 'bcdef'],
    [2, 3, 'x'.repeat(700)],
    [2, 4, 'y'.repeat(90_001)],
    [2, 5, 'cut'],
  ])
  const second = segment(true, true, [
    [3, 3, 'ghij'],
    [3, 4, ''],
  ])
  const whole = Buffer.concat(
    [first.subarray(0, first.length - 1), second].map((bytes, index) =>
      Buffer.from(push(new SegmentPackets(), index, bytes, 3)?.blocks ?? []),
    ),
  )

  it('come out the same in pieces and frames of any size, over several segments, the last packet of a killed tcpdump let go', () => {
    expect(whole.length).toBe(
      [1, 0, 5, 700, 90_001, 4, 0].reduce((sum, length) => sum + enhancedPacketLength(length), 0),
    )
    const frames = fc.array(
      fc.record({ size: fc.integer({ min: 1, max: 9000 }), piece: fc.integer({ min: 1, max: 3000 }) }),
      {
        minLength: 1,
      },
    )
    fc.assert(
      fc.property(frames, fc.array(fc.boolean(), { minLength: 1 }), (sizes, broken) => {
        const packets = new SegmentPackets()
        const out: Buffer[] = []
        let turn = 0
        for (const [index, bytes] of [first.subarray(0, first.length - 1), second].entries()) {
          for (let at = 0; at < bytes.length; turn++) {
            const { size, piece } = sizes[turn % sizes.length] ?? { size: 1, piece: 1 }
            const frame = bytes.subarray(at, at + size)
            packets.begin(index)
            for (let from = 0; from < frame.length; from += piece) packets.add(frame.subarray(from, from + piece))
            if (broken[turn % broken.length] && turn < 50) {
              // Bytes of which no word comes that they were sent: any, also those of another segment.
              packets.begin(index + (turn % 2))
              packets.add(Buffer.alloc(turn * 7, turn))
              continue
            }
            at += size
            // Before the memory serves again.
            const batch = packets.accept(() => 3)
            if (batch) out.push(Buffer.from(batch.blocks))
            batch?.release?.()
          }
        }
        expect(Buffer.concat(out).equals(whole)).toBe(true)
      }),
    )
  })

  it('that are known already do not come again, wherever pieces end', () => {
    for (const size of [40, 41, 300, 5000, 100_000]) {
      const packets = new SegmentPackets({ segment: 0, packet: 2 })
      const out: Buffer[] = []
      const starts: number[] = []
      for (let at = 0; at < first.length; at += size) {
        const batch = push(packets, 0, first.subarray(at, at + size), 3)
        if (!batch) continue
        out.push(Buffer.from(batch.blocks))
        starts.push(batch.first)
      }
      const known = enhancedPacketLength(1) + enhancedPacketLength(0)
      const all = push(new SegmentPackets(), 0, first, 3)?.blocks.subarray(known)
      expect(Buffer.concat(out).equals(all ?? Buffer.alloc(0))).toBe(true)
      expect(starts[0]).toBe(2)
    }
  })

  it('that are none, or hold impossible lengths, are refused', () => {
    expect(() => push(new SegmentPackets(), 0, Buffer.alloc(24, 7))).toThrow(NotACapture)
    const huge = Buffer.concat([segment(true, true, []), Buffer.alloc(16, 255)])
    expect(() => push(new SegmentPackets(), 0, huge)).toThrow(NotACapture)
  })
})
