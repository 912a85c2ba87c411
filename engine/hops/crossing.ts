import { firstPlace } from '../binary-search.ts'
import type { Run } from './runs.ts'

/** Segments on their way from one point to the next. */
export interface Crossing {
  /** That were to be seen at the next point. */
  readonly segments: number
  readonly lost: readonly Lost[]
  /** Sequence numbers that arrived all the same, as points further on or the receiver's ACKs tell, but were not captured at the next point. */
  readonly missed: number
  /** Packets that held them. */
  readonly missedPackets: number
}

/** A segment that was seen at the point and not, or not wholly, at the next one. */
export interface Lost {
  /** Its place in the run. */
  readonly place: number
  /** Sequence numbers of it that were lost. */
  readonly bytes: number
  /** Place in the run of the next segment with its first lost byte, if it was sent again. */
  readonly again: number | undefined
}

/**
 * Clock reading at the next point less that at this one, of segments that both saw once and alike: neither what was sent again (Karn's rule) nor
 * what waited to be joined to others. Where there are none, of those that begin alike.
 */
export function delays(near: Run, far: Run): number[] {
  return twins(near, far).map(([i, j]) => far.time[j] - near.time[i])
}

/** The places of those segments in both runs. */
export function twins(near: Run, far: Run): readonly (readonly [near: number, far: number])[] {
  const alike: (readonly [number, number])[] = []
  const begun: (readonly [number, number])[] = []
  const { order } = far
  let j = 0
  for (let i = 0; i < near.count; i++) {
    const place = near.order[i]
    const from = near.from[place]
    if (!isAlone(near, i)) continue
    while (j < far.count && far.from[order[j]] < from) j++
    if (j >= far.count || far.from[order[j]] !== from || !isAlone(far, j)) continue
    const list = far.to[order[j]] === near.to[place] ? alike : begun
    list.push([place, order[j]])
  }
  return alike.length > 0 ? alike : begun
}

/** No other begins with that byte. */
function isAlone({ order, from }: Run, i: number): boolean {
  const own = from[order[i]]
  return (i === 0 || from[order[i - 1]] !== own) && (i + 1 === order.length || from[order[i + 1]] !== own)
}

/** When the next point captured, and by how much its clock reads more, by the least of all delays. */
export interface Reach {
  readonly from: number
  readonly until: number
  readonly least: number
  /** Nearly all come within this time. */
  readonly late: number
  /** When something came there of which it can't be told what it is, by its clock: what was due about then may have come in it. */
  readonly unread: readonly number[]
}

/** How far from when it is due that may come, besides what the way takes longer at times; nanoseconds. */
const ABOUT = 1e6

/**
 * Which segments of `near` did not come to `far`. Sequence numbers are counted, not packets: hosts capture what their network card cuts up
 * or joins. `beyond`: the points behind `far`. `arrived`: whether the receiver told that what ends with that number did.
 */
export function crossing(
  near: Run,
  far: Run,
  beyond: readonly Run[],
  arrived: (to: number) => boolean,
  reach: Reach,
): Crossing {
  const isDue = (place: number) => {
    const due = near.time[place] + reach.least
    return due >= reach.from && due + reach.late <= reach.until
  }
  const isKnown = (place: number) => {
    if (!isDue(place)) return false
    const { unread, least, late } = reach
    return unread.length === 0 || !hasBetween(unread, near.time[place] + least - late - ABOUT, 2 * (late + ABOUT))
  }
  let segments = 0
  for (let place = 0; place < near.count; place++) if (isDue(place)) segments++
  let missed = 0
  const missedPlaces = new Set<number>()
  const found = new Map<number, { bytes: number; again: number | undefined }>()
  for (const { from, to } of unequal(near, far)) {
    const sent = near.holding(from)
    const came = far.holding(from)
    if (sent.length <= came.length) continue
    // Further on it was seen, or it was acknowledged: it did cross.
    const further = beyond.reduce((most, run) => Math.max(most, run.holding(from).length), 0)
    const crossed = Math.max(came.length, further, came.length === 0 && arrived(to) ? sent.length : 0)
    const gone = unmatched(near, sent, far, came, reach.least)
    const dead = Math.max(0, sent.length - crossed)
    const unseen = gone.slice(dead, dead + crossed - came.length).filter(({ place }) => isKnown(place))
    if (unseen.length > 0) missed += to - from
    for (const { place } of unseen) missedPlaces.add(place)
    for (const { place, again } of gone.slice(0, dead)) {
      if (!isKnown(place)) continue
      const known = found.get(place)
      if (known) known.bytes += to - from
      else found.set(place, { bytes: to - from, again })
    }
  }
  const lost = Array.from(found, ([place, { bytes, again }]) => ({ place, bytes, again }))
  return { segments, lost: lost.sort((a, b) => a.place - b.place), missed, missedPackets: missedPlaces.size }
}

/** Whether an ascending list has a number from `from` on, at most `span` above it. */
export function hasBetween(list: readonly number[], from: number, span: number): boolean {
  const place = firstPlace(0, list.length, (i) => list[i] >= from)
  return place < list.length && list[place] <= from + span
}

/** A sending that none of what came is. */
interface Unmatched {
  readonly place: number
  /** The next sending of the same. */
  readonly again: number | undefined
}

/** The earliest first: each that came is the last one that can have come by then. */
function unmatched(near: Run, sent: readonly number[], far: Run, came: readonly number[], least: number): Unmatched[] {
  const found: Unmatched[] = []
  let arrived = came.length - 1
  for (let i = sent.length - 1; i >= 0; i--) {
    const place = sent[i]
    if (arrived >= 0 && near.time[place] + least <= far.time[came[arrived]]) arrived--
    else found.push({ place, again: sent.at(i + 1) })
  }
  return found.reverse()
}

/** Ranges of sequence numbers, each whole in or out of every segment, that were not seen the same number of times at both. */
function unequal(near: Run, far: Run): { readonly from: number; readonly to: number }[] {
  const rest = [...unlike(near, far), ...unlike(far, near)]
  const edges = Float64Array.from(new Set(rest.flatMap(([from, to]) => [from, to]))).sort()
  const ranges: { from: number; to: number }[] = []
  const inside = rest.sort(([a], [b]) => a - b)
  let until = -Infinity
  let next = 0
  for (let i = 0; i + 1 < edges.length; i++) {
    while (next < inside.length && inside[next][0] <= edges[i]) until = Math.max(until, inside[next++][1])
    if (until > edges[i]) ranges.push({ from: edges[i], to: edges[i + 1] })
  }
  return ranges
}

/** What was not seen equally often with the same ends in the other run. */
function unlike(one: Run, other: Run): [number, number][] {
  const left: [number, number][] = []
  let j = 0
  for (let i = 0; i < one.count;) {
    const from = one.from[one.order[i]]
    const to = one.to[one.order[i]]
    let count = 0
    for (; i < one.count && one.from[one.order[i]] === from && one.to[one.order[i]] === to; i++) count++
    const before = (place: number) => other.from[place] < from || (other.from[place] === from && other.to[place] < to)
    while (j < other.count && before(other.order[j])) j++
    for (; j < other.count && other.from[other.order[j]] === from && other.to[other.order[j]] === to; j++) count--
    if (count !== 0) left.push([from, to])
  }
  return left
}

/** When what `near` did not see at all came to `far`, in order of time. */
export function strangers(near: Run, far: Run): number[] {
  const times: number[] = []
  let j = 0
  for (const place of far.order) {
    while (j < near.count && near.from[near.order[j]] < far.from[place]) j++
    if (j >= near.count || near.from[near.order[j]] !== far.from[place]) times.push(far.time[place])
  }
  return times.sort((a, b) => a - b)
}

/** Of ascending numbers. */
export function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * q) - 1)]
}
