import { CHUNK_ROWS, FLAG } from '../columns/packet-table.ts'
import { connectionsOf } from './connections.ts'
import { crossing, delays, quantile, type Reach } from './crossing.ts'
import { arrange, extend, fragmentsAt, type Path, pathOf, TO_A, TO_B } from './paths.ts'
import { type CapturePoint, pointsOf, type PointSource } from './points.ts'
import { Run } from './runs.ts'

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

const HOP_KEY = 2 ** 16

/** Joins what the points saw, through NAT and tunnels, and charges each lost segment to the hop on which it died. */
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
        fragments: fragmentsAt(points[to], path, direction),
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
