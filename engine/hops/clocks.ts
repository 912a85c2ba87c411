import { firstPlace } from '../binary-search.ts'
import { CHUNK_ROWS } from '../columns/packet-table.ts'
import { quantile, twins } from './crossing.ts'
import type { Path } from './paths.ts'
import type { CapturePoint } from './points.ts'
import type { MovedClock } from './report.ts'
import { NOTHING, type Run } from './runs.ts'
import { endsOf, hopKey, steps } from './steps.ts'

// Who passes two points bounds by how much the one's clock is ahead: by no more than what the clocks read forth, by no less than what they read back, as no
// way takes less than no time. Where no number fits all packets a clock drifts or was set meanwhile. Then each stretch of packets that one fits has its own
// (after Zhang, Liu and Xia, "Clock synchronization algorithms for network measurements", INFOCOM 2002). Queues, which only make late, move no bound.

/** Captures of one machine contradict each other by less. */
export const SLACK_NS = 100_000
/** Fewer packets of a direction may have been taken for others. */
const LEAST_PACKETS = 3
/** No clock drifts faster: what moves at such a pace was set. */
const MOST_DRIFT = 2e-3

/** One packet at two points. */
interface Bound {
  /** In the capture of the point whose clock it is about. */
  readonly row: number
  readonly time: number
  /** By how much the clock is ahead: at most so much, or at least. */
  readonly ahead: number
  readonly isMost: boolean
}

/** From a row on; by its own clock from `time` on, until `last`. */
interface Stretch {
  readonly row: number
  readonly time: number
  readonly last: number
  readonly least: number
  readonly most: number
  /** Packets that say so. */
  readonly counts: readonly [least: number, most: number]
}

/** How a clock went on from where it stood at first. */
interface Course {
  /** So much more a nanosecond, from `since` on. */
  readonly drift: number
  readonly since: number
  /** By how much it was set in all, from a row on, or a time. */
  readonly moves: readonly { readonly row: number; readonly time: number; readonly by: number }[]
}

const STEADY: Course = { drift: 0, since: 0, moves: [] }

export interface EvenClocks {
  readonly points: readonly CapturePoint[]
  readonly moved: readonly MovedClock[]
  /** Times at a point, as they were had its clock not moved, in ascending order. */
  readonly even: (point: number, times: readonly number[]) => readonly number[]
}

/** Whether clocks can have stood as they did all the while. `measured`: by hop, delays in ascending order. */
export function haveMoved(measured: ReadonlyMap<number, readonly number[]>): boolean {
  return pairsOf(measured).some(({ isMoved }) => isMoved)
}

/** Makes the times of all runs, in place, what they were had no clock moved against the others. */
export function evenClocks(
  paths: readonly Path[],
  points: readonly CapturePoint[],
  measured: ReadonlyMap<number, readonly number[]>,
): EvenClocks {
  const courses: Course[] = points.map(() => STEADY)
  const moved: MovedClock[] = []
  const reached = new Set<number>()
  // What most packets passed first: what is even already is what others are compared with.
  const pairs = pairsOf(measured).sort((a, b) => b.count - a.count)
  const isSetBack = points.map((_, point) => runsBack(paths, point))
  for (;;) {
    const isNext = ({ a, b }: Pair) => reached.has(a) !== reached.has(b)
    const isFirst = ({ a, b }: Pair) => !reached.has(a) && !(isSetBack[a] && isSetBack[b])
    const pair = pairs.find(isNext) ?? pairs.find(isFirst) ?? pairs.find(({ a }) => !reached.has(a))
    if (!pair) break
    const { a, b } = pair
    const isKnown = reached.has(b) || (!reached.has(a) && isSetBack[a])
    const [known, point] = isKnown ? [b, a] : [a, b]
    reached.add(known).add(point)
    const course = courseOf(boundsOf(paths, known, point))
    const { drift, moves } = course
    courses[point] = course
    if (course !== STEADY) setRight(paths, point, course)
    if (pair.isMoved) {
      moved.push({ point, against: known, drift, moves: moves.map(({ time, by }) => ({ time: time - by, byNs: by })) })
    }
  }
  const even = (point: number, times: readonly number[]) =>
    times.map((time) => time - movedBy(courses[point], time)).sort((a, b) => a - b)
  return {
    moved,
    even,
    points: points.map((point, i) => (courses[i] === STEADY ? point : { ...point, ...extentOf(point, courses[i]) })),
  }
}

/** Whether its clock was set back: the others' times are easier to follow. */
function runsBack(paths: readonly Path[], point: number): boolean {
  return paths.some(({ runs }) =>
    runs.some((ofDirection) => {
      const { time } = ofDirection[point] ?? NOTHING
      return time.some((each, i) => i > 0 && each < time[i - 1] - SLACK_NS)
    }),
  )
}

/** When the point's first and last packet came. */
function extentOf({ source, interface: id, offset }: CapturePoint, course: Course) {
  let [from, until] = [Infinity, -Infinity]
  const { packets } = source.tables
  for (const chunk of packets.chunks) {
    const rows = Math.min(CHUNK_ROWS, packets.rows - chunk.first)
    for (let i = 0; i < rows; i++) {
      if (chunk.interface[i] !== id) continue
      const time = chunk.time[i] + offset
      const even = time - movedBy(course, time, chunk.first + i)
      from = Math.min(from, even)
      until = Math.max(until, even)
    }
  }
  return { from, until }
}

interface Pair {
  readonly a: number
  readonly b: number
  readonly count: number
  readonly isMoved: boolean
}

function pairsOf(measured: ReadonlyMap<number, readonly number[]>): Pair[] {
  return Array.from(measured, ([key, there]) => {
    const { from: a, to: b } = endsOf(key)
    const back = measured.get(hopKey(b, a)) ?? []
    return { a, b, count: Math.min(there.length, back.length), isMoved: there[0] + back[0] < -SLACK_NS }
  }).filter(({ a, b, count }) => count > 0 && a < b)
}

/** In the order in which the point saw them. */
function boundsOf(paths: readonly Path[], known: number, point: number): Bound[] {
  const bounds: Bound[] = []
  const add = (own: Run, i: number, other: Run, j: number, isMost: boolean) => {
    bounds.push({ row: own.row[i], time: own.time[i], ahead: own.time[i] - other.time[j], isMost })
  }
  for (const path of paths) {
    for (const { key, near, far } of steps(path)) {
      if (key === hopKey(known, point)) for (const [i, j] of twins(near, far)) add(far, j, near, i, true)
      else if (key === hopKey(point, known)) for (const [i, j] of twins(near, far)) add(near, i, far, j, false)
    }
  }
  return bounds.sort((one, other) => one.row - other.row)
}

function courseOf(bounds: readonly Bound[]): Course {
  const stretches = stretchesOf(bounds)
  if (stretches.length < 2) return STEADY
  const since = stretches[0].time
  // Of a clock that drifts each number fits for a while: between most of them it moves at the same pace.
  const paces = stretches.slice(1).map((stretch, i) => {
    const before = stretches[i]
    return (2 * (middleOf(stretch) - middleOf(before))) / (stretch.time + stretch.last - before.time - before.last)
  })
  const drift = quantile(
    paces.sort((a, b) => a - b),
    0.5,
  )
  const steadied = stretchesOf(bounds.map((bound) => ({ ...bound, ahead: bound.ahead - drift * (bound.time - since) })))
  const isDrift = Math.abs(drift) < MOST_DRIFT && steadied.length < stretches.length
  const [first, ...others] = isDrift ? steadied : stretches
  const moves = others.map((stretch) => {
    return { row: stretch.row, time: stretch.time, by: middleOf(stretch) - middleOf(first) }
  })
  return { drift: isDrift ? drift : 0, since, moves }
}

const middleOf = ({ least, most }: Stretch): number => (least + most) / 2

function stretchesOf(bounds: readonly Bound[]): Stretch[] {
  const all: Stretch[] = []
  let current: Stretch | undefined
  for (const [i, bound] of bounds.entries()) {
    const next = withBound(current, bound)
    if (!current || next.least - next.most <= SLACK_NS) {
      current = next
      continue
    }
    all.push(current)
    // The clock moved after the last packet of the other direction that still fitted; what came since may be of the new stretch.
    let first = i
    const fits = ({ ahead, isMost }: Bound) =>
      isMost !== bound.isMost && (isMost ? bound.ahead - ahead : ahead - bound.ahead) <= SLACK_NS
    while (first > 0 && bounds[first - 1].row >= current.row && fits(bounds[first - 1])) first--
    current = bounds.slice(first, i + 1).reduce<Stretch | undefined>(withBound, undefined)
  }
  if (current) all.push(current)
  return joined(all.filter(({ counts }) => Math.min(...counts) >= LEAST_PACKETS))
}

function withBound(stretch: Stretch | undefined, { row, time, ahead, isMost }: Bound): Stretch {
  const { least, most, counts } = stretch ?? { least: -Infinity, most: Infinity, counts: [0, 0] as const }
  return {
    row: stretch?.row ?? row,
    time: stretch?.time ?? time,
    last: time,
    least: isMost ? least : Math.max(least, ahead),
    most: isMost ? Math.min(most, ahead) : most,
    counts: isMost ? [counts[0], counts[1] + 1] : [counts[0] + 1, counts[1]],
  }
}

/** Neighbours that one number fits are one: what stood between them were a few packets. */
function joined(stretches: readonly Stretch[]): Stretch[] {
  const found: Stretch[] = []
  for (const stretch of stretches) {
    const last = found.at(-1)
    const both = last && {
      ...last,
      last: stretch.last,
      least: Math.max(last.least, stretch.least),
      most: Math.min(last.most, stretch.most),
    }
    if (both && both.least - both.most <= SLACK_NS) found[found.length - 1] = both
    else found.push(stretch)
  }
  return found
}

function setRight(paths: readonly Path[], point: number, course: Course): void {
  for (const { runs, resets } of paths) {
    for (const run of [...runs, ...resets].map((ofDirection) => ofDirection[point])) {
      if (!run) continue
      for (const [i, row] of run.row.entries()) run.time[i] -= movedBy(course, run.time[i], row)
    }
  }
}

function movedBy({ drift, since, moves }: Course, time: number, row?: number): number {
  const move =
    row === undefined
      ? moves.findLast((each) => each.time <= time)
      : moves[firstPlace(0, moves.length, (place) => moves[place].row > row) - 1]
  return drift * (time - since) + (move?.by ?? 0)
}
