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

describe("tcpdump's segments as pcapng packets", () => {
  it.each([
    [true, true, 123456789, 123456789n],
    [false, true, 999999999, 999999999n],
    [true, false, 654321, 654321000n],
    [false, false, 1, 1000n],
  ])('keep the time to the nanosecond (little-endian %s, nanosecond %s)', (little, nanosecond, fraction, ns) => {
    const batch = new SegmentPackets().push(0, segment(little, nanosecond, [[4294967295, fraction, 'abc']]), () => 2)
    const block = batch?.blocks ?? Buffer.alloc(0)
    const time = (BigInt(block.readUInt32LE(12)) << 32n) | BigInt(block.readUInt32LE(16))
    expect(time).toBe(4294967295n * 1_000_000_000n + ns)
    expect([block.readUInt32LE(8), block.readUInt32LE(20), block.readUInt32LE(24)]).toEqual([2, 3, 1500])
    expect(block.subarray(28, 32).toString('latin1')).toBe('abc\0')
    expect(block.length).toBe(enhancedPacketLength(3))
  })

  it('come out the same in pieces of any size, over several segments, the last packet of a killed tcpdump let go', () => {
    const first = segment(true, true, [
      [1, 1, 'a'],
      [2, 2, 'bcdef'],
    ])
    const second = segment(true, true, [[3, 3, 'ghij']])
    const gather = (size: number) => {
      const packets = new SegmentPackets()
      const out: Buffer[] = []
      for (const [index, bytes] of [first.subarray(0, first.length - 1), second].entries()) {
        for (let at = 0; at < bytes.length; at += size) {
          const batch = packets.push(index, bytes.subarray(at, at + size), () => 0)
          if (batch) out.push(batch.blocks)
        }
      }
      return Buffer.concat(out)
    }
    const whole = gather(1e6)
    expect(whole.length).toBe(enhancedPacketLength(1) + enhancedPacketLength(4))
    for (const size of [1, 3, 16, 24, 25, 41]) expect(gather(size).equals(whole)).toBe(true)
  })

  it('that are none, or hold impossible lengths, are refused', () => {
    expect(() => new SegmentPackets().push(0, Buffer.alloc(24, 7), () => 0)).toThrow(NotACapture)
    const huge = segment(true, true, [])
    expect(() => new SegmentPackets().push(0, Buffer.concat([huge, Buffer.alloc(16, 255)]), () => 0)).toThrow(
      NotACapture,
    )
  })
})
