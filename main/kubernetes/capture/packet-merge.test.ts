import { describe, expect, it } from 'vitest'
import { HOLD_MS, type Merged, PacketMerge } from './packet-merge.ts'
import { enhancedPacketLength, writeEnhancedHead } from './pcapng-blocks.ts'
import type { PacketBatch } from './segment-packets.ts'

/** Packets of 4 bytes, of which the first is the point's number and the second counts. */
function batch(point: number, ...times: readonly number[]): PacketBatch {
  const size = enhancedPacketLength(4)
  const memory = Buffer.alloc(size * times.length)
  const view = new DataView(memory.buffer, memory.byteOffset, memory.length)
  times.forEach((_time, index) => {
    writeEnhancedHead(view, index * size, point, 0, 0, 4, 4)
    memory.set([point, index], index * size + 28)
  })
  const starts = Uint32Array.from([...times, 0], (_time, index) => index * size)
  return { blocks: memory, starts, times: Float64Array.from(times), segment: 0, first: 0 }
}

/** "0.1": point 0's packet 1; a comment behind it. */
function packetsOf({ parts }: Merged): string[] {
  const bytes = Buffer.concat(parts)
  const found: string[] = []
  for (let at = 0; at < bytes.length; at += bytes.readUInt32LE(at + 4)) {
    const total = bytes.readUInt32LE(at + 4)
    const comment = bytes
      .subarray(at + 32, at + total - 4)
      .toString('latin1')
      .replaceAll(/[^ -~]/g, '')
    found.push(`${bytes[at + 28]}.${bytes[at + 29]}${comment === '' ? '' : ` ${comment}`}`)
  }
  return found
}

function merge(): PacketMerge {
  const made = new PacketMerge()
  made.join(0)
  made.join(1)
  return made
}

describe('packets of several points', () => {
  it('come in the order of time, however they arrive', () => {
    const made = merge()
    made.add(1, batch(1, 12, 14), 1000)
    expect(packetsOf(made.take(1000))).toEqual([])
    made.add(0, batch(0, 10, 13, 15), 1000)
    const taken = made.take(1000)
    expect(packetsOf(taken)).toEqual(['0.0', '1.0', '0.1', '1.1'])
    expect(taken).toMatchObject({ packets: 4, late: 0 })
    expect(packetsOf(made.take(1000, true))).toEqual(['0.2'])
    expect(made.bytes).toBe(0)
  })

  it('wait no longer once the others are known to have nothing older', () => {
    const made = merge()
    made.add(0, batch(0, 10, 20), 1000)
    made.reached(1, 15)
    expect(packetsOf(made.take(1000))).toEqual(['0.0'])
    made.leave(1)
    expect(packetsOf(made.take(1000))).toEqual(['0.1'])
  })

  it('wait for a silent point only so long; what it says then is marked once, and counted', () => {
    const made = merge()
    made.add(0, batch(0, 10, 20, 30), 1000)
    expect(packetsOf(made.take(1000 + HOLD_MS - 1))).toEqual([])
    expect(packetsOf(made.take(1000 + HOLD_MS))).toEqual(['0.0', '0.1', '0.2'])
    made.add(1, batch(1, 11, 12, 31), 4000)
    made.add(0, batch(0, 32), 4000)
    const late = made.take(4000)
    expect(late).toMatchObject({ packets: 3, late: 2 })
    expect(packetsOf(late)).toEqual([
      expect.stringMatching(/^1\.0 .*came 19 ms too late to be put in order/),
      '1.1',
      '1.2',
    ])
  })

  it('keep the order in which their point gave them, also where its clock steps back', () => {
    const made = merge()
    made.add(0, batch(0, 10, 9, 11), 1000)
    made.reached(1, 100)
    const taken = made.take(1000)
    expect(packetsOf(taken)).toEqual(['0.0', '0.1', '0.2'])
    expect(taken.late).toBe(0)
  })

  it('say which batches are used up', () => {
    const made = merge()
    const [one, two] = [batch(0, 10, 20), batch(1, 15)]
    made.add(0, one, 1000)
    made.add(1, two, 1000)
    expect(made.take(1000).done).toEqual([two])
    expect(made.take(1000, true).done).toEqual([one])
  })

  it('carry the comment of a gap to the packet behind it', () => {
    const made = merge()
    made.add(0, batch(0, 10, 20), 1000, { comment: 'a gap', lostBytes: 5 })
    expect(packetsOf(made.take(1000, true))).toEqual([expect.stringMatching(/^0\.0 .*a gap/), '0.1'])
  })
})
