import { describe, expect, it } from 'vitest'
import { parseScenario } from '../../test/support/tcp-scenario.ts'
import { ladderRows, lostPackets } from './ladder.ts'
import { mixedCapture } from './testing/mixed-capture.ts'
import { TestCapture } from './testing/test-capture.ts'

function capture(text: string): TestCapture {
  const made = new TestCapture()
  for (const { frame, time } of parseScenario(text).packets) {
    made.add(1_700_000_000_000_000_000n + BigInt(time), frame.bytes, { length: frame.length })
  }
  return made
}

const LOSSY = capture(`
  ids
  +0     A>B S  0(0)             win 64000 <mss 1460, wscale 7, sackOK>
  +10ms  B>A SA 0(0)       ack 1 win 65000 <mss 1460, wscale 2, sackOK>
  +10ms  A>B A  1(0)       ack 1 win 500
  +10ms  A>B PA 1(1000)    ack 1
  +1ms   A>B A  1001(1000) ack 1
  +20ms  B>A A  1(0)       ack 1001 win 1000
  +300ms A>B A  1001(1000) ack 1
  +20ms  B>A A  1(0)       ack 2001 win 1000`)

describe('the ladder', () => {
  const rows = Uint32Array.from({ length: 8 }, (_, row) => row)

  it('has each packet with its way, its numbers and the time since the one before', async () => {
    const ladder = await ladderRows(LOSSY, rows.subarray(2, 6), 1, lostPackets(LOSSY, rows), LOSSY.read)
    expect(ladder.map(({ row, fromB, since }) => [row, fromB, since])).toEqual([
      [2, false, 10e6],
      [3, false, 10e6],
      [4, false, 1e6],
      [5, true, 20e6],
    ])
    expect(ladder[1].tcp).toEqual({ flags: 'PSH, ACK', seq: 1, length: 1000, ack: 1, window: 64_000 })
    expect(ladder[3].tcp).toEqual({ flags: 'ACK', seq: 1, length: 0, ack: 1001, window: 4000 })
  })

  it('leaves out the time before the first', async () => {
    const [first] = await ladderRows(LOSSY, [0], undefined, new Map(), LOSSY.read)
    expect(first.since).toBeUndefined()
    expect(first.tcp).toEqual({ flags: 'SYN', seq: 0, length: 0, window: 64_000 })
  })

  it('knows the packet whose bytes had to be sent again', async () => {
    const ladder = await ladderRows(LOSSY, rows, undefined, lostPackets(LOSSY, rows), LOSSY.read)
    expect(ladder.filter(({ lost }) => lost).map(({ row, lost }) => [row, lost?.again])).toEqual([[4, 6]])
    expect(ladder.some(({ lostBefore }) => lostBefore)).toBe(false)
  })

  it('knows when the first sending did not come past here', async () => {
    const unseen = capture(`
      ids
      +0     A>B S  0(0)             win 64000 <mss 1460, sackOK>
      +10ms  B>A SA 0(0)       ack 1 win 65000 <mss 1460, sackOK>
      +10ms  A>B A  1(0)       ack 1
      +10ms  A>B A  1(1000)    ack 1 id 3
      +1ms   A>B A  2001(1000) ack 1 id 5
      +20ms  B>A A  1(0)       ack 1001 <sack 2001:3001>
      +1ms   B>A A  1(0)       ack 1001 <sack 2001:3001>
      +1ms   B>A A  1(0)       ack 1001 <sack 2001:3001>
      +300ms A>B A  1001(1000) ack 1 id 6`)
    const all = Uint32Array.from({ length: 9 }, (_, row) => row)
    const ladder = await ladderRows(unseen, all, undefined, lostPackets(unseen, all), unseen.read)
    expect(ladder.filter(({ lostBefore }) => lostBefore).map(({ row }) => row)).toEqual([8])
  })

  it('has packets of other protocols without numbers', async () => {
    const mixed = mixedCapture()
    const [arp] = await ladderRows(mixed, [12], undefined, new Map(), mixed.read)
    expect(arp).toMatchObject({ row: 12, fromB: false, protocol: 'ARP' })
    expect(arp.tcp).toBeUndefined()
  })
})
