import { describe, expect, it } from 'vitest'
import { type TcpSegment, tcpFrame } from '../../test/support/tcp-frame.ts'
import { FLAG } from '../columns/packet-table.ts'
import { TestCapture } from '../query/testing/test-capture.ts'
import { hopsOf } from './hops.ts'
import type { HopReport } from './report.ts'
import { hopSentences } from './sentences.ts'

const { syn, ack, fin, rst } = FLAG
const MS = 1e6
const START = 1_800_000_000_000_000_000n

/** Ways of 1 ms to the next of the points `pod`, `node` and `peer`; the connection is opened at `pod`. */
const POINTS = ['pod', 'node', 'peer'] as const
type Point = (typeof POINTS)[number]

interface Sent extends Partial<TcpSegment> {
  /** When it passes the first point on its way, in milliseconds. */
  readonly at: number
  /** The last point that sees it; all do without. */
  readonly dies?: Point
  /** Not captured there, though it passed. */
  readonly missedBy?: Point
  /** Captured there alone, at that time. */
  readonly onlyAt?: Point
  /** Later at the points behind the first, in milliseconds. */
  readonly late?: number
  /** Other sizes at the points behind the first: [from, length] each, for what a network card cuts up. */
  readonly pieces?: readonly (readonly [number, number])[]
}

interface Network {
  /** Milliseconds by which clocks are ahead. */
  readonly clocks?: Partial<Record<Point, number>>
  /** Address and port of the server, as seen at `peer`. */
  readonly nat?: boolean
  /** `node` sees both sides of it: what goes to the service, and to the pod. */
  readonly bothLegs?: boolean
  /** Each packet twice at `node`; of one connection alone by its port. */
  readonly twice?: boolean | number | 'whole'
}

/** One capture of all points. */
function captured(
  sent: readonly Sent[],
  { clocks = {}, nat = false, bothLegs = false, twice = false }: Network = {},
): TestCapture {
  const seen: { time: number; interfaceId: number; segment: TcpSegment; translated: boolean }[] = []
  let ipId = 1
  for (const each of sent) {
    const { fromA = true, seq = 0, payloadLength = 0 } = each
    const way = fromA ? POINTS : POINTS.toReversed()
    const common = { window: 500, options: [], flags: ack, ack: 1, ipId: (ipId += 10), ...each, fromA, seq }
    for (const [i, point] of way.entries()) {
      const pieces = i > 0 && each.pieces ? each.pieces : [[seq, payloadLength] as const]
      const time = each.onlyAt
        ? each.at + (clocks[point] ?? 0)
        : each.at + i + (i > 0 ? (each.late ?? 0) : 0) + (clocks[point] ?? 0)
      const interfaceId = POINTS.indexOf(point)
      if (each.missedBy !== point && (each.onlyAt ?? point) === point) {
        for (const [n, [from, length]] of pieces.entries()) {
          // As network cards number them.
          const segment = { ...common, ipId: common.ipId + n, seq: from, payloadLength: length }
          const sighting = { interfaceId, segment, translated: nat && point === 'peer' }
          const isNode = point === 'node'
          if (isNode && bothLegs) seen.push({ ...sighting, translated: !fromA, time: time - 0.01 })
          seen.push({ ...sighting, translated: sighting.translated || (isNode && bothLegs && fromA), time })
          if (isNode && (twice === true || twice === each.portA)) seen.push({ ...sighting, time: time + 0.01 })
          const whole = { ...common, payloadLength }
          if (isNode && twice === 'whole' && n === 0) seen.push({ ...sighting, segment: whole, time: time - 0.01 })
        }
      }
      if (each.dies === point) break
    }
  }
  const capture = new TestCapture(POINTS)
  seen.sort((a, b) => a.time - b.time)
  for (const { time, interfaceId, segment, translated } of seen) {
    const { bytes, length } = tcpFrame(segment)
    // A service's address becomes that of a pod.
    if (translated) bytes.set([10, 244, 0, 9], segment.fromA ? 30 : 26)
    capture.add(START + BigInt(Math.round(time * MS)), bytes, { interfaceId, length })
  }
  return capture
}

const hops = (capture: TestCapture): HopReport => hopsOf([{ name: 'capture', tables: capture }])

/** `{'pod > node': 1}`: what was lost on each hop, and where that was seen last. */
function lostOn({ hops: found, points }: HopReport): Record<string, number> {
  const lossy = found.filter(({ lost }) => lost > 0)
  return Object.fromEntries(lossy.map(({ from, to, lost }) => [`${points[from].name} > ${points[to].name}`, lost]))
}

const HANDSHAKE: readonly Sent[] = [
  { at: 0, flags: syn, seq: 100, ack: 0 },
  { at: 3, fromA: false, flags: syn | ack, seq: 900, ack: 101 },
  { at: 6, seq: 101, ack: 901 },
]
/** `count` segments of 100 bytes, five milliseconds apart, each answered with 10. */
const exchange = (count: number, at = 10, seq = 101): Sent[] =>
  Array.from({ length: count }, (_, i) => {
    const next = seq + 100 * i
    const answer = 901 + (next - 101) / 10
    return [
      { at: at + 5 * i, seq: next, ack: answer, payloadLength: 100 },
      { at: at + 5 * i + 2.5, fromA: false, seq: answer, ack: next + 100, payloadLength: 10 },
    ]
  }).flat()
/** A segment that dies behind `dies`, and comes again 20 ms later, after three exchanges and before three more. */
const lostBehind = (dies: Point): Sent[] => {
  const lost = { at: 30, seq: 401, ack: 931, payloadLength: 100 }
  return [...HANDSHAKE, ...exchange(3), { ...lost, dies }, { ...lost, at: 50 }, ...exchange(3, 60, 401).slice(1)]
}

/** Another connection, with exchanges. */
const other = (at: number, count: number, portA = 40_001): Sent[] =>
  [...HANDSHAKE, ...exchange(count)].map((each) => {
    const own = 100_000 * (portA - 40_000)
    const by = each.fromA === false ? [own + 20_000, own] : [own, own + 20_000]
    const { seq = 0, ack: acked = 0 } = each
    return { ...each, at: at + each.at, portA, seq: seq + by[0], ack: acked === 0 ? 0 : acked + by[1] }
  })

describe('hops', () => {
  it('orders the points by the way of the packets, and loses nothing where nothing is lost', () => {
    const report = hops(captured([...HANDSHAKE, ...exchange(10)]))
    expect(report).toMatchObject({ connections: 1, alone: 0, losses: [] })
    expect(report.hops.map(({ from, to, segments }) => [POINTS[from], POINTS[to], segments])).toEqual([
      ['pod', 'node', 11],
      ['node', 'peer', 11],
      ['peer', 'node', 11],
      ['node', 'pod', 11],
    ])
    for (const { delay } of report.hops) {
      expect(delay).toMatchObject({
        aboveLeast: { p50: 0, p99: 0, max: 0 },
        oneWay: { leastNs: MS, errorNs: MS, aheadNs: 0 },
      })
    }
  })

  it('charges a lost segment to the hop on which it died, with the frame that was seen last and the one that carried it again', () => {
    const report = hops(
      captured([
        ...HANDSHAKE,
        ...exchange(3),
        { at: 30, seq: 401, ack: 931, payloadLength: 100, dies: 'node' },
        { at: 230, seq: 401, ack: 931, payloadLength: 100 },
        ...exchange(3, 240, 501),
      ]),
    )
    expect(lostOn(report)).toEqual({ 'node > peer': 1 })
    expect(report.losses).toMatchObject([{ time: 31 * MS, bytes: 100, toA: false, againAfterNs: 200 * MS }])
    const [{ row, again = 0 }] = report.losses
    expect(again).toBeGreaterThan(row)
  })

  it('tells which of two copies arrived', () => {
    const twice = [
      { at: 30, seq: 401, ack: 931, payloadLength: 100 },
      { at: 230, seq: 401, ack: 931, payloadLength: 100, dies: 'node' as const },
    ]
    const report = hops(captured([...HANDSHAKE, ...exchange(3), ...twice, ...exchange(3, 240, 501)]))
    expect(report.losses).toMatchObject([{ time: 231 * MS, again: undefined }])
  })

  it('tells of each sending that died when the next one passed', () => {
    const sent = [30, 50, 90, 170].map((at) => ({ at, seq: 401, ack: 931, payloadLength: 100, dies: 'node' as const }))
    const report = hops(captured([...HANDSHAKE, ...exchange(3), ...sent, ...other(20, 100)]))
    expect(report.losses.map(({ againAfterNs }) => againAfterNs)).toEqual([20 * MS, 40 * MS, 80 * MS, undefined])
  })

  it('follows what comes back', () => {
    const lost: Sent = { at: 30, fromA: false, seq: 931, ack: 401, payloadLength: 10, dies: 'peer' }
    expect(lostOn(hops(captured([...HANDSHAKE, ...exchange(3), lost, ...exchange(3, 240, 401)])))).toEqual({
      'peer > node': 1,
    })
  })

  it('does not care what clocks say, and tells by how much they differ', () => {
    const report = hops(captured(lostBehind('node'), { clocks: { node: 5_000, peer: -250 } }))
    expect(lostOn(report)).toEqual({ 'node > peer': 1 })
    expect(report.hops.slice(0, 2).map(({ delay }) => delay?.oneWay)).toEqual([
      { leastNs: MS, errorNs: MS, aheadNs: 5_000 * MS },
      { leastNs: MS, errorNs: MS, aheadNs: -5_250 * MS },
    ])
  })

  it('tells how long the slow ones took above the least', () => {
    const slow: Sent = { at: 60, seq: 401, ack: 931, payloadLength: 100, late: 40 }
    const { hops: found } = hops(captured([...HANDSHAKE, ...exchange(3), slow, ...exchange(3, 140, 501)]))
    expect(found.map(({ delay }) => delay?.aboveLeast.max)).toEqual([40 * MS, 0, 0, 0])
  })

  it('sees through a service’s address', () => {
    const report = hops(captured(lostBehind('node'), { nat: true }))
    expect(report).toMatchObject({ connections: 1, alone: 0 })
    expect(lostOn(report)).toEqual({ 'node > peer': 1 })
  })

  it('takes what a point sees on both sides of a NAT for one packet, and what is sent again for two', () => {
    const report = hops(captured([...lostBehind('node'), ...other(50, 100)], { nat: true, bothLegs: true }))
    expect(report).toMatchObject({ connections: 2, alone: 0 })
    expect(lostOn(report)).toEqual({ 'node > peer': 1 })
    expect(report.hops.map(({ missedBytes }) => missedBytes)).toEqual([0, 0, 0, 0])
    expect(hops(captured([...HANDSHAKE, ...exchange(10)], { nat: true, bothLegs: true })).losses).toEqual([])
    const often = captured([...lostBehind('node'), ...other(50, 100)], { nat: true, bothLegs: true, twice: true })
    expect(lostOn(hops(often))).toEqual({ 'node > peer': 1 })
  })

  it('counts bytes, not packets, where a network card cuts up what the host captured', () => {
    const pieces = [
      [401, 100],
      [501, 100],
      [601, 100],
    ] as const
    const large: Sent = { at: 30, seq: 401, ack: 931, payloadLength: 300, pieces }
    expect(hops(captured([...HANDSHAKE, ...exchange(3), large, ...exchange(3, 60, 701)])).losses).toEqual([])
    const without = { ...large, pieces: [pieces[0], pieces[2]] }
    const again: Sent = { at: 50, seq: 501, ack: 931, payloadLength: 100 }
    const report = hops(captured([...HANDSHAKE, ...exchange(3), without, again, ...exchange(3, 60, 701)]))
    expect(report.losses).toMatchObject([{ bytes: 100, time: 30 * MS, againAfterNs: 20 * MS }])
    expect(lostOn(report)).toEqual({ 'pod > node': 1 })
  })

  it('does not charge the network with what a point did not capture', () => {
    const further: Sent = { at: 30, seq: 401, ack: 931, payloadLength: 100, missedBy: 'node' }
    const report = hops(captured([...HANDSHAKE, ...exchange(3), further, ...exchange(3, 60, 501)]))
    expect(report.losses).toEqual([])
    expect(report.hops[0].missedBytes).toBe(100)
    // At the last point only the ACK tells.
    const last: Sent = { at: 30, seq: 401, ack: 931, payloadLength: 100, missedBy: 'peer' }
    const acked: Sent = { at: 34, fromA: false, seq: 931, ack: 501 }
    const other = hops(captured([...HANDSHAKE, ...exchange(3), last, acked, ...exchange(3, 60, 501)]))
    expect(other.losses).toEqual([])
    expect(other.hops[1].missedBytes).toBe(100)
  })

  it('expects nothing at a point that had ended, or not begun', () => {
    const sent = [
      ...HANDSHAKE,
      ...exchange(3),
      ...exchange(3, 100, 401).map((each) => ({ ...each, missedBy: 'peer' as const })),
    ]
    const ended = hops(captured(sent))
    expect(ended.losses).toEqual([])
    expect(ended.hops[1].missedBytes).toBe(0)
    const early = [...HANDSHAKE, ...exchange(3)].map((each) => ({ ...each, missedBy: 'peer' as const }))
    const begun = hops(captured([...early, ...exchange(6, 60, 401)]))
    expect(begun.losses).toEqual([])
    expect(begun.hops[1].missedBytes).toBe(0)
  })

  it('charges SYNs that nobody further on saw to the way that other connections between the two took', () => {
    const refused: Sent[] = [
      { at: 40, portA: 40_001, flags: syn, seq: 7_000, ack: 0, dies: 'node' },
      { at: 60, portA: 40_001, flags: syn, seq: 7_000, ack: 0, dies: 'node' },
    ]
    const report = hops(captured([...HANDSHAKE, ...exchange(3), ...refused, ...exchange(3, 80, 401)]))
    expect(lostOn(report)).toEqual({ 'node > peer': 2 })
    expect(report).toMatchObject({ connections: 2, alone: 0 })
  })

  it('takes what a point sees twice for one packet', () => {
    expect(lostOn(hops(captured(lostBehind('node'), { twice: true })))).toEqual({ 'node > peer': 1 })
  })

  it('does so where it sees it whole at one time and cut up at the other', () => {
    const pieces = [
      [401, 100],
      [501, 100],
      [601, 100],
    ] as const
    const large: Sent = { at: 30, seq: 401, ack: 931, payloadLength: 300, pieces }
    const sent = [...HANDSHAKE, ...exchange(3), large, ...exchange(3, 60, 701)]
    expect(hops(captured(sent, { twice: 'whole' })).losses).toEqual([])
  })

  it('keeps the order of the points where bursts turn it round in one connection', () => {
    const turned = other(200, 3, 40_009).map((each) => ({ ...each, late: -1.5 }))
    const sent = [...HANDSHAKE, ...exchange(3), ...other(50, 3), ...other(100, 3, 40_002), ...turned]
    expect(hops(captured(sent)).hops.map(({ from, to }) => `${POINTS[from]} > ${POINTS[to]}`)).toEqual([
      'pod > node',
      'node > peer',
      'peer > node',
      'node > pod',
    ])
  })

  it('does so of one connection alone', () => {
    const sent = [...lostBehind('node'), ...other(0.3, 3), ...other(0.6, 40, 40_002)]
    expect(lostOn(hops(captured(sent, { twice: 40_001 })))).toEqual({ 'node > peer': 1 })
  })

  it('does not take an ACK for that of what was never sent', () => {
    const challenged: Sent[] = [
      { at: 0, flags: syn, seq: 100, ack: 0 },
      { at: 3, fromA: false, seq: 5_000, ack: 1_000_000_000 },
      { at: 6, flags: rst, seq: 1_000_000_000, ack: 0 },
    ]
    const later = lostBehind('node').map((each) => ({ ...each, at: each.at + 1000 }))
    expect(lostOn(hops(captured([...challenged, ...later.slice(0, -4), ...other(1040, 10)])))).toEqual({
      'node > peer': 1,
    })
    // And never sent again.
    const dead = later.filter(({ at }) => at < 1050)
    expect(lostOn(hops(captured([...challenged, ...dead, ...other(1040, 10)])))).toEqual({ 'node > peer': 1 })
  })

  it('brings captures together that begin more than 2 GiB apart', () => {
    const large = Array.from({ length: 60 }, (_, i): Sent[] => {
      const next = (101 + i * 60_000_000) >>> 0
      return [
        { at: 10 + 10 * i, seq: next, ack: 901 + i * 10, payloadLength: 60_000 },
        { at: 15 + 10 * i, fromA: false, seq: 901 + i * 10, ack: (next + 60_000) >>> 0, payloadLength: 10 },
      ]
    }).flat()
    const near = captured([...HANDSHAKE, ...large].map((each) => ({ ...each, dies: 'pod' as const })))
    const far = captured(large.slice(90).map((each) => ({ ...each, missedBy: 'pod' as const })))
    const report = hopsOf([
      { name: 'near', tables: near },
      { name: 'far', tables: far },
    ])
    expect(report).toMatchObject({ connections: 1, losses: [] })
    expect(report.hops.map(({ missedBytes }) => missedBytes)).toEqual(report.hops.map(() => 0))
  })

  it('follows sequence numbers around', () => {
    const turned = (each: Sent): Sent => {
      const by = each.fromA === false ? { ack: -150 } : { seq: -150 }
      const { seq = 0, ack: acked = 0 } = each
      return { ...each, seq: (seq + (by.seq ?? 0)) >>> 0, ack: acked === 0 ? 0 : (acked + (by.ack ?? 0)) >>> 0 }
    }
    expect(lostOn(hops(captured(lostBehind('pod').map(turned))))).toEqual({ 'pod > node': 1 })
  })

  it('does not join two connections whose SYNs happen to have one sequence number', () => {
    const twin = other(2, 3).map((each) => (each.flags === syn ? { ...each, seq: 100 } : each))
    expect(hops(captured([...HANDSHAKE, ...exchange(3), ...twin]))).toMatchObject({ connections: 2, losses: [] })
  })

  it('joins a capture that holds but the middle of a bulk transfer', () => {
    const bulk = Array.from({ length: 600 }, (_, i) => ({
      at: 10 + i,
      seq: 101 + 1448 * i,
      ack: 901,
      payloadLength: 1448,
    }))
    const whole = captured([...HANDSHAKE, ...bulk].map((each) => ({ ...each, dies: 'pod' as const })))
    const middle = captured(bulk.slice(200, 400).map((each) => ({ ...each, missedBy: 'pod' as const })))
    const sources = [
      { name: 'whole', tables: whole },
      { name: 'middle', tables: middle },
    ]
    expect(hopsOf(sources)).toMatchObject({ connections: 1, alone: 0, losses: [] })
  })

  it('does not join a scan, whose SYNs have one sequence number', () => {
    const scan = Array.from({ length: 100 }, (_, i) => ({
      at: i,
      portA: 41_000 + i,
      flags: syn,
      seq: 1,
      ack: 0,
      dies: 'pod' as const,
    }))
    const report = hops(captured([...HANDSHAKE, ...exchange(3), ...scan]))
    expect(report.connections + report.alone).toBe(101)
  })

  it('joins several captures, and says what they do not share', () => {
    const all = captured(lostBehind('pod'))
    const other = captured([{ at: 0, flags: syn, seq: 5, ack: 0, portA: 9 }])
    const report = hopsOf([
      { name: 'a', tables: all },
      { name: 'b', tables: other },
    ])
    expect(report).toMatchObject({ connections: 2, alone: 0 })
    expect(report.points.map(({ name }) => name)).toEqual(['a pod', 'a node', 'a peer', 'b pod', 'b node', 'b peer'])
    expect(report.losses).toMatchObject([{ source: { name: 'a' } }])
    expect(hopsOf([{ name: 'none', tables: new TestCapture() }])).toMatchObject({ points: [], hops: [], losses: [] })
  })

  it('knows a capture that has but a reset of the connection', () => {
    const reset: Sent = { at: 50, flags: rst, seq: 401, ack: 0 }
    const others = other(60, 10)
    const report = hopsOf([
      { name: 'near', tables: captured([reset, ...others].map((each) => ({ ...each, dies: 'pod' }))) },
      {
        name: 'far',
        tables: captured(
          [...HANDSHAKE, ...exchange(3), reset, ...others].map((each) => ({ ...each, missedBy: 'pod' })),
        ),
      },
    ])
    expect(report).toMatchObject({ connections: 2, alone: 0, made: [] })
  })

  it('does so where another point saw it cut up in between', () => {
    const pieces = [
      [401, 100],
      [501, 100],
    ] as const
    const large: Sent = { at: 30, seq: 401, ack: 931, payloadLength: 200, pieces }
    const sent = [...HANDSHAKE, ...exchange(3), large, ...exchange(3, 60, 601)]
    expect(hops(captured(sent, { twice: 'whole', clocks: { peer: -1.005 } })).losses).toEqual([])
  })

  it('knows a segment whose options were cut, and does not judge what came in fragments', () => {
    const large = (peer: Partial<TcpSegment>): Sent[] => {
      const sent = { at: 30, seq: 401, ack: 931, payloadLength: 1400, options: [1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 1] }
      // `peer` sees another form of it than those before.
      return [
        { ...sent, missedBy: 'peer' },
        { ...sent, ...peer, at: 32, onlyAt: 'peer' },
        { at: 35, fromA: false, seq: 931, ack: 1801, payloadLength: 10 },
      ]
    }
    const after = exchange(3, 60, 401)
      .slice(1)
      .map((each) => (each.fromA === false ? { ...each, ack: 1801 } : { ...each, seq: (each.seq ?? 0) + 1300 }))
    for (const peer of [{ fragment: true }, { snap: 22 }]) {
      const report = hops(captured([...HANDSHAKE, ...exchange(3), ...large(peer), ...after]))
      expect(report.losses).toEqual([])
      expect(report.hops.map(({ missedBytes }) => missedBytes)).toEqual([0, 0, 0, 0])
    }
    // A fragment at another time explains nothing.
    const died = lostBehind('node')
    const fragment: Sent = { at: 55, seq: 401, ack: 931, payloadLength: 1400, fragment: true, onlyAt: 'peer' }
    expect(lostOn(hops(captured([...died, fragment])))).toEqual({ 'node > peer': 1 })
  })

  it('tells where a reset died', () => {
    const reset: Sent = { at: 50, fromA: false, flags: rst, seq: 931, ack: 0 }
    const report = hops(captured([...HANDSHAKE, ...exchange(3), { ...reset, dies: 'peer' }, ...other(60, 10)]))
    expect(lostOn(report)).toEqual({})
    expect(report.losses).toMatchObject([{ kind: 'reset', hop: 2, time: 50 * MS, toA: true }])
    expect(report.hops[2].resets).toEqual({ due: 1, lost: 1, unsure: 0 })
    // All of them come, though one number is used again.
    const each = [50, 52, 54].map((at) => ({ ...reset, at }))
    const whole = hops(
      captured([...HANDSHAKE, ...exchange(3), ...each, ...other(60, 10)], { nat: true, bothLegs: true }),
    )
    expect(whole).toMatchObject({ losses: [], made: [] })
  })

  it('takes a reset that a point sees twice for one, and two at once for two', () => {
    const reset: Sent = { at: 50, flags: rst, seq: 401, ack: 0, ipId: 0 }
    const both = (last: Partial<Sent>) => {
      const sent = [...HANDSHAKE, ...exchange(3), reset, { ...reset, at: 50.05, ...last }, ...other(60, 10)]
      return hops(captured(sent, { twice: true }))
    }
    expect(both({})).toMatchObject({ losses: [], made: [] })
    expect(both({ dies: 'node' })).toMatchObject({ losses: [{ kind: 'reset', time: 51.05 * MS }], made: [] })
  })

  it('tells between which points a reset was made, and not of one that its end made', () => {
    const own: Sent = { at: 50, fromA: false, flags: rst, seq: 931, ack: 0 }
    const data = { seq: 401, ack: 931, payloadLength: 100 }
    const rejected: Sent[] = [
      { ...data, at: 50, dies: 'node' },
      { ...own, at: 51.4, onlyAt: 'node' },
      { ...own, at: 52.4, onlyAt: 'pod' },
    ]
    const report = hops(captured([...HANDSHAKE, ...exchange(3), ...rejected, ...other(60, 10)]))
    expect(report.made.map(({ hop, time }) => [report.hops[hop], time])).toMatchObject([
      [{ from: 2, to: 1 }, 51.4 * MS],
    ])
    expect(hops(captured([...HANDSHAKE, ...exchange(3), own, ...other(60, 10)])).made).toEqual([])
  })

  it('is told in sentences, of each kind the worst hop first', () => {
    const died = [lostBehind('node'), other(40, 3)].flat()
    const lost: Sent = { at: 300, seq: 701, ack: 961, payloadLength: 100, dies: 'pod' }
    // It answers none of them.
    const reset: Sent = { at: 301, fromA: false, flags: rst, seq: 962, ack: 0, onlyAt: 'pod' }
    expect(
      hopSentences(
        hops(captured([...died, lost, { ...lost, at: 320, dies: 'node' }, reset, ...other(400, 10, 40_002)])),
      ),
    ).toEqual([
      '1 reset was made between node and pod, by neither end.',
      '3 segments died: 2 from node to peer and 1 from pod to node.',
    ])
    expect(hopSentences(hops(captured([...HANDSHAKE, ...exchange(3)])))).toEqual([])
  })

  it('is told in numbers that can be read', () => {
    const report = hops(captured([...HANDSHAKE, ...exchange(3), ...lostBehind('node'), ...other(60, 10)]))
    const [loss] = report.losses
    const many = Array.from({ length: 1_234 }, () => ({ ...loss, kind: 'datagram', dns: 'query' }) as const)
    const [hop, ...others] = report.hops
    const missed = { ...hop, datagrams: { due: 5_000, lost: 0, unsure: 1_400 } }
    expect(hopSentences({ ...report, losses: many, queries: 5_000, hops: [missed, ...others] })).toEqual([
      '1,234 of 5,000 DNS queries died on the way from node to peer.',
      '1,400 datagrams were not seen at node, which is known to have missed others: they may have come.',
    ])
  })

  it('tells of a reset that refuses what nobody further on saw', () => {
    const refused: Sent[] = [
      { at: 40, portA: 40_009, flags: syn, seq: 7_000, ack: 0, dies: 'pod' },
      { at: 40.2, portA: 40_009, fromA: false, flags: rst | ack, seq: 0, ack: 7_001, onlyAt: 'pod' },
    ]
    const report = hops(captured([...HANDSHAKE, ...exchange(3), ...refused, ...exchange(3, 80, 401)]))
    expect(report.made.map(({ hop }) => report.hops[hop])).toMatchObject([{ from: 1, to: 0 }])
  })

  it('makes no reset where a point had ended, or is known to have missed other packets', () => {
    const own: Sent = { at: 50, fromA: false, flags: rst, seq: 931, ack: 0, missedBy: 'peer' }
    const gone = [
      ...HANDSHAKE,
      ...exchange(3),
      own,
      ...other(60, 10).map((each) => ({ ...each, missedBy: 'peer' as const })),
    ]
    expect(hops(captured(gone)).made).toEqual([])
    const missed: Sent = { at: 30, seq: 401, ack: 931, payloadLength: 100, missedBy: 'node' }
    const resets = Array.from({ length: 20 }, (_, i): Sent[] =>
      other(100 + 50 * i, 3, 40_010 + i).concat({
        ...{ at: 145 + 50 * i, portA: 40_010 + i, fromA: false, flags: rst, ack: 0 },
        ...{ seq: 931 + 20_000 + 100_000 * (10 + i), ...(i === 7 && { missedBy: 'node' }) },
      }),
    ).flat()
    const some = hops(captured([...HANDSHAKE, ...exchange(3), missed, ...exchange(3, 60, 501), ...resets]))
    expect(some).toMatchObject({ made: [], losses: [] })
  })

  it('ends with FINs, which are followed as well', () => {
    const closed: Sent[] = [
      { at: 50, flags: fin | ack, seq: 401, ack: 931, dies: 'node' },
      { at: 260, flags: fin | ack, seq: 401, ack: 931 },
      { at: 270, fromA: false, flags: fin | ack, seq: 931, ack: 402 },
    ]
    expect(lostOn(hops(captured([...HANDSHAKE, ...exchange(3), ...closed])))).toEqual({ 'node > peer': 1 })
  })
})
