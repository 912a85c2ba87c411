import { CHUNK_ROWS, FLAG } from '../columns/packet-table.ts'
import { addressKey } from '../query/conversation-names.ts'
import { connectionsOf, type Member } from './connections.ts'
import { crossing, delays, type Reach } from './crossing.ts'
import { type CapturePoint, firstSighting, pointsOf, type PointSource } from './points.ts'
import { Run, takes } from './runs.ts'

/** What became of TCP segments on their way from point to point. Times are nanoseconds since the first source's epoch, by each point's own clock. */
export interface HopReport {
  readonly points: readonly CapturePoint[]
  /** Two neighbouring points each, in one direction; those first that are nearest to the ends that opened connections. */
  readonly hops: readonly Hop[]
  readonly losses: readonly Loss[]
  /** Connections that more than one point saw, and that only one did. */
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
  /** Of the segments that both saw once. Undefined where there are none. */
  readonly delay: HopDelay | undefined
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

/** A segment that died on a hop. */
export interface Loss {
  /** Index into `hops`. */
  readonly hop: number
  /** Where it was seen last. */
  readonly source: PointSource
  readonly row: number
  readonly conversation: number
  /** From the conversation's end B to its end A. */
  readonly toA: boolean
  readonly time: number
  readonly bytes: number
  /** The row with which its bytes passed the same point again, and how much later. */
  readonly again: number | undefined
  readonly againAfterNs: number | undefined
}

/** A connection with what each point saw of it; undefined = nothing. */
interface Path {
  readonly members: readonly Member[]
  /** By direction, then by point. */
  readonly runs: readonly (readonly (Run | undefined)[])[]
  /** Highest acknowledgment number, by the direction that it acknowledges. */
  readonly acked: readonly [number, number]
  /** Points in the order in which its first direction passes them. */
  order: readonly number[]
}

const TO_B = 0
const TO_A = 1
const HOP_KEY = 2 ** 16

/** Joins what the points saw, through NAT and tunnels, and charges each lost segment to the hop on which it died. */
export function hopsOf(sources: readonly PointSource[]): HopReport {
  const points = pointsOf(sources)
  const numbers = new Map(sources.map((source) => [source, new Map<number, number>()]))
  points.forEach((point, i) => numbers.get(point.source)?.set(point.interface, i))
  const paths = connectionsOf(sources).map((members) => pathOf(members, points, numbers))
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

  const hops = new Map<number, { index: number; segments: number; lost: number; lostBytes: number; missed: number }>()
  const losses: Loss[] = []
  for (const path of paths) {
    for (const { key, near, far, beyond, direction } of steps(path)) {
      const samples = measured.get(key) ?? []
      if (samples.length === 0) continue
      const { from, to } = endsOf(key)
      const reach: Reach = {
        from: points[to].from,
        until: points[to].until,
        least: samples[0],
        late: quantile(samples, 0.99) - samples[0],
      }
      const crossed = crossing(near, far, beyond, path.acked[direction], reach)
      const hop = hops.get(key) ?? { index: hops.size, segments: 0, lost: 0, lostBytes: 0, missed: 0 }
      hops.set(key, hop)
      hop.segments += crossed.segments
      hop.missed += crossed.missed
      for (const { place, bytes, again } of crossed.lost) {
        hop.lost++
        hop.lostBytes += bytes
        const { source } = points[from]
        const row = near.row[place]
        const { packets } = source.tables
        const chunk = packets.chunk(row)
        losses.push({
          hop: hop.index,
          source,
          row,
          conversation: chunk.conversation[row % CHUNK_ROWS],
          toA: (chunk.flags[row % CHUNK_ROWS] & FLAG.reverse) !== 0,
          time: near.time[place],
          bytes,
          again: again === undefined ? undefined : near.row[again],
          againAfterNs: again === undefined ? undefined : near.time[again] - near.time[place],
        })
      }
    }
  }
  const report = Array.from(hops, ([key, { segments, lost, lostBytes, missed }]): Hop => {
    const ends = endsOf(key)
    return { ...ends, segments, lost, lostBytes, missedBytes: missed, delay: delayOf(ends, measured) }
  })
  const connections = paths.filter(({ order }) => order.length > 1).length
  return {
    points,
    hops: report,
    losses: losses.sort((a, b) => a.time - b.time),
    connections,
    alone: paths.length - connections,
  }
}

function pathOf(
  members: readonly Member[],
  points: readonly CapturePoint[],
  numbers: ReadonlyMap<PointSource, ReadonlyMap<number, number>>,
): Path {
  const runs: [(Run | undefined)[], (Run | undefined)[]] = [[], []]
  const acked: [number, number] = [-Infinity, -Infinity]
  /** Of each direction the first sequence number seen. */
  const bases: [number | undefined, number | undefined] = [undefined, undefined]
  for (const { source, rows, conversation, flipped } of members) {
    const { packets } = source.tables
    const known = numbers.get(source)
    const newest: [number, number] = [0, 0]
    const seen = new Set<string>()
    const isFirst = (...sighting: readonly number[]) => {
      const { size } = seen
      return seen.add(sighting.join(' ')).size > size
    }
    /** Sequence numbers wrap: each is the one that is nearest to the newest. */
    const place = (direction: number, seq: number) => {
      const base = (bases[direction] ??= seq)
      const wrapped = (base + newest[direction]) | 0
      const at = newest[direction] + ((seq - wrapped) | 0)
      newest[direction] = Math.max(newest[direction], at)
      return at
    }
    for (const row of rows.of(conversation)) {
      const chunk = packets.chunk(row)
      const i = row % CHUNK_ROWS
      const point = known?.get(chunk.interface[i])
      if (point === undefined) continue
      const flags = chunk.flags[i]
      const direction = ((flags & FLAG.reverse) !== 0) === flipped ? TO_B : TO_A
      const length = takes(flags, chunk.payloadLength[i])
      if (length > 0) {
        const from = place(direction, chunk.seq[i])
        if (!points[point].seesTwice || isFirst(point, firstSighting(source.tables, row), from, length)) {
          const run = (runs[direction][point] ??= new Run())
          run.add(from, from + length, chunk.time[i] + points[point].offset, row)
        }
      }
      if ((flags & FLAG.ack) !== 0 && (flags & FLAG.rst) === 0 && bases[1 - direction] !== undefined) {
        acked[1 - direction] = Math.max(acked[1 - direction], place(1 - direction, chunk.ack[i]))
      }
    }
  }
  const there = runs[TO_B]
  const back = runs[TO_A]
  const order = orderOf(points.length, there, back)
  return { members, runs, acked, order }
}

/**
 * The points that saw the connection, by how far they are from where its first direction comes from. Half the difference of what clocks
 * read there and back is that way, whatever they are set to; where nothing came back, clocks must do.
 */
function orderOf(points: number, there: readonly (Run | undefined)[], back: readonly (Run | undefined)[]): number[] {
  const saw = Array.from({ length: points }, (_, i) => i).filter((i) => there[i] ?? back[i])
  if (saw.length < 2) return saw
  const most = saw.reduce((a, b) => (countAt(b) > countAt(a) ? b : a))
  function countAt(i: number): number {
    return (there[i]?.count ?? 0) + (back[i]?.count ?? 0)
  }
  const far = new Map(saw.map((i) => [i, i === most ? 0 : awayFrom(most, i)]))
  function awayFrom(from: number, to: number): number {
    const forth = middleOf(there[from], there[to])
    const home = middleOf(back[from], back[to])
    if (forth !== undefined && home !== undefined) return (forth - home) / 2
    return forth ?? (home === undefined ? 0 : -home)
  }
  return saw.sort((a, b) => (far.get(a) ?? 0) - (far.get(b) ?? 0))
}

function middleOf(from: Run | undefined, to: Run | undefined): number | undefined {
  if (!from || !to) return undefined
  const found = delays(from, to).sort((a, b) => a - b)
  return found.length === 0 ? undefined : quantile(found, 0.5)
}

/** What died on its way was not seen further on: it took the way of others between the same addresses. */
function extend(paths: readonly Path[]): void {
  const longest = new Map<string, readonly number[]>()
  const keysOf = ({ members }: Path) =>
    members.map(({ source: { name, tables }, conversation, flipped }) => {
      const a = addressKey(tables.conversations, conversation, flipped)
      const b = addressKey(tables.conversations, conversation, !flipped)
      return a < b ? { key: `${name} ${a} ${b}`, turned: false } : { key: `${name} ${b} ${a}`, turned: true }
    })
  for (const path of paths) {
    for (const { key, turned } of keysOf(path)) {
      if (path.order.length <= (longest.get(key)?.length ?? 1)) continue
      longest.set(key, turned ? path.order.toReversed() : path.order)
    }
  }
  for (const path of paths) {
    for (const { key, turned } of keysOf(path)) {
      const known = longest.get(key)
      const order = turned ? known?.toReversed() : known
      if (order && order.length > path.order.length && path.order.every((point) => order.includes(point))) {
        path.order = order
      }
    }
  }
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

const NOTHING = new Run()

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

/** Of ascending numbers. */
function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * q) - 1)]
}
