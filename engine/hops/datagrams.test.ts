import { describe, expect, it } from 'vitest'
import { concat, ethernet, ipv4, text, udp } from '../query/testing/frames.ts'
import { TestCapture } from '../query/testing/test-capture.ts'
import { hopsOf } from './hops.ts'
import type { HopReport } from './report.ts'
import { hopSentences } from './sentences.ts'

const START = 1_800_000_000_000_000_000n

/** Ways of 1 ms to the next: the client's pod, its node and a pod behind the service. */
const POINTS = ['pod', 'node', 'dns-1', 'dns-2'] as const
type Point = (typeof POINTS)[number]

const u16 = (value: number) => [value >> 8, value & 0xff]

const message = (id: number, name: string, answer = false) => {
  const labels = name.split('.').flatMap((label) => [label.length, ...text(label)])
  const record = answer ? [0xc0, 12, ...u16(1), ...u16(1), 0, 0, 0, 30, ...u16(4), 10, 0, 0, 9] : []
  const head = [...u16(id), ...u16(answer ? 0x8180 : 0x100), ...u16(1), ...u16(answer ? 1 : 0), ...u16(0), ...u16(0)]
  return concat(head, labels, [0], u16(1), u16(1), record)
}

interface Sent {
  /** When it passes the first point on its way, in milliseconds. */
  readonly at: number
  readonly payload: Uint8Array
  readonly port?: number
  readonly back?: boolean
  readonly dies?: Point
  readonly missedBy?: Point
  readonly server?: 'dns-1' | 'dns-2'
  /** Sent to its own address, not to the service's. */
  readonly direct?: boolean
  readonly ipId?: number
  /** Bytes that are captured at the points behind the first. */
  readonly snap?: number
  /** What the points behind the first see instead. */
  readonly changed?: readonly Uint8Array[]
}

interface Network {
  /** The service's port; 53 without. */
  readonly service?: number
  /** `node` sees each packet twice, on both sides of the NAT. */
  readonly bothLegs?: boolean
  /** The pods', where it is another. */
  readonly podPort?: number
  /** Milliseconds by which clocks are ahead. */
  readonly clocks?: Partial<Record<Point, number>>
  readonly snap?: number
}

const ADDRESS = { 'dns-1': '10.244.1.9', 'dns-2': '10.244.2.9' } as const

function captured(
  sent: readonly Sent[],
  { service = 53, podPort = service, bothLegs = false, clocks = {} }: Network = {},
): TestCapture {
  const seen: { time: number; interfaceId: number; bytes: Uint8Array; length: number }[] = []
  for (const {
    at,
    payload,
    port = 40_000,
    back = false,
    dies,
    missedBy,
    server = 'dns-1',
    ipId = 0,
    snap,
    changed,
    direct = false,
  } of sent) {
    const way: Point[] = ['pod', 'node', server]
    if (back) way.reverse()
    for (const [i, point] of way.entries()) {
      const frame = (translated: boolean, bytes: Uint8Array) => {
        const address = translated || direct ? ADDRESS[server] : '10.96.0.10'
        const ends = ['10.244.7.5', address]
        const [source, destination] = back ? ends.toReversed() : ends
        const ports = [port, translated ? podPort : service]
        const [from, to] = back ? ports.toReversed() : ports
        return ethernet(0x800, ipv4({ source, destination, protocol: 17, id: ipId }, udp(from, to, bytes)))
      }
      const time = at + i + (clocks[point] ?? 0)
      const add = (translated: boolean, late: number) => {
        for (const payloads of i > 0 && changed ? changed : [payload]) {
          const bytes = frame(translated, payloads)
          const kept = i > 0 && snap !== undefined ? bytes.subarray(0, 42 + snap) : bytes
          seen.push({ time: time + late, interfaceId: POINTS.indexOf(point), bytes: kept, length: bytes.length })
        }
      }
      if (missedBy !== point) {
        if (point === 'node' && bothLegs) add(false, back ? 0.02 : 0)
        add(point !== 'pod', point === 'node' && !back ? 0.01 : 0)
      }
      if (dies === point) break
    }
  }
  const capture = new TestCapture(POINTS)
  for (const { time, interfaceId, bytes, length } of seen.sort((a, b) => a.time - b.time)) {
    capture.add(START + BigInt(Math.round(time * 1e6)), bytes, { interfaceId, length })
  }
  return capture
}

const hops = (sent: readonly Sent[], network?: Network): HopReport =>
  hopsOf([{ name: '', tables: captured(sent, network) }])

const lostOn = ({ hops: found, points, losses }: HopReport) =>
  losses.map(({ hop, dns, kind }) => {
    const { from, to } = found[hop]
    return `${dns ?? kind} ${points[from].name} > ${points[to].name}`
  })

/** Lookups that are answered, each from a port of its own, five a second. */
const lookups = (count: number, server: Sent['server'] = 'dns-1', at = 0, port = 41_000): Sent[] =>
  Array.from({ length: count }, (_, i) => {
    const common = { port: port + i, server }
    return [
      { ...common, at: at + 200 * i, payload: message(port + i, 'api.shop') },
      { ...common, at: at + 200 * i + 5, payload: message(port + i, 'api.shop', true), back: true },
    ]
  }).flat()

const query = (at: number, rest: Partial<Sent> = {}): Sent => ({ at, payload: message(7, 'db.shop'), ...rest })
const answer = (at: number, rest: Partial<Sent> = {}): Sent => ({
  at,
  payload: message(7, 'db.shop', true),
  back: true,
  ...rest,
})
const WELL = lookups(100)

describe('hops of DNS', () => {
  it('follow queries and answers through a service’s address, and lose nothing where nothing is lost', () => {
    const report = hops(WELL)
    expect(report).toMatchObject({ connections: 100, alone: 0, losses: [], unanswered: [], queries: 100 })
    expect(report.hops.map(({ from, to, datagrams }) => [POINTS[from], POINTS[to], datagrams.due])).toEqual([
      ['pod', 'node', 100],
      ['node', 'dns-1', 100],
      ['dns-1', 'node', 100],
      ['node', 'pod', 100],
    ])
    expect(report.hops[0].delay?.oneWay?.leastNs).toBeCloseTo(1.005e6, -1)
  })

  it('tell on which hop a query died, and when it was asked again', () => {
    const report = hops([...WELL, query(1_000, { dies: 'pod' }), query(6_000), answer(6_005)])
    expect(lostOn(report)).toEqual(['query pod > node'])
    expect(report.losses).toMatchObject([{ kind: 'datagram', againAfterNs: 5e9, time: 1e9 }])
    expect(report.hops[0].datagrams).toEqual({ due: 102, lost: 1, unsure: 0 })
  })

  it('tell of one of two that left one socket at once, as of a query that nobody asked again', () => {
    const other = { payload: message(8, 'db.shop'), at: 1_000.1 }
    const answered = answer(1_005, { payload: message(8, 'db.shop', true) })
    expect(lostOn(hops([...WELL, query(1_000, { dies: 'pod' }), other, answered]))).toEqual(['query pod > node'])
    expect(lostOn(hops([...WELL, query(1_000, { dies: 'node' })]))).toEqual(['query node > dns-1'])
  })

  it('tell on which hop an answer died', () => {
    const report = hops([...WELL, query(1_000), answer(1_005, { dies: 'node' }), query(6_000), answer(6_005)])
    expect(lostOn(report)).toEqual(['answer node > pod'])
    expect(report.unanswered).toEqual([])
  })

  it('tell what arrived and was not answered, once it is late', () => {
    const report = hops([...WELL, query(1_000)])
    expect(report.losses).toEqual([])
    expect(report.unanswered).toMatchObject([{ point: 2, time: 1_002e6 + 0 }])
    expect(hops([...WELL, query(19_000)]).unanswered).toEqual([])
  })

  it('do not care what clocks say', () => {
    const sent = [...WELL, query(1_000, { dies: 'node' }), query(6_000), answer(6_005)]
    expect(lostOn(hops(sent, { clocks: { node: -3_000, 'dns-1': 700 } }))).toEqual(['query node > dns-1'])
  })

  it('follow a service whose pods are asked at another port, whichever side of the NAT comes first', () => {
    const sent = [...WELL, query(1_000, { dies: 'node' }), query(6_000), answer(6_005)]
    for (const clock of [0, -100]) {
      const report = hops(sent, { podPort: 5353, clocks: { node: clock, 'dns-1': clock } })
      expect(report.queries).toBe(102)
      expect(lostOn(report)).toEqual(['query node > dns-1'])
    }
  })

  it('take what a point sees on both sides of the NAT for one packet', () => {
    const sent = [...WELL, query(1_000, { dies: 'node' }), query(6_000), answer(6_005)]
    const report = hops(sent, { bothLegs: true })
    expect(report.connections).toBe(101)
    expect(lostOn(report)).toEqual(['query node > dns-1'])
    // That nobody asked again is one as well.
    expect(lostOn(hops([...WELL, query(1_000, { dies: 'node' })], { bothLegs: true }))).toEqual(['query node > dns-1'])
  })

  it('charge no pod behind the service with what may have gone to another', () => {
    const both = [...WELL, ...lookups(100, 'dns-2', 100, 42_000)]
    expect(lostOn(hops([...both, query(1_000, { dies: 'pod', server: 'dns-2' })]))).toEqual(['query pod > node'])
    // The node saw to whom it went.
    expect(lostOn(hops([...both, query(1_000, { dies: 'node', server: 'dns-2' })]))).toEqual(['query node > dns-2'])
  })

  it('do not charge the network with what a point did not capture', () => {
    const missed = [...WELL, query(1_000, { missedBy: 'node' }), answer(1_005)]
    expect(lostOn(hops(missed))).toEqual([])
    // The query came, as it was answered; and a point that misses some may have missed another that nobody asked again.
    const unsure = hops([...missed, query(3_000, { port: 40_001, payload: message(9, 'x.shop'), dies: 'pod' })])
    expect(lostOn(unsure)).toEqual([])
    expect(unsure.hops[0].datagrams).toMatchObject({ lost: 0, unsure: 1 })
    expect(hopSentences(unsure)).toEqual([
      '1 datagram was not seen at node, which is known to have missed others: it may have come.',
    ])
    const again = [3_000, 8_000].map((at, i) =>
      query(at, { port: 40_001, payload: message(9, 'x.shop'), ...(i === 0 && { dies: 'pod' }) }),
    )
    expect(lostOn(hops([...missed, ...again]))).toEqual(['query pod > node'])
  })

  it('expect nothing at a point that had ended, or not begun', () => {
    const late = lookups(10, 'dns-1', 21_000, 43_000).map((each) => ({ ...each, missedBy: 'dns-1' as const }))
    expect(hops([...WELL, ...late]).losses).toEqual([])
    const early = lookups(10, 'dns-1', -3_000, 43_000).map((each) => ({ ...each, missedBy: 'node' as const }))
    expect(hops([...early, ...WELL]).losses).toEqual([])
  })

  it('do not take what a resolver asks two servers at once, from one port, for one query', () => {
    const to = (server: 'dns-1' | 'dns-2', i: number) => [
      ...lookups(100, server, 100 * i, 42_000 + 1_000 * i).map((each) => ({ ...each, direct: true })),
      query(1_000 + i / 50, { server, direct: true }),
      answer(1_005 + i / 50, { server, direct: true }),
    ]
    expect(hops([...to('dns-1', 0), ...to('dns-2', 1)]).losses).toEqual([])
  })

  it.each([
    ['seen', {}],
    ['not seen', { missedBy: 'dns' }],
  ])('charge what died of two queries to two servers at once, from one port, which were %s there', (_, seen) => {
    const both = Array.from({ length: 40 }, (_each, i) =>
      (['dns-1', 'dns-2'] as const).flatMap((server, n): Sent[] => {
        const common = { port: 42_000 + i, server, direct: true, ...('missedBy' in seen && { missedBy: server }) }
        const asked = { ...common, at: 200 * i + n / 50, payload: message(i, 'api.shop') }
        if (n === 0 && i % 2 === 1) return [{ ...asked, dies: 'pod' }]
        return [asked, { ...common, at: 200 * i + 5 + n / 50, payload: message(i, 'api.shop', true), back: true }]
      }),
    ).flat()
    const report = hops(both)
    expect(report).toMatchObject({ connections: 80, queries: 80 })
    expect(lostOn(report)).toEqual(Array.from({ length: 20 }, () => 'query pod > node'))
  })
})

describe('hops of other datagrams', () => {
  const STREAM = Array.from({ length: 200 }, (_, i): Sent[] => [
    { at: 10 * i, payload: text(`datagram ${i}`), ipId: i + 1 },
    { at: 10 * i + 5, payload: text(`acknowledged ${i}`), back: true, ipId: i + 1 },
  ]).flat()
  const other = { service: 4433 }

  it('tell where one died', () => {
    const lost = { at: 1_001, payload: text('lost'), ipId: 900, dies: 'node' as const }
    const report = hops([...STREAM, lost], other)
    expect(lostOn(report)).toEqual(['datagram node > dns-1'])
    expect(report.losses).toMatchObject([{ bytes: 4, again: undefined }])
  })

  it('count those that are alike', () => {
    const beats = Array.from({ length: 50 }, (_, i) => ({ at: 1_001 + 10 * i, payload: text('beat'), ipId: 900 + i }))
    expect(hops([...STREAM, ...beats], other).losses).toEqual([])
    const one = beats.map((each, i) => (i === 20 ? { ...each, dies: 'pod' as const } : each))
    expect(hops([...STREAM, ...one], other).losses).toMatchObject([{ time: 1_201e6 }])
  })

  it('do not judge what came in another form: cut by the snap length, or in pieces', () => {
    const long = text('x'.repeat(64))
    expect(hops([...STREAM, { at: 1_001, payload: long, snap: 20 }], other).losses).toEqual([])
    const pieces = [long.subarray(0, 32), long.subarray(32)]
    expect(hops([...STREAM, { at: 1_001, payload: long, changed: pieces }], other).losses).toEqual([])
    // At another time that explains nothing.
    const died = { at: 1_501, payload: text('lost'), dies: 'pod' as const }
    expect(lostOn(hops([...STREAM, { at: 1_001, payload: long, changed: pieces }, died], other))).toEqual([
      'datagram pod > node',
    ])
  })

  it('do not expect a service where a point does not capture it', () => {
    const elsewhere = Array.from({ length: 20 }, (_, i): Sent => ({
      at: 10 * i,
      payload: message(i, 'api.shop'),
      missedBy: 'node',
    }))
    const capture = captured([...STREAM], other)
    const dns = captured(elsewhere)
    const report = hopsOf([
      { name: 'a', tables: capture },
      { name: 'b', tables: dns },
    ])
    expect(report.losses).toEqual([])
  })
})
