import { describe, expect, it } from 'vitest'
import { ethernet, ipv4, text, udp } from '../query/testing/frames.ts'
import { TestCapture } from '../query/testing/test-capture.ts'
import { hopsOf } from './hops.ts'

// Pods ask a server outside of the cluster; their node gives what they send its own address and another port.

const START = 1_800_000_000_000_000_000n
const POINTS = ['web', 'api', 'node', 'server'] as const
type Point = (typeof POINTS)[number]
const ADDRESS = {
  web: '10.244.1.5',
  api: '10.244.2.5',
  job: '10.244.3.5',
  node: '192.168.7.10',
  server: '198.51.100.53',
}

interface Sent {
  /** When it leaves, in milliseconds; each point is a millisecond further. */
  readonly at: number
  /** `job` is captured nowhere. */
  readonly pod: 'web' | 'api' | 'job'
  readonly port: number
  readonly payload: string
  readonly back?: boolean
  /** The last point that sees it. */
  readonly dies?: Point | undefined
  readonly ipId?: number
  readonly service?: number
}

interface Network {
  /** Milliseconds by which clocks are ahead. */
  readonly clocks?: Partial<Record<Point, number>>
  /** The node captures both sides of the NAT. */
  readonly bothSides?: boolean
  /** The node leaves addresses and ports as they are. */
  readonly routed?: boolean
  readonly points?: readonly Point[]
}

function captured(sent: readonly Sent[], { clocks = {}, bothSides = false, routed = false, points = POINTS }: Network) {
  const seen: { time: number; point: Point; bytes: Uint8Array }[] = []
  for (const { at, pod, port, payload, back = false, dies, ipId = 0, service = 53 } of sent) {
    const way: Point[] = pod === 'job' ? ['node', 'server'] : [pod, 'node', 'server']
    if (back) way.reverse()
    for (const [i, point] of way.entries()) {
      const add = (translated: boolean, late = 0) => {
        const asker = translated && !routed ? ADDRESS.node : ADDRESS[pod]
        const ends = [asker, ADDRESS.server]
        const ports = [translated && !routed ? port + 7_000 : port, service]
        const [source, destination] = back ? ends.toReversed() : ends
        const [from, to] = back ? ports.toReversed() : ports
        const bytes = ethernet(
          0x800,
          ipv4({ source, destination, protocol: 17, id: ipId }, udp(from, to, text(payload))),
        )
        seen.push({ time: at + i + late + (clocks[point] ?? 0), point, bytes })
      }
      if (point === 'node' && bothSides) add(back, 0)
      add(point === 'node' ? !(bothSides && back) : point === 'server', point === 'node' && bothSides ? 0.01 : 0)
      if (point === dies) break
    }
  }
  return hopsOf(
    points.map((name) => {
      const capture = new TestCapture([name])
      const own = seen.filter(({ point }) => point === name).sort((a, b) => a.time - b.time)
      for (const { time, bytes } of own) capture.add(START + BigInt(Math.round(time * 1e6)), bytes)
      return { name, tables: capture }
    }),
  )
}

const told = (sent: readonly Sent[], network: Network = {}) => {
  const report = captured(sent, network)
  const lost = report.losses.map(({ hop, dns, kind }) => {
    const { from, to } = report.hops[hop]
    return `${dns ?? kind} ${report.points[from].name} > ${report.points[to].name}`
  })
  return { lost, connections: report.connections, alone: report.alone, unanswered: report.unanswered.length }
}

/** Lookups from ports of their own, twenty a second, that are answered after 5 ms; of `dies` the query or its answer dies. */
const lookups = (pod: Sent['pod'], first: number, count = 40): Sent[] =>
  Array.from({ length: count }, (_, i) => lookup(pod, first + i, 50 * i + first / 1e3)).flat()
const lookup = (pod: Sent['pod'], port: number, at: number, dies: { query?: Point; answer?: Point } = {}): Sent[] => [
  { at, pod, port, payload: `${port} db.shop`, dies: dies.query },
  ...(dies.query ? [] : [{ at: at + 5, pod, port, payload: `${port} is 10.0.0.9`, back: true, dies: dies.answer }]),
]

const WELL = [...lookups('web', 41_000), ...lookups('api', 42_000)]
const LOST = [
  ...lookup('web', 43_000, 1_000, { query: 'web' }),
  ...lookup('api', 43_001, 1_100, { query: 'node' }),
  ...lookup('web', 43_002, 1_200, { answer: 'server' }),
  ...lookup('api', 43_003, 1_300, { answer: 'node' }),
]
const HOPS = ['query web > node', 'query node > server', 'answer server > node', 'answer node > api']

describe('hops of datagrams behind a masquerade', () => {
  it('follow them through it, and lose nothing where nothing is lost', () => {
    expect(told(WELL)).toEqual({ lost: [], connections: 80, alone: 0, unanswered: 0 })
  })

  it.each<[string, Network]>([
    ['', {}],
    [', whatever clocks say', { clocks: { node: -3_000, server: 700 } }],
    [', also where the node sees both sides of it', { bothSides: true }],
  ])('tell on which hop a query or its answer died%s', (_, network) => {
    const { lost, connections } = told([...WELL, ...LOST], network)
    expect(lost.toSorted()).toEqual(HOPS.toSorted())
    expect(connections).toBe(84)
  })

  it('charge no pod with what another asked, of which no capture is', () => {
    const points = ['web', 'node', 'server'] as const
    const own = [...lookups('web', 41_000), ...LOST.filter(({ pod }) => pod === 'web')]
    const { lost, unanswered } = told([...own, ...lookups('job', 44_000)], { points })
    expect(lost).toEqual(['query web > node', 'answer server > node'])
    expect(unanswered).toBe(0)
  })

  it('tell what died from what another pod asked later with the same ids', () => {
    const died = [...lookup('web', 45_000, 1_000, { query: 'web' }), ...lookup('job', 45_000, 1_500)]
    expect(told([...WELL, ...died]).lost).toEqual(['query web > node'])
  })

  it('leave apart what two pods asked with the same ids by chance', () => {
    const chance = [...lookup('web', 45_000, 300), ...lookup('api', 45_000, 900), ...lookup('web', 45_001, 1_500)]
    const { lost, connections, alone } = told([...WELL, ...chance], { routed: true, points: ['web', 'api'] })
    expect({ lost, connections, alone }).toEqual({ lost: [], connections: 0, alone: 83 })
  })

  it('tell alike ones of two pods from each other', () => {
    const beats = (['web', 'api'] as const).flatMap((pod, n) =>
      Array.from({ length: 100 }, (_, i): Sent => {
        const dies = n === 0 && i === 50 ? 'web' : n === 1 && i === 60 ? 'node' : undefined
        return {
          at: 20 * i + 3 * n,
          pod,
          port: 41_000 + n,
          payload: 'beat',
          ipId: 1 + i + 500 * n,
          service: 8125,
          dies,
        }
      }),
    )
    const { lost, connections } = told([...WELL, ...beats])
    expect(lost).toEqual(['datagram web > node', 'datagram node > server'])
    expect(connections).toBe(82)
  })
})
