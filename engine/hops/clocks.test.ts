import { describe, expect, it } from 'vitest'
import { tcpFrame } from '../../test/support/tcp-frame.ts'
import { FLAG } from '../columns/packet-table.ts'
import { TestCapture } from '../query/testing/test-capture.ts'
import { clockSentences } from './clock-sentences.ts'
import { hopsOf } from './hops.ts'
import type { HopReport } from './report.ts'

// A pod gets a lot in one connection: 200 segments in 20 s, and a small request each second. Three machines capture, each with a clock of its own.

const MS = 1e6
const START = 1_800_000_000_000_000_000n
const POINTS = ['pod', 'node', 'peer'] as const
type Point = (typeof POINTS)[number]

interface Network {
  /** What a clock reads at a time; milliseconds. */
  readonly clocks?: Partial<Record<Point, (at: number) => number>>
  /** How long the way from a point to the next takes at a time; milliseconds. */
  readonly way?: (at: number, back: boolean) => number
}

/** Segments from the peer that die between it and the node, and come again 150 ms later. */
const DYING = [40, 99, 150]

function hops({ clocks = {}, way = () => 1 }: Network): HopReport {
  const seen: { at: number; point: Point; fromA: boolean; seq: number; ack: number; length: number }[] = []
  const send = (at: number, back: boolean, seq: number, ack: number, length: number, dies = false) => {
    const points = back ? POINTS.toReversed() : POINTS
    let time = at
    for (const point of dies ? points.slice(0, 1) : points) {
      seen.push({ at: time, point, fromA: !back, seq, ack, length })
      time += way(time, back)
    }
  }
  for (let i = 0; i < 200; i++) {
    const [at, seq, ack] = [100 * i, 9_001 + 1_000 * i, 101 + 20 * Math.floor(i / 10)]
    if (i % 10 === 0) send(at, false, ack, seq, 20)
    send(at + 10, true, seq, ack + 20, 1_000, DYING.includes(i))
    if (DYING.includes(i)) send(at + 160, true, seq, ack + 20, 1_000)
  }
  seen.sort((a, b) => a.at - b.at)
  const sources = POINTS.map((name) => {
    const tables = new TestCapture([name])
    for (const [i, { at, fromA, seq, ack, length }] of seen.filter(({ point }) => point === name).entries()) {
      const frame = { fromA, seq, ack, payloadLength: length, flags: FLAG.ack, window: 500, options: [], ipId: i + 1 }
      const { bytes, length: whole } = tcpFrame(frame)
      tables.add(START + BigInt(Math.round((clocks[name]?.(at) ?? at) * MS)), bytes, { length: whole })
    }
    return { name, tables }
  })
  return hopsOf(sources)
}

/** "peer > node 3 +0 ms": what died on each hop, and by how much the slowest was slower than the fastest, within a tenth of a millisecond. */
const told = ({ hops: found, points }: HopReport) =>
  found.map(({ from, to, lost, delay }) => {
    const slower = (delay?.aboveLeast.max ?? NaN) / MS
    return `${points[from].name} > ${points[to].name} ${lost} +${Math.round(slower * 5) / 5} ms`
  })

const STILL = ['pod > node 0 +0 ms', 'node > peer 0 +0 ms', 'peer > node 3 +0 ms', 'node > pod 0 +0 ms']
const setBy = (by: number, since: number) => (at: number) => at + (at < since ? 0 : by)

describe('clocks', () => {
  it('that stand as they did are left alone', () => {
    const report = hops({ clocks: { node: (at) => at + 5_000, peer: (at) => at - 250 } })
    expect(told(report)).toEqual(STILL)
    expect(report.moved).toEqual([])
  })

  it.each([
    ['peer', 3_000],
    ['peer', -3_000],
    ['peer', 200],
    ['peer', -200],
    ['node', 200],
    ['node', -3_000],
    ['pod', -3_000],
  ] as const)('may be set meanwhile: that of the %s, by %i ms', (point, by) => {
    const report = hops({ clocks: { [point]: setBy(by, 9_950) } })
    expect(told(report)).toEqual(STILL)
    const segments = (of: HopReport) => of.hops.map((hop) => hop.segments)
    expect(segments(report)).toEqual(segments(hops({})))
    expect(report.losses.map(({ againAfterNs }) => Math.round((againAfterNs ?? 0) / MS))).toEqual([150, 150, 150])
    const [sentence] = clockSentences(report)
    expect(sentence).toMatch(
      /^The clock of \S+, against that of \S+, was set (forward|back) by (200 ms|3\.00 s) when that read 10\.0 s: /,
    )
  })

  it.each([500, -500])('may drift: by %i ppm', (ppm) => {
    const report = hops({ clocks: { peer: (at) => at * (1 + ppm / 1e6) } })
    expect(told(report)).toEqual(STILL)
    expect(clockSentences(report)).toEqual([
      expect.stringMatching(/^The clock of \S+, against that of \S+, ran about 500 ppm too (fast|slow): /),
    ])
  })

  it('may drift and be set', () => {
    const report = hops({ clocks: { peer: (at) => setBy(-200, 9_950)(at) * 1.0005 } })
    expect(report.hops.map(({ lost }) => lost)).toEqual([0, 0, 3, 0])
    // The drift is known as well as the way there and back is short.
    for (const { delay } of report.hops) expect(delay?.aboveLeast.max).toBeLessThan(MS)
    expect(clockSentences(report)).toEqual([
      expect.stringMatching(
        / ran about 5[0-4]0 ppm too \S+ and was set (forward|back) by 200 ms when that read 10\.0 s: /,
      ),
    ])
  })

  it.each([
    ['in one direction', (at: number, back: boolean) => (back && at > 9_950 ? 31 : 1), 'peer > node 3 +30 ms'],
    ['in both', (at: number) => (at > 9_950 ? 31 : 1), 'peer > node 3 +30 ms'],
  ])('are not to blame for a way that takes longer from some time on, %s', (_, way, expected) => {
    const report = hops({ way })
    expect(told(report)).toContain(expected)
    expect(report.moved).toEqual([])
  })
})
