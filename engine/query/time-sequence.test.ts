import { describe, expect, it } from 'vitest'
import { parseScenario } from '../../test/support/tcp-scenario.ts'
import type { Points, TimeSequence, TimeSequenceRequest } from '../answers.ts'
import { TestCapture } from './testing/test-capture.ts'
import { timeSequence } from './time-sequence.ts'
import { SequenceTrack } from './time-sequence-track.ts'

const MS = 1e6

function capture(text: string): TestCapture {
  const made = new TestCapture()
  for (const { frame, time } of parseScenario(text).packets) {
    made.add(1_700_000_000_000_000_000n + BigInt(time), frame.bytes, { length: frame.length })
  }
  return made
}

function graph(of: TestCapture, request: Partial<TimeSequenceRequest> = {}): Promise<TimeSequence> {
  const rows = Uint32Array.from({ length: of.packets.rows }, (_, row) => row)
  const whole = {
    conversation: 0,
    side: 'client',
    from: 0,
    to: of.packets.time(of.packets.rows - 1) + 1,
    width: 1000,
    height: 500,
    ...request,
  } as const
  return timeSequence(of, new SequenceTrack(of, 0, rows, whole.side), whole, of.read)
}

const LOSSY = capture(`
  ids
  +0     A>B S  0(0)             win 64000 <mss 1460, wscale 7, sackOK>
  +10ms  B>A SA 0(0)       ack 1 win 65000 <mss 1460, wscale 2, sackOK>
  +10ms  A>B A  1(0)       ack 1 win 500
  +10ms  A>B A  1(1000)    ack 1
  +1ms   A>B A  1001(1000) ack 1
  +1ms   A>B A  2001(1000) ack 1
  +1ms   A>B A  3001(1000) ack 1
  +20ms  B>A A  1(0)       ack 1001 win 1000
  +1ms   B>A A  1(0)       ack 1001 <sack 2001:3001>
  +1ms   B>A A  1(0)       ack 1001 <sack 2001:4001>
  +300ms A>B A  1001(1000) ack 1
  +20ms  B>A A  1(0)       ack 4001 win 0
  +10ms  B>A A  1(0)       ack 4001 win 1000
  +10ms  A>B FA 4001(0)    ack 1
  +10ms  B>A A  1(0)       ack 4002
  +10ms  B>A R  1(0)       ack 0`)

function segments({ segments: { low, high, kind, kinds, row } }: TimeSequence) {
  return Array.from(row, (number, i) => [number, low[i], high[i], kinds[kind[i]]])
}

describe('a time-sequence graph', () => {
  it('has each segment with its bytes, counted from the first, and what became of it', async () => {
    expect(segments(await graph(LOSSY))).toEqual([
      [3, 1, 1001, 'new'],
      [4, 1001, 2001, 'new'],
      [5, 2001, 3001, 'new'],
      [6, 3001, 4001, 'new'],
      [10, 1001, 2001, 'rto'],
    ])
  })

  it('has what the other side acknowledged, and how much more it takes', async () => {
    const { acks, windows, windowsUnscaled } = await graph(LOSSY)
    expect(Array.from(acks.value)).toEqual([1, 1001, 1001, 1001, 4001, 4001, 4002])
    expect(Array.from(windows.value)).toEqual([65_001, 5001, 5001, 5001, 4001, 8001, 8002])
    expect(windowsUnscaled).toBe(false)
  })

  it('has the round trips by timestamps of the side on screen, beside those by ACKs', async () => {
    const stamped = capture(`
      +0     A>B S  0(0)          <ts 100 0>
      +30ms  B>A SA 0(0) ack 1    <ts 900 100>
      +2ms   A>B A  1(0) ack 1    <ts 132 900>
      +1ms   A>B A  1(1000) ack 1 <ts 133 900>
      +200ms A>B A  1(1000) ack 1 <ts 333 900>
      +31ms  B>A A  1(0) ack 1001 <ts 1164 333>`)
    const { rtt, rttByTimestamps } = await graph(stamped)
    const said = ({ row, value }: Points) => Array.from(row, (number, i) => [number, value[i] / MS])
    expect(said(rtt)).toEqual([
      [1, 30],
      [5, 231],
    ])
    expect(said(rttByTimestamps)).toEqual([
      [1, 30],
      [5, 31],
    ])
    expect(said((await graph(stamped, { side: 'server' })).rttByTimestamps)).toEqual([[2, 2]])
    expect(said((await graph(stamped, { from: 100 * MS })).rttByTimestamps)).toEqual([[5, 31]])
  })

  it('has the SACK blocks, read from the bytes of the packets that have room for them', async () => {
    const { sacks, sacksOmitted } = await graph(LOSSY)
    expect(Array.from(sacks.row, (row, i) => [row, sacks.low[i], sacks.high[i]])).toEqual([
      [8, 2001, 3001],
      [9, 2001, 4001],
    ])
    expect(sacksOmitted).toBe(0)
  })

  it('marks SYN, FIN, RST and closed windows', async () => {
    const { marks } = await graph(LOSSY)
    expect(Array.from(marks.row, (row, i) => [row, marks.kinds[marks.kind[i]]])).toEqual([
      [0, 'syn'],
      [11, 'zero-window'],
      [13, 'fin'],
      [15, 'rst'],
    ])
  })

  it('has round-trip times, bytes in flight and throughput of the same time', async () => {
    const { rtt, inFlight, sent, acked } = await graph(LOSSY, { width: 4 })
    expect(rtt.value[0]).toBe(10 * MS)
    expect(inFlight.value[0]).toBe(1000)
    expect([...sent]).toEqual([5000])
    expect([...acked]).toEqual([4001])
  })

  it('shows of a part of the time what is in it, with lines that come from before and go on behind', async () => {
    const part = await graph(LOSSY, { from: 31 * MS, to: 40 * MS })
    expect(segments(part).map(([row]) => row)).toEqual([4, 5, 6])
    expect(Array.from(part.acks.value)).toEqual([1, 1001])
    expect(part.acks.time[0]).toBeLessThan(31 * MS)
    expect(part.acks.time[1]).toBeGreaterThan(40 * MS)
    expect(part.low).toBeCloseTo(1001 - 180)
    expect(part.high).toBeCloseTo(4001 + 180)
  })

  it('shows the other direction as well', async () => {
    const { segments: none, acks } = await graph(LOSSY, { side: 'server' })
    expect(none.row).toHaveLength(0)
    expect(acks.value[0]).toBe(1)
  })

  it('goes on where sequence numbers begin anew', async () => {
    const wrapped = capture(`
      isn A 4294966000 B 5000
      +0   A>B S  0(0)          win 64000
      +1ms B>A SA 0(0)    ack 1 win 65000
      +1ms A>B A  1(1000) ack 1
      +1ms A>B A  1001(1000) ack 1
      +1ms B>A A  1(0)    ack 2001`)
    const { segments: found, acks } = await graph(wrapped)
    expect(Array.from(found.high)).toEqual([1001, 2001])
    expect(Array.from(acks.value)).toEqual([1, 2001])
  })

  it('says that the scale of the windows is unknown without a handshake', async () => {
    const middle = capture(`
      +0   A>B A 1(1000) ack 1
      +1ms B>A A 1(0) ack 1001`)
    expect((await graph(middle)).windowsUnscaled).toBe(true)
  })

  it('answers no more than the pixels can show, and misses none of them', async () => {
    const made = new TestCapture()
    const bulk = ['+0 A>B S 0(0) win 64000', '+1ms B>A SA 0(0) ack 1 win 65000']
    for (let i = 0; i < 4000; i++) bulk.push(`+1ms A>B A ${1 + i * 1000}(1000) ack 1`)
    for (const { frame, time } of parseScenario(bulk.join('\n')).packets)
      made.add(BigInt(time), frame.bytes, { length: frame.length })
    const width = 200
    const height = 100
    const few = await graph(made, { width, height })
    const all = await graph(made, { width: 4000, height: 4000 })
    expect(all.segments.row.length).toBe(4000)
    expect(few.segments.row.length).toBeLessThan(width + height)
    const pixels = ({ segments: { time, low, high } }: TimeSequence) => {
      const painted = new Set<string>()
      for (let i = 0; i < time.length; i++) {
        const x = Math.floor(((time[i] - few.from) / (few.to - few.from)) * width)
        const y = (value: number) => Math.floor(((value - few.low) / (few.high - few.low)) * height)
        for (let line = y(low[i]); line <= y(high[i]); line++) painted.add(`${x} ${line}`)
      }
      return painted
    }
    expect(pixels(few)).toEqual(pixels(all))
  })
})
