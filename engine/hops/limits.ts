import { CHUNK_ROWS } from '../columns/packet-table.ts'
import { countOf, least, listOf, most, printable, sumOf } from '../findings/words.ts'
import type { Member } from './connections.ts'
import { legOf, legsOf, TO_A, TO_B } from './legs.ts'
import type { Path } from './paths.ts'
import type { CapturePoint, HopTables } from './points.ts'
import type { Hop, HopLimits, HopReport } from './report.ts'
import { endsOf, hopKey } from './steps.ts'

// What can't be told, so that silence is not taken for health.

/** Clocks of µs read the same of one packet at both ends of a cable, but not of so many there and back. */
const LEAST_ALIKE = 6
/** So many points are named in a sentence. */
const MOST_NAMED = 5

/** `measured`: by hop, delays in ascending order. */
export function limitsOf(
  paths: readonly Path[],
  points: readonly CapturePoint[],
  measured: ReadonlyMap<number, readonly number[]>,
): HopLimits {
  return {
    same: samePoints(measured),
    groups: groupsOf(paths, points),
    renumbered: renumberedOf(paths),
    twice: seenTwice(paths, points),
  }
}

/** Points between which no packet took any time, forth or back: no two places do that, a capture and its copy do. */
function samePoints(measured: ReadonlyMap<number, readonly number[]>): (readonly [number, number])[] {
  return Array.from(measured).flatMap(([key, forth]) => {
    const { from, to } = endsOf(key)
    const back = measured.get(hopKey(to, from)) ?? []
    if (from > to || Math.min(forth.length, back.length) < LEAST_ALIKE) return []
    const isAlike = [forth, back].every((samples) => samples[0] === samples[samples.length - 1])
    return isAlike && forth[0] + back[0] === 0 ? [[from, to] as const] : []
  })
}

/** Points that are linked by connections, or flows, that they saw in common. */
function groupsOf(paths: readonly Path[], points: readonly CapturePoint[]): number[][] {
  const group = points.map((_, point) => point)
  for (const { order } of paths) {
    for (const point of order.slice(1)) {
      const [one, other] = [group[order[0]], group[point]]
      if (one !== other) for (const [i, each] of group.entries()) if (each === other) group[i] = one
    }
  }
  return Array.from(Map.groupBy(group.keys(), (point) => group[point]).values())
}

/** Numbers of one connection are less apart, if some are missing. */
const FAR = 2 ** 20

/** Whether two points saw in a direction of the connection what has quite other sequence numbers: somebody between changes them. */
export function isRenumbered({ kind, runs }: Path, direction: number, from: number, to: number): boolean {
  const [near, far] = [runs[direction][from], runs[direction][to]]
  if (kind !== 'segment' || !near || !far) return false
  return near.end + FAR < far.start || far.end + FAR < near.start
}

/**
 * Connections that points saw both directions of, and others as well at that time with the same addresses and ports, but none of the same numbers:
 * somebody between answers in the name of the other end. In one capture they are one conversation.
 */
function renumberedOf(paths: readonly Path[]): HopLimits['renumbered'] {
  const byLeg = new Map<string, Path[]>()
  let count = 0
  const seen: [Set<number>, Set<number>] = [new Set(), new Set()]
  const add = (...sides: readonly [readonly number[], readonly number[]]) => {
    count++
    const sorted = sides.toSorted((a, b) => least(a) - least(b))
    for (const [i, side] of sorted.entries()) for (const point of side) seen[i].add(point)
  }
  for (const path of paths) {
    const [there, back] = path.runs.map((runs) => runs.some(Boolean))
    if (path.kind !== 'segment' || !there || !back) continue
    const { order } = path
    const changed = order.slice(1).findIndex((to, i) => {
      return [TO_A, TO_B].some((direction) => isRenumbered(path, direction, order[i], to))
    })
    if (changed >= 0) {
      const sides = [order.slice(0, changed + 1), order.slice(changed + 1)] as const
      // Later in a long connection the numbers are others as well.
      if (isAtOneTime([path, sides[0]], [path, sides[1]])) add(...sides)
      continue
    }
    const legs = path.members.map(({ source, conversation }) => legOf(source.tables, conversation, false))
    for (const leg of new Set(legs.map(unturned))) {
      const known = byLeg.get(leg)
      if (known) known.push(path)
      else byLeg.set(leg, [path])
    }
  }
  for (const all of byLeg.values()) {
    const [one, other] = apart(all)
    if (one && other) add(one.order, other.order)
  }
  return { count, here: ascending(seen[0]), there: ascending(seen[1]) }
}

/** The same for both directions. */
function unturned(leg: string): string {
  const [a, portA, b, portB] = leg.split(' ')
  return a < b || (a === b && portA < portB) ? leg : `${b} ${portB} ${a} ${portA}`
}

/** Two that are. */
function apart(all: readonly Path[]): readonly Path[] {
  for (const [i, one] of all.entries()) {
    const other = all.slice(i + 1).find((each) => isApart(one, each))
    if (other) return [one, other]
  }
  return []
}

/** At the same time at other points. */
function isApart(one: Path, other: Path): boolean {
  return !one.order.some((point) => other.order.includes(point)) && isAtOneTime([one, one.order], [other, other.order])
}

type Seen = readonly [path: Path, points: readonly number[]]

/** Whether what some points saw of a path overlaps in time with what others saw. */
function isAtOneTime(...both: readonly [Seen, Seen]): boolean {
  const [left, right] = both.map(([{ runs }, points]) => {
    const times = runs.flatMap((ofDirection) => points.flatMap((point) => ofDirection[point]?.time ?? []))
    return { from: least(times), until: most(times) }
  })
  return left.from <= right.until && right.from <= left.until
}

/** Connections, and flows, that a point saw on both sides of a NAT: they pass it twice, of which one leg is followed. */
function seenTwice(paths: readonly Path[], points: readonly CapturePoint[]): HopLimits['twice'] {
  const seen = new Set<number>()
  let count = 0
  for (const { members } of paths) {
    if (members.length < 2) continue
    const both = Array.from(Map.groupBy(members, ({ source }) => source)).flatMap(([source, own]) => {
      const ids = seeBothLegs(source.tables, own)
      return points.flatMap((point, i) => (point.source === source && ids.has(point.interface) ? i : []))
    })
    if (both.length > 0) count++
    for (const point of both) seen.add(point)
  }
  return { count, points: ascending(seen) }
}

/** Interfaces that saw a connection under several addresses and ports. */
function seeBothLegs(tables: HopTables, own: readonly Member[]): ReadonlySet<number> {
  const legs = legsOf(own, tables)
  const isOne = new Set(Array.from(legs.values(), ({ number }) => number)).size === 1
  const first = new Map<number, number>()
  const found = new Set<number>()
  for (const { rows, conversation } of isOne ? [] : own) {
    const leg = legs.get(conversation)?.number ?? 0
    for (const row of rows.of(conversation)) {
      const id = tables.packets.chunk(row).interface[row % CHUNK_ROWS]
      const known = first.get(id)
      if (known === undefined) first.set(id, leg)
      else if (known !== leg) found.add(id)
    }
  }
  return found
}

const ascending = (numbers: ReadonlySet<number>): number[] => Array.from(numbers).sort((a, b) => a - b)

/** What is said where no loss is told, of all hops or of one: no more than the points can tell. */
export function nothingText({ limits: { same, groups, renumbered, twice }, hops }: HopReport, hop?: Hop): string {
  const isBlind = hop
    ? [...same, twice.points].some((points) => points.includes(hop.from) && points.includes(hop.to)) ||
      isChangedOn(hop, renumbered)
    : same.length > 0 || groups.length > 1 || renumbered.count + twice.count > 0
  const isUnsure = (hop ? [hop] : hops).some(({ datagrams, resets }) => datagrams.unsure + resets.unsure > 0)
  const verb = isBlind || isUnsure ? 'is known to have been' : 'was'
  return `Nothing ${verb} lost ${hop ? 'on this hop' : 'between the points'}.`
}

function isChangedOn({ from, to }: Hop, { here, there }: HopLimits['renumbered']): boolean {
  return (here.includes(from) && there.includes(to)) || (here.includes(to) && there.includes(from))
}

/** "web and copy are the same capture: ...": what silence does not tell. */
export function limitSentences({ limits: { same, groups, renumbered, twice }, points, hops }: HopReport): string[] {
  const namesOf = (some: readonly number[]) => {
    return listOf(
      some.map((point) => printable(points[point].name)),
      MOST_NAMED,
    )
  }
  const pieces = most(points.map(({ fragments }) => sumOf(Array.from(fragments.values(), ({ length }) => length))))
  const [first, ...others] = groups
  return [
    ...same.map((pair) => {
      return `${namesOf(pair)} are one capture, or were made at one place: no packet took any time between them, so nothing can be told of a way.`
    }),
    ...(renumbered.count === 0
      ? []
      : [
          `${countOf(renumbered.count, 'TCP connection has', 'TCP connections have')} other sequence numbers at ${namesOf(renumbered.there)} than at ${namesOf(renumbered.here)}: something between answers for the ends (a transparent proxy, a SYN proxy). What of them died there may not be told.`,
        ]),
    ...(hops.length === 0 || others.length === 0 || renumbered.count > 0
      ? []
      : [
          `Nothing that ${namesOf(first)} saw was seen at ${namesOf(others.flat())}: they captured other traffic, or what is between makes connections of its own (a proxy, a mesh’s sidecar). What died there is not told.`,
        ]),
    ...(twice.count > 0
      ? [
          `${countOf(twice.count, 'connection or UDP flow', 'connections or UDP flows')} passed ${namesOf(twice.points)} twice, before and after NAT (a pod that asks its own Service, a node port): only one passage is followed, and what died between the two is not told.`,
        ]
      : []),
    ...(pieces > 0
      ? [`${countOf(pieces, 'packet')} came in IP fragments, which are not followed: what of them died is not told.`]
      : []),
    ...(hops.some(({ segments }) => segments > 0) ? ['Bare ACKs are not followed: whether any died is not told.'] : []),
  ]
}
