import { describe, expect, it } from 'vitest'
import { FLAG } from '../columns/packet-table.ts'
import { ethernet, ipv6, tcp } from '../query/testing/frames.ts'
import { TestCapture } from '../query/testing/test-capture.ts'
import { hopsOf } from './hops.ts'
import { limitSentences, nothingText } from './limits.ts'
import type { Hop, HopReport } from './report.ts'

const { ack, rst, syn } = FLAG
const START = 1_800_000_000_000_000_000n
const [CLIENT, SERVER] = ['fd00::1', 'fd00::2']
const BARE = 'Bare ACKs are not followed: whether any died is not told.'

/** Milliseconds, then the direction and the numbers. */
interface Segment {
  readonly at: number
  readonly fromA?: boolean
  readonly port?: number
  readonly seq: number
  readonly ack: number
  readonly length?: number
  readonly flags?: number
}

/** `count` requests and answers of 10 bytes, ten milliseconds apart. */
const talk = (count: number, { at = 0, port = 40_000, seq = 1_000, answer = 9_000 } = {}): Segment[] =>
  Array.from({ length: count }, (_, i) => [
    { at: at + 10 * i, port, seq: seq + 10 * i, ack: answer + 10 * i },
    { at: at + 10 * i + 5, port, fromA: false, seq: answer + 10 * i, ack: seq + 10 * i + 10 },
  ]).flat()

interface Place {
  /** Milliseconds from the client, and by which its clock is ahead. */
  readonly away?: number
  readonly ahead?: number
  /** So many other addresses come first in its capture's list. */
  readonly strangers?: number
}

/** What a point captured. */
function point(segments: readonly Segment[], { away = 0, ahead = 0, strangers = 0 }: Place = {}): TestCapture {
  const capture = new TestCapture()
  for (let i = 0; i < strangers; i++) {
    addTo(capture, 0, 0, [`fd01::${i + 1}`, SERVER], { at: 0, seq: 1, ack: 0, length: 0, flags: rst })
  }
  for (const segment of segments) addTo(capture, 0, timeAt(segment, away) + ahead, [CLIENT, SERVER], segment)
  return capture
}

/** Both points in one capture. */
function together(...points: readonly (readonly Segment[])[]): HopReport {
  const tables = new TestCapture(['web', 'db'])
  const seen = points.flatMap((segments, id) => segments.map((each) => ({ id, each, time: timeAt(each, id) })))
  for (const { id, each, time } of seen.sort((a, b) => a.time - b.time)) {
    addTo(tables, id, time, [CLIENT, SERVER], each)
  }
  return hopsOf([{ name: '', tables }])
}

const timeAt = ({ at, fromA = true }: Segment, away: number): number => at + (fromA ? away : -away)

function addTo(
  capture: TestCapture,
  interfaceId: number,
  ms: number,
  ends: readonly [string, string],
  segment: Segment,
) {
  const { fromA = true, port = 40_000, seq, ack: acked, length = 10, flags = ack } = segment
  const [source, destination] = fromA ? ends : ends.toReversed()
  const ports = fromA ? { source: port, destination: 80 } : { source: 80, destination: port }
  const bytes = tcp({ ...ports, seq, ack: acked, flags }, new Uint8Array(length))
  const time = START + BigInt(Math.round(ms * 1e6))
  capture.add(time, ethernet(0x86dd, ipv6({ source, destination, protocol: 6 }, bytes)), { interfaceId })
}

const hops = (points: Readonly<Record<string, TestCapture>>): HopReport =>
  hopsOf(Object.entries(points).map(([name, tables]) => ({ name, tables })))

describe('what hops can’t tell', () => {
  it('says of two points no more than that bare ACKs are not followed', () => {
    const report = hops({ web: point(talk(10)), db: point(talk(10), { away: 1 }) })
    expect(report.limits).toMatchObject({ same: [], groups: [[0, 1]], renumbered: { count: 0 } })
    expect(limitSentences(report)).toEqual([BARE])
    expect(nothingText(report)).toBe('Nothing was lost between the points.')
  })

  it.each([0, 3_000])('knows a capture and its copy, whose times were moved by %i ms', (ahead) => {
    const report = hops({ web: point(talk(10)), copy: point(talk(10), { ahead }) })
    expect(report.limits.same).toEqual([[0, 1]])
    expect(limitSentences(report)[0]).toMatch(/^web and copy are one capture, or were made at one place: /)
    expect(nothingText(report)).toBe('Nothing is known to have been lost between the points.')
  })

  it('says of each hop what it can of that: between a capture and its copy less than behind them', () => {
    const report = hops({ web: point(talk(10)), copy: point(talk(10)), db: point(talk(10), { away: 1 }) })
    const isToDb = ({ from, to }: Hop) => [from, to].some((point) => report.points[point].name === 'db')
    const said = Map.groupBy(report.hops, (hop) => nothingText(report, hop))
    expect(said.get('Nothing is known to have been lost on this hop.')?.map(isToDb)).toEqual([false, false])
    expect(said.get('Nothing was lost on this hop.')?.map(isToDb)).toEqual([true, true])
  })

  it('takes no few packets for a copy, nor those of one direction', () => {
    expect(hops({ web: point(talk(5)), copy: point(talk(5)) }).limits.same).toEqual([])
    const there = talk(20).filter(({ fromA = true }) => fromA)
    expect(hops({ web: point(there), copy: point(there) }).limits.same).toEqual([])
  })

  it('says between which points nothing was seen in common, as at a proxy', () => {
    const beyond = talk(5, { port: 50_000, seq: 70_000, answer: 80_000 })
    const report = hops({ web: point(talk(5)), node: point(talk(5), { away: 1 }), db: point(beyond) })
    expect(report.limits.groups).toEqual([[0, 1], [2]])
    expect(limitSentences(report)).toEqual([
      expect.stringMatching(/^Nothing that web and node saw was seen at db: /),
      BARE,
    ])
    expect(nothingText(report)).toMatch(/is known/)
  })

  it('tells connections that a transparent proxy answers from those of a port that is used again', () => {
    const own = { web: point(talk(5)), node: point(talk(5), { away: 1 }) }
    const other = { seq: 70_000, answer: 80_000 }
    // It begins with what the server sent.
    const through = hops({ ...own, db: point(talk(5, { ...other, at: 2 }).slice(1), { strangers: 3 }) })
    expect(through).toMatchObject({ losses: [], limits: { renumbered: { count: 1, here: [0, 1], there: [2] } } })
    expect(limitSentences(through)).toEqual([
      expect.stringMatching(/^1 TCP connection has other sequence numbers at db than at web and node: /),
      BARE,
    ])
    const later = hops({ ...own, db: point(talk(5, { ...other, at: 1_000 })) })
    expect(later.limits.renumbered.count).toBe(0)
    // Begun anew, at a point that saw both and another, whose clock is behind, that saw the second.
    const open: Segment = { at: 990, seq: 69_999, ack: 0, length: 0, flags: syn }
    const anew = [open, ...talk(5, { ...other, at: 1_000 })]
    const both = hops({ web: point([...talk(5), ...anew]), db: point(anew, { away: 1, ahead: -5_000 }) })
    expect(both).toMatchObject({ connections: 1, alone: 1, limits: { renumbered: { count: 0 } } })
  })

  it('looks behind a proxy at each of several connections of one port', () => {
    const other = { at: 1_000, seq: 70_000, answer: 80_000 }
    const open: Segment = { at: 990, seq: 69_999, ack: 0, length: 0, flags: syn }
    const web = point([...talk(5), open, ...talk(5, other)])
    const beyond = talk(5, { ...other, seq: 500_000, answer: 600_000 })
    expect(hops({ web, db: point(beyond) }).limits.renumbered).toEqual({ count: 1, here: [0], there: [1] })
  })

  it('says of which connections a point saw both sides of a NAT, as of a pod that asks its own Service', () => {
    const [pod, service, node] = ['fd00::1', 'fd00::96', 'fd00::9']
    const hairpin = (away: number) => {
      const capture = new TestCapture()
      const seen = talk(8).flatMap((each) => [
        { each, ends: [pod, service] as const, time: timeAt(each, away) },
        { each: { ...each, port: 50_000 }, ends: [node, pod] as const, time: timeAt(each, 4 - away) },
      ])
      for (const { each, ends, time } of seen.sort((a, b) => a.time - b.time)) addTo(capture, 0, time, ends, each)
      return capture
    }
    const report = hops({ pod: hairpin(0), veth: hairpin(1) })
    expect(report.limits.twice).toEqual({ count: 1, points: [0, 1] })
    expect(limitSentences(report)).toEqual([
      expect.stringMatching(/^1 connection or UDP flow passed pod and veth twice, before and after NAT /),
      BARE,
    ])
    expect(nothingText(report)).toMatch(/is known/)
    expect(report.hops.map((hop) => nothingText(report, hop))).toEqual(
      Array.from({ length: 2 }, () => 'Nothing is known to have been lost on this hop.'),
    )
    // The NAT is between two points: each saw one side.
    const across = new TestCapture(['web', 'db'])
    for (const each of talk(8)) {
      addTo(across, 0, timeAt(each, 0), [pod, service], each)
      addTo(across, 1, timeAt(each, 1), [node, pod], each)
    }
    const between = hopsOf([{ name: '', tables: across }])
    expect(between).toMatchObject({ connections: 1, limits: { twice: { count: 0, points: [] } } })
    expect(nothingText(between)).toBe('Nothing was lost between the points.')
  })

  it('takes a point that saw more of a long connection, later, for no proxy', () => {
    const later = (at: number) => talk(5, { at, seq: 5_000_000, answer: 5_000_000 })
    const report = together(talk(5), later(120_000))
    expect(report).toMatchObject({ losses: [], limits: { renumbered: { count: 0 } } })
    expect(together(talk(5), later(10)).limits.renumbered.count).toBe(1)
  })

  it('charges no hop on which somebody changes the numbers, in one capture', () => {
    const reset = (seq: number): Segment => ({ at: 90, fromA: false, seq, ack: 0, length: 0, flags: rst })
    const web = talk(8)
    const by = 80_000_000
    const db = web.map((each) =>
      each.fromA === false ? { ...each, seq: each.seq + by } : { ...each, ack: each.ack + by },
    )
    // By which the hop is known.
    const others = talk(8, { at: 3, port: 40_001, seq: 500_000, answer: 600_000 })
    const report = together([...others, ...web, reset(9_080)], [...others, ...db, reset(9_080 + by)])
    expect(report).toMatchObject({ losses: [], made: [], limits: { renumbered: { count: 1, here: [0], there: [1] } } })
    expect(report.hops.filter(({ missedBytes, resets }) => missedBytes + resets.unsure > 0)).toEqual([])
    expect(together(web, web).limits.renumbered.count).toBe(0)
  })

  it('joins a reset by its addresses of IPv6, which each capture numbers for itself', () => {
    const reset: Segment = { at: 40, seq: 1_050, ack: 0, length: 0, flags: rst }
    const near = point([reset], { strangers: 3 })
    const far = point([...talk(3), reset], { away: 1 })
    // Three are strangers.
    expect(hops({ near, far })).toMatchObject({ alone: 4, made: [] })
  })
})
