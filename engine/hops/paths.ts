import { CHUNK_ROWS, FLAG } from '../columns/packet-table.ts'
import { VERDICT } from '../tcp/verdicts.ts'
import type { Member } from './connections.ts'
import { flowPathOf, isUdp } from './datagrams.ts'
import { directionOf, type Leg, legsOf, rowsOf, TO_A, TO_B } from './legs.ts'
import { addressesOf, type CapturePoint, firstSighting, type HopTables, type PointSource } from './points.ts'
import { Run, takes } from './runs.ts'

/** A connection with what each point saw of it; undefined = nothing. */
export interface Path {
  readonly members: readonly Member[]
  readonly kind: 'segment' | 'datagram'
  /** The direction of DNS queries; undefined where it is not DNS. */
  readonly asks: number | undefined
  /** By direction, then by point. */
  readonly runs: readonly (readonly (Run | undefined)[])[]
  /** The same of resets, which take up no sequence numbers and are not acknowledged. */
  readonly resets: readonly (readonly (Run | undefined)[])[]
  /** Whether what ends with the sequence number did arrive in that direction, as ACKs or answers tell. */
  readonly arrived: (direction: number, to: number) => boolean
  /** By direction, then by point: when something came of which it can't be told what it is, in order of time. */
  readonly unread: readonly (readonly (readonly number[] | undefined)[])[]
  /** Points in the order in which its first direction passes them: see `arrange`. */
  order: readonly number[]
}

const DIRECTIONS = [TO_B, TO_A] as const

/** Where a connection has more copies than one in so many segments, the point sees it more than once. */
const DOUBLED = 4
/** Sequence numbers wrap here, and of two it is told which is ahead as long as they are less than half of it apart. */
const TURN = 2 ** 32
/** Above the length of any segment. */
const LENGTHS = 2 ** 20
/** Segments to compare by. */
const MOST_KNOWN = 2 ** 22

/** What one capture saw of a connection, by direction. */
interface View {
  /** By point. */
  readonly runs: readonly (Run | undefined)[][]
  readonly resets: readonly (Run | undefined)[][]
  readonly acks: readonly number[][]
}

/** `numbers`: by capture and interface, which point that is. */
export function pathOf(
  members: readonly Member[],
  points: readonly CapturePoint[],
  numbers: ReadonlyMap<PointSource, ReadonlyMap<number, number>>,
): Path {
  const [{ source, conversation }] = members
  if (isUdp(source.tables, conversation)) return flowPathOf(members, points, numbers)
  /** Of each direction the first sequence number seen. */
  const bases: [number | undefined, number | undefined] = [undefined, undefined]
  const views = Array.from(
    Map.groupBy(members, ({ source }) => source),
    ([source, own]) => viewOf(own, source.tables, numbers.get(source) ?? new Map<number, number>(), points, bases),
  )
  const runs = DIRECTIONS.map((direction) => {
    anchor(views, direction)
    return points.map((_, point) => views.find((view) => view.runs[direction][point])?.runs[direction][point])
  })
  const resets = DIRECTIONS.map((direction) =>
    points.map((_, point) => views.find((view) => view.resets[direction][point])?.resets[direction][point]),
  )
  const acked = DIRECTIONS.map((direction) => {
    // An ACK of what nobody sent answers another connection: a challenge ACK (RFC 5961) of one that the peer still has open.
    const sent = runs[direction].reduce((most, run) => Math.max(most, run?.end ?? -Infinity), -Infinity)
    let highest = -Infinity
    for (const { acks } of views) for (const each of acks[direction]) if (each <= sent && each > highest) highest = each
    return highest
  })
  const arrived = (direction: number, to: number) => acked[direction] >= to
  const unread = DIRECTIONS.map((direction) => points.map((point) => fragmentsAt(point, members, direction)))
  return { members, kind: 'segment', asks: undefined, runs, resets, arrived, unread, order: [] }
}

function viewOf(
  own: readonly Member[],
  tables: HopTables,
  known: ReadonlyMap<number, number>,
  points: readonly CapturePoint[],
  bases: (number | undefined)[],
): View {
  const { packets } = tables
  const runs: (Run | undefined)[][] = [[], []]
  const resets: (Run | undefined)[][] = [[], []]
  const seenResets = new SeenResets()
  /** By point and direction, how often the point sees each packet. */
  const sightings = new Map<string, number>()
  /** By point and direction, the leg on which they are counted. */
  const resetLegs = new Map<string, number>()
  const acks: number[][] = [[], []]
  const newest = [0, 0]
  const rows = rowsOf(own)
  const legs = legsOf(own, tables)
  const tallies = tallied(rows, legs, tables)
  const seen = new SeenPackets()
  /** Sequence numbers wrap: each is the one that is nearest to the newest. */
  const unwrapped = (direction: number, base: number, seq: number) => {
    const wrapped = (base + newest[direction]) | 0
    return newest[direction] + ((seq - wrapped) | 0)
  }
  for (const row of rows) {
    const chunk = packets.chunk(row)
    const i = row % CHUNK_ROWS
    const tally = tallies.get(chunk.interface[i])
    const point = known.get(chunk.interface[i])
    const leg = legs.get(chunk.conversation[i])
    if (!tally || !leg || point === undefined) continue
    const flags = chunk.flags[i]
    const direction = directionOf(flags, leg)
    const length = takes(flags, chunk.payloadLength[i])
    if (length > 0) {
      const from = unwrapped(direction, (bases[direction] ??= chunk.seq[i]), chunk.seq[i])
      newest[direction] = Math.max(newest[direction], from)
      const isKept = leg.number === tally.legs[direction]
      const time = chunk.time[i]
      const isNew = () =>
        !tally.seesTwice || seen.add(point, direction, firstSighting(tables, row), from, from + length, time)
      if (isKept && isNew()) {
        const run = (runs[direction][point] ??= new Run())
        run.add(from, from + length, time + points[point].offset, row)
      }
    }
    if ((flags & FLAG.rst) !== 0) {
      const place = `${point} ${direction}`
      if (!resetLegs.has(place)) resetLegs.set(place, leg.number)
      if (tally.seesTwice && !sightings.has(place)) {
        sightings.set(place, sightingsOf(rows, legs, tables, chunk.interface[i], direction))
      }
      const count = sightings.get(place)
      const isNew = () => count === undefined || seenResets.add(place, chunk.seq[i], chunk.time[i], count)
      if (resetLegs.get(place) === leg.number && isNew()) {
        const run = (resets[direction][point] ??= new Run())
        run.add(chunk.seq[i], chunk.seq[i] + 1, chunk.time[i] + points[point].offset, row)
      }
    }
    const back = bases[1 - direction]
    if ((flags & FLAG.ack) !== 0 && (flags & FLAG.rst) === 0 && back !== undefined) {
      acks[1 - direction].push(unwrapped(1 - direction, back, chunk.ack[i]))
    }
  }
  return { runs, resets, acks }
}

/** So soon nothing is sent again: see TWIN_NS of the kernel. */
const TWIN_NS = 0.2e6

/** What points that see packets more than once have seen: also those that they see cut up, or joined, the other time. */
class SeenPackets {
  /** By point and first sighting, and by point and direction: ranges of sequence numbers and when the last of them was. */
  readonly #packets = new Map<string, [from: number, to: number][]>()
  readonly #last = new Map<string, { readonly from: number; readonly to: number; readonly time: number }>()

  /** False if the point saw it before. */
  add(point: number, direction: number, first: number, from: number, to: number, time: number): boolean {
    const last = this.#last.get(`${point} ${direction}`)
    const isTwin = last?.from === from && last.to === to && time - last.time < TWIN_NS
    const key = `${point} ${first}`
    const known = this.#packets.get(key) ?? []
    if (isTwin || known.some((range) => range[0] <= from && range[1] >= to)) return false
    known.push([from, to])
    this.#packets.set(key, known)
    this.#last.set(`${point} ${direction}`, { from, to, time })
    return true
  }
}

/** Resets at points that see packets more than once. No verdict says which are the same: IP IDs are 0, and a host sends alike ones at once. */
class SeenResets {
  /** By point, direction and number: when it was seen first, and how often since. */
  readonly #seen = new Map<string, { readonly since: number; count: number }>()

  /** False if it is one that the point, which sees each packet `sightings` times, saw before. */
  add(place: string, seq: number, time: number, sightings: number): boolean {
    const key = `${place} ${seq}`
    const known = this.#seen.get(key)
    if (known && known.count < sightings && time - known.since < TWIN_NS) {
      known.count++
      return false
    }
    this.#seen.set(key, { since: time, count: 1 })
    return true
  }
}

/** How often the interface sees most segments of the connection that go in the direction. */
function sightingsOf(
  rows: Uint32Array,
  legs: ReadonlyMap<number, Leg>,
  tables: HopTables,
  id: number,
  direction: number,
): number {
  const counts = new Map<number, number>()
  for (const row of rows) {
    const chunk = tables.packets.chunk(row)
    const i = row % CHUNK_ROWS
    const leg = legs.get(chunk.conversation[i])
    if (!leg || chunk.interface[i] !== id || directionOf(chunk.flags[i], leg) !== direction) continue
    if (takes(chunk.flags[i], chunk.payloadLength[i]) === 0) continue
    const first = firstSighting(tables, row)
    counts.set(first, (counts.get(first) ?? 0) + 1)
  }
  const packets = Map.groupBy(counts.values(), (count) => count)
  return Array.from(packets).reduce((best, [count, { length }]) => (length > best.length ? { count, length } : best), {
    count: Infinity,
    length: 0,
  }).count
}

/** When fragments came to the point from the one end of the connection for the other, in order of time. */
function fragmentsAt(
  { source, fragments }: CapturePoint,
  members: readonly Member[],
  direction: number,
): readonly number[] | undefined {
  if (fragments.size === 0) return undefined
  const own = members.filter((member) => member.source === source)
  const keys = own.map(({ conversation, flipped }) =>
    addressesOf(source.tables, conversation, flipped !== (direction === TO_A)),
  )
  return Array.from(new Set(keys), (key) => fragments.get(key) ?? [])
    .flat()
    .sort((a, b) => a - b)
}

/** What an interface saw of a connection. */
interface Tally {
  /** It sees the connection's packets more than once, as a bridge and its port do under `-i any`: what comes again is the same packet. */
  readonly seesTwice: boolean
  /** By direction, the leg of which it saw most: what it saw of another is the same packets on the other side of the NAT. */
  readonly legs: readonly number[]
}

/** By interface. */
function tallied(rows: Uint32Array, legs: ReadonlyMap<number, Leg>, tables: HopTables): ReadonlyMap<number, Tally> {
  const seen = new Map<number, { segments: number; again: number; firsts: Set<string>; bytes: number[][] }>()
  for (const row of rows) {
    const chunk = tables.packets.chunk(row)
    const i = row % CHUNK_ROWS
    const leg = legs.get(chunk.conversation[i])
    if (!leg) continue
    const id = chunk.interface[i]
    let at = seen.get(id)
    if (!at) seen.set(id, (at = { segments: 0, again: 0, firsts: new Set(), bytes: [[], []] }))
    at.segments++
    if (chunk.verdict[i] === VERDICT.copy) {
      const first = firstSighting(tables, row)
      const original = tables.packets.chunk(first)
      const there = legs.get(original.conversation[first % CHUNK_ROWS])
      const isHere = original.interface[first % CHUNK_ROWS] === id && there?.number === leg.number
      if (!added(at.firsts, `${first} ${leg.number}`) || isHere) at.again++
    }
    const bytes = at.bytes[directionOf(chunk.flags[i], leg)]
    bytes[leg.number] = (bytes[leg.number] ?? 0) + takes(chunk.flags[i], chunk.payloadLength[i])
  }
  return new Map(
    Array.from(seen, ([id, { segments, again, bytes }]) => {
      const most = bytes.map((each) => each.reduce((best, count, leg) => (count > (each[best] ?? 0) ? leg : best), 0))
      return [id, { seesTwice: again * DOUBLED > segments, legs: most }]
    }),
  )
}

/** False if it was there already. */
function added<T>(set: Set<T>, value: T): boolean {
  const { size } = set
  return set.add(value).size > size
}

/**
 * Brings captures together that begin more than 2 GiB apart, where it can't be told at first sight which number is ahead: by what
 * two of them saw. Where nothing tells they stay as they are.
 */
function anchor(views: readonly View[], direction: number): void {
  const all = views.flatMap(({ runs }) => runs[direction].flatMap((run) => run ?? []))
  const start = all.reduce((least, run) => Math.min(least, run.start), Infinity)
  const end = all.reduce((most, run) => Math.max(most, run.end), -Infinity)
  if (end - start < TURN / 2) return
  /** By what stands in the header and the length. */
  const known = new Map<number, number>()
  for (const { runs, acks } of views) {
    const own = runs[direction].flatMap((run) => run ?? [])
    const shifts = new Map<number, number>()
    for (const run of own) {
      for (let i = 0; i < run.count; i++) {
        const there = known.get(keyOf(run, i))
        if (there !== undefined) shifts.set(there - run.from[i], (shifts.get(there - run.from[i]) ?? 0) + 1)
      }
    }
    const shift = Array.from(shifts).reduce((best, each) => (each[1] > best[1] ? each : best), [0, 0])[0]
    if (shift !== 0) {
      for (const run of own) run.shift(shift)
      acks[direction].forEach((each, i, list) => (list[i] = each + shift))
    }
    for (const run of own)
      for (let i = 0; i < run.count; i++) if (known.size < MOST_KNOWN) known.set(keyOf(run, i), run.from[i])
  }
}

function keyOf({ from, to }: Run, i: number): number {
  return (from[i] - Math.floor(from[i] / TURN) * TURN) * LENGTHS + (to[i] - from[i])
}
