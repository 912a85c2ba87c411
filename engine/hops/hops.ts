import { CHUNK_ROWS, FLAG } from '../columns/packet-table.ts'
import { connectionsOf, type Member } from './connections.ts'
import { crossing, delays, quantile, type Reach, strangers } from './crossing.ts'
import { messageId } from './datagrams.ts'
import { TO_A, TO_B } from './legs.ts'
import { arrange, extend } from './order.ts'
import { type Path, pathOf } from './paths.ts'
import { type CapturePoint, pointsOf, type PointSource } from './points.ts'
import { NOTHING, type Run } from './runs.ts'

/** What became of packets on their way from point to point. Times are nanoseconds since the first source's epoch, by each point's own clock. */
export interface HopReport {
  readonly points: readonly CapturePoint[]
  /** Two neighbouring points each, in one direction; those first that are nearest to the ends that opened connections. */
  readonly hops: readonly Hop[]
  readonly losses: readonly Loss[]
  /** DNS queries that came to the last point on their way, and nothing back from there. */
  readonly unanswered: readonly Unanswered[]
  /** DNS queries that the points nearest to who asks saw, of those that pass several. */
  readonly queries: number
  /** Connections, and flows of datagrams, that more than one point saw, and that only one did. */
  readonly connections: number
  readonly alone: number
}

export interface Hop {
  /** Indices into `points`. */
  readonly from: number
  readonly to: number
  /** Segments with payload, SYN or FIN that were seen at `from` and due at `to`. */
  readonly segments: number
  readonly lost: number
  readonly lostBytes: number
  /** Bytes that crossed, as points further on or ACKs tell, but were not captured at `to`. */
  readonly missedBytes: number
  readonly datagrams: DatagramsOnHop
  /** Of the packets that both saw once. Undefined where there are none. */
  readonly delay: HopDelay | undefined
}

/** UDP datagrams that were seen at a hop's first point and due at its second. */
export interface DatagramsOnHop {
  readonly due: number
  readonly lost: number
  /** Not seen at the second point, which is known to have missed other packets: they may have come. */
  readonly unsure: number
}

export interface HopDelay {
  readonly count: number
  /** Over the least: what clocks that differ can't falsify. */
  readonly aboveLeast: { readonly p50: number; readonly p99: number; readonly max: number }
  /**
   * The least time from point to point, half of there and back, known within `errorNs` whatever the clocks read: one way takes at least
   * no time. By how much the clock of `to` is ahead follows from it. Undefined where nothing was seen to come back.
   */
  readonly oneWay: { readonly leastNs: number; readonly errorNs: number; readonly aheadNs: number } | undefined
}

/** A packet where a point saw it. */
export interface SeenPacket {
  readonly source: PointSource
  readonly row: number
  readonly conversation: number
  /** The conversations that are one with it, itself among them. */
  readonly members: readonly Member[]
  /** From the conversation's end B to its end A. */
  readonly toA: boolean
  readonly time: number
}

/** A packet that died on a hop, where it was seen last. */
export interface Loss extends SeenPacket {
  readonly kind: 'segment' | 'datagram'
  /** Of a message of DNS. */
  readonly dns: 'query' | 'answer' | undefined
  /** Index into `hops`. */
  readonly hop: number
  readonly bytes: number
  /** The row with which its bytes passed the same point again, and how much later. */
  readonly again: number | undefined
  readonly againAfterNs: number | undefined
}

export interface Unanswered extends SeenPacket {
  /** Index into `points`. */
  readonly point: number
}

const HOP_KEY = 2 ** 16

/** Joins what the points saw, through NAT and tunnels, and charges each lost packet to the hop on which it died. */
export function hopsOf(sources: readonly PointSource[]): HopReport {
  const points = pointsOf(sources)
  const numbers = new Map(sources.map((source) => [source, new Map<number, number>()]))
  points.forEach((point, i) => numbers.get(point.source)?.set(point.interface, i))
  const paths = connectionsOf(sources).map((members) => pathOf(members, points, numbers))
  arrange(paths)
  extend(paths)

  const measured = new Map<number, number[]>()
  for (const path of paths) {
    for (const { key, near, far } of steps(path)) {
      const found = measured.get(key)
      const samples = delays(near, far)
      if (found) for (const each of samples) found.push(each)
      else measured.set(key, samples)
    }
  }
  for (const samples of measured.values()) samples.sort((a, b) => a - b)

  const hops = new Map<number, Tally>()
  const misses = points.map(({ source, interface: id }) => {
    const { dropped = 0, osDropped = 0 } = source.tables.interfaces[id].statistics ?? {}
    return dropped + osDropped
  })
  const losses: Loss[] = []
  for (const path of paths) {
    for (const { key, near, far, beyond, direction } of steps(path)) {
      const samples = measured.get(key) ?? []
      if (samples.length === 0) continue
      const { from, to } = endsOf(key)
      const unread = path.unread[direction][to] ?? []
      const reach: Reach = {
        from: points[to].from,
        until: points[to].until,
        least: samples[0],
        late: quantile(samples, 0.99) - samples[0],
        unread: path.kind === 'segment' ? unread : ascending([...unread, ...strangers(near, far)]),
      }
      const crossed = crossing(near, far, beyond, (end) => path.arrived(direction, end), reach)
      const hop = hops.get(key) ?? new Tally(hops.size)
      hops.set(key, hop)
      hop.due[path.kind] += crossed.segments
      misses[to] += crossed.missed
      if (path.kind === 'segment') hop.missed += crossed.missed
      for (const { place, bytes, again } of crossed.lost) {
        const packet = packetAt(path, points[from], near.row[place], near.time[place])
        losses.push({
          ...packet,
          kind: path.kind,
          dns: path.asks === undefined ? undefined : path.asks === direction ? 'query' : 'answer',
          hop: hop.index,
          bytes: path.kind === 'segment' ? bytes : lengthOf(packet),
          again: again === undefined ? undefined : near.row[again],
          againAfterNs: again === undefined ? undefined : near.time[again] - near.time[place],
        })
      }
    }
  }
  const tallies = Array.from(hops)
  // Of a segment ACKs tell whether it came; of a datagram nobody does, unless it was asked again.
  const sure = losses.filter(({ kind, hop, again }) => {
    const [key, tally] = tallies[hop]
    const isSure = kind === 'segment' || again !== undefined || misses[endsOf(key).to] === 0
    if (!isSure) tally.unsure++
    return isSure
  })
  for (const { hop, kind, bytes } of sure) {
    tallies[hop][1].lost[kind]++
    if (kind === 'segment') tallies[hop][1].lostBytes += bytes
  }
  const report = tallies.map(([key, { due, lost, lostBytes, missed, unsure }]): Hop => {
    const ends = endsOf(key)
    const datagrams = { due: due.datagram, lost: lost.datagram, unsure }
    const segments = { segments: due.segment, lost: lost.segment, lostBytes, missedBytes: missed }
    return { ...ends, ...segments, datagrams, delay: delayOf(ends, measured) }
  })
  const connections = paths.filter(({ order }) => order.length > 1).length
  return {
    points,
    hops: report,
    losses: sure.sort((a, b) => a.time - b.time),
    ...lookupsOf(paths, points),
    connections,
    alone: paths.length - connections,
  }
}

/** What is counted on a hop. */
class Tally {
  readonly index: number
  readonly due = { segment: 0, datagram: 0 }
  readonly lost = { segment: 0, datagram: 0 }
  lostBytes = 0
  missed = 0
  unsure = 0

  constructor(index: number) {
    this.index = index
  }
}

const ascending = (numbers: number[]): number[] => numbers.sort((a, b) => a - b)

function packetAt({ members }: Path, { source }: CapturePoint, row: number, time: number): SeenPacket {
  const chunk = source.tables.packets.chunk(row)
  const conversation = chunk.conversation[row % CHUNK_ROWS]
  return { source, row, conversation, members, toA: (chunk.flags[row % CHUNK_ROWS] & FLAG.reverse) !== 0, time }
}

function lengthOf({ source, row }: SeenPacket): number {
  return source.tables.packets.chunk(row).payloadLength[row % CHUNK_ROWS]
}

/** An answer may come that late. */
const PATIENCE_NS = 2e9

/** DNS queries, and those among them that arrived at the last point, or beyond, and were not answered from there. */
function lookupsOf(paths: readonly Path[], points: readonly CapturePoint[]): Pick<HopReport, 'queries' | 'unanswered'> {
  const unanswered: Unanswered[] = []
  let queries = 0
  for (const path of paths) {
    const { asks, order, runs, arrived, unread } = path
    if (asks === undefined || order.length < 2) continue
    const way = asks === TO_B ? order : order.toReversed()
    queries += runs[asks][way[0]]?.count ?? 0
    const point = way[way.length - 1]
    const run = runs[asks][point]
    if (!run) continue
    const answers = new Set(
      points.flatMap(({ source: { tables } }, at) =>
        (runs[1 - asks][at]?.row ?? []).map((row) => messageId(tables, row)),
      ),
    )
    const isRead = points.every((_, at) => unread[1 - asks][at] === undefined)
    for (const [place, row] of run.row.entries()) {
      const isLate = run.time[place] + PATIENCE_NS > points[point].until
      const isAnswered = arrived(asks, run.to[place]) || answers.has(messageId(points[point].source.tables, row))
      if (isRead && !isLate && !isAnswered)
        unanswered.push({ ...packetAt(path, points[point], row, run.time[place]), point })
    }
  }
  return { queries, unanswered: unanswered.sort((a, b) => a.time - b.time) }
}

interface Step {
  /** Of the hop. */
  readonly key: number
  readonly direction: number
  readonly near: Run
  readonly far: Run
  /** What the points behind `far` saw. */
  readonly beyond: readonly Run[]
}

function* steps({ runs, order }: Path): Generator<Step> {
  for (const direction of [TO_B, TO_A]) {
    const way = direction === TO_B ? order : order.toReversed()
    for (let i = 0; i + 1 < way.length; i++) {
      const near = runs[direction][way[i]]
      if (!near) continue
      yield {
        key: way[i] * HOP_KEY + way[i + 1],
        direction,
        near,
        far: runs[direction][way[i + 1]] ?? NOTHING,
        beyond: way.slice(i + 2).flatMap((point) => runs[direction][point] ?? []),
      }
    }
  }
}

function endsOf(key: number): { readonly from: number; readonly to: number } {
  return { from: Math.floor(key / HOP_KEY), to: key % HOP_KEY }
}

function delayOf(
  { from, to }: Pick<Hop, 'from' | 'to'>,
  measured: ReadonlyMap<number, readonly number[]>,
): HopDelay | undefined {
  const there = measured.get(from * HOP_KEY + to) ?? []
  if (there.length === 0) return undefined
  const [least] = there
  const back = measured.get(to * HOP_KEY + from)?.[0]
  // Less than no time there and back: a clock was set meanwhile.
  const both = back === undefined || least + back < 0 ? undefined : least + back
  return {
    count: there.length,
    aboveLeast: {
      p50: quantile(there, 0.5) - least,
      p99: quantile(there, 0.99) - least,
      max: there[there.length - 1] - least,
    },
    oneWay: both === undefined ? undefined : { leastNs: both / 2, errorNs: both / 2, aheadNs: least - both / 2 },
  }
}
