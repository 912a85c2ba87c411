import { CHUNK_ROWS, FLAG } from '../columns/packet-table.ts'
import { icmpCodeName, icmpv6CodeName } from '../decode/icmp-names.ts'
import { TRANSPORT } from '../decode/packet.ts'
import { addressKey } from '../query/conversation-names.ts'
import { delays, quantile } from './crossing.ts'
import type { Path } from './paths.ts'
import type { CapturePoint, HopTables } from './points.ts'
import type { Saying } from './report.ts'
import type { Run } from './runs.ts'

// ICMP errors quote ports and sequence number of the packet that was dropped; of a datagram the kernel leaves its digest in place of
// the number. NAT translates what is quoted as well, so each point's errors fit what that point saw.

const UNREACHABLE = 3
const [UNREACHABLE_6, TOO_BIG_6] = [1, 2]
/** An error comes that soon after the packet. */
const SAID_NS = 5e9
/** Seen again so soon it is the same error, as a bridge and its port see it. */
const TWIN_NS = 1e6

/** Whether the row is an ICMP error that says that somebody dropped a packet, as he would not or could not hand it on. */
export function saysDropped({ packets, conversations }: HopTables, row: number): boolean {
  const chunk = packets.chunk(row)
  const type = chunk.window[row % CHUNK_ROWS] >>> 8
  const transport = conversations.transport[chunk.conversation[row % CHUNK_ROWS]]
  // Time exceeded is what traceroute asks for.
  if (transport === TRANSPORT.icmp) return type === UNREACHABLE
  return transport === TRANSPORT.icmpv6 && (type === UNREACHABLE_6 || type === TOO_BIG_6)
}

/** What is quoted: ports, sequence number or digest, and who sent it, to whom the error goes. */
function quotedBy({ packets, conversations }: HopTables, row: number): string {
  const chunk = packets.chunk(row)
  const i = row % CHUNK_ROWS
  const toB = (chunk.flags[i] & FLAG.reverse) === 0
  return `${chunk.seq[i]} ${chunk.ack[i] >>> 0} ${addressKey(conversations, chunk.conversation[i], toB)}`
}

/** By what an error would quote of the packet in that row. */
function quoteOf({ packets, conversations }: HopTables, row: number): string {
  const chunk = packets.chunk(row)
  const i = row % CHUNK_ROWS
  const id = chunk.conversation[i]
  const byB = (chunk.flags[i] & FLAG.reverse) !== 0
  const [source, destination] = [conversations.portA[id], conversations.portB[id]]
  const ports = byB ? destination * 2 ** 16 + source : source * 2 ** 16 + destination
  return `${chunk.seq[i]} ${ports} ${addressKey(conversations, id, byB)}`
}

/** Errors by sequence number, or digest, of what they are about, then by the place in the run of the sending that each answers. */
type Answers = ReadonlyMap<number, ReadonlyMap<number, Saying>>

/** What ICMP errors say of a path's packets in one direction. */
export class Rejected {
  readonly #runs: Path['runs'][number]
  /** By point. */
  readonly #answers: readonly (Answers | undefined)[]
  /** By sequence number, or digest: the point that saw most errors about it, and how many no hop was charged with so far. */
  readonly #told = new Map<number, { readonly point: number; left: number }>()
  /** By two points. */
  readonly #delays = new Map<string, number | undefined>()

  constructor(runs: Path['runs'][number], points: readonly CapturePoint[]) {
    this.#runs = runs
    this.#answers = runs.map((run, point) => run && answersOf(run, points[point]))
    for (const [point, answers] of this.#answers.entries()) {
      for (const [from, { size }] of answers ?? []) {
        if (size > (this.#told.get(from)?.left ?? 0)) this.#told.set(from, { point, left: size })
      }
    }
  }

  /** The error that answers a sending which died behind that point, to charge the hop with it. */
  take(point: number, place: number): Saying | undefined {
    const told = this.#told.get(this.#runs[point]?.from[place] ?? NaN)
    const saying = told && this.#answerTo(point, place, told.point)
    if (saying) told.left--
    return saying
  }

  /** Errors that no hop was charged with: the last point on the way that saw what they are about, and the place of that in its run. */
  *rest(way: readonly number[]): Generator<{ readonly point: number; readonly place: number; readonly error: Saying }> {
    for (const [from, told] of this.#told) {
      if (told.left <= 0) continue
      const point = way.findLast((each) => placesOf(this.#runs[each], from).length > 0)
      if (point === undefined) continue
      const answered = placesOf(this.#runs[point], from).flatMap((place) => {
        const error = this.#answerTo(point, place, told.point)
        return error ? [{ point, place, error }] : []
      })
      yield* answered.slice(-told.left)
    }
  }

  /** By how much the other point sees the same later, in nanoseconds; undefined where no packet tells. */
  #apart(point: number, other: number): number | undefined {
    const key = `${point} ${other}`
    const [run, there] = [this.#runs[point], this.#runs[other]]
    if (!this.#delays.has(key) && run && there) {
      const apart = delays(run, there).sort((a, b) => a - b)
      this.#delays.set(key, apart.length === 0 ? undefined : quantile(apart, 0.5))
    }
    return this.#delays.get(key)
  }

  /** As the point itself saw errors; where it saw none of that number, as `other` did. */
  #answerTo(point: number, place: number, other: number): Saying | undefined {
    const [run, there] = [this.#runs[point], this.#runs[other]]
    if (!run || !there) return undefined
    const from = run.from[place]
    const own = this.#answers[point]?.get(from)
    if (own) return own.get(place)
    const same = sameSending(run, place, there, this.#apart(point, other))
    return same === undefined ? undefined : this.#answers[other]?.get(from)?.get(same)
  }
}

/** Each error answers the last sending before it, of those that no later error answers. */
function answersOf(run: Run, { source, errors }: CapturePoint): Answers | undefined {
  if (errors.size === 0) return undefined
  const { packets } = source.tables
  const found = new Map<number, Map<number, Saying>>()
  for (const [quoted, places] of quotedPlaces(run, source.tables, errors)) {
    let next = places.length
    for (const error of (errors.get(quoted) ?? []).toReversed()) {
      const said = packets.time(error)
      do next--
      while (next >= 0 && packets.time(run.row[places[next]]) > said)
      if (next < 0) break
      const place = places[next]
      if (said - packets.time(run.row[place]) > SAID_NS) {
        next++
        continue
      }
      const known = found.get(run.from[place]) ?? new Map<number, Saying>()
      found.set(run.from[place], known.set(place, { source, row: error, ...saidIn(source.tables, error) }))
    }
  }
  return found
}

/** Places of packets by what an error would quote of them, of those that errors do quote. */
function quotedPlaces(run: Run, tables: HopTables, errors: ReadonlyMap<string, unknown>): Map<string, number[]> {
  const places = new Map<string, number[]>()
  for (const [place, row] of run.row.entries()) {
    const quoted = quoteOf(tables, row)
    if (!errors.has(quoted)) continue
    const known = places.get(quoted)
    if (known) known.push(place)
    else places.set(quoted, [place])
  }
  return places
}

/** In order of time. */
function placesOf(run: Run | undefined, from: number): number[] {
  return run?.holding(from).filter((place) => run.from[place] === from) ?? []
}

/** The place in another run of one of several sendings of the same: the one that is nearest in time, if of those here none is nearer to it. */
function sameSending(run: Run, place: number, other: Run, apart: number | undefined): number | undefined {
  const [here, there] = [run, other].map((each) => placesOf(each, run.from[place]))
  const last = (times: readonly number[], places: readonly number[]) => times[places[places.length - 1]]
  const later = apart ?? last(other.time, there) - last(run.time, here)
  const nearest = (places: readonly number[], times: readonly number[], time: number) =>
    places.reduce(
      (best, each) => (Math.abs(times[each] - time) < Math.abs(times[best] - time) ? each : best),
      places[0],
    )
  const same = nearest(there, other.time, run.time[place] + later)
  return same !== undefined && nearest(here, run.time, other.time[same] - later) === place ? same : undefined
}

/** Whether the point saw an error about what the row holds; with `since`, a time by the capture's epoch, only if it came between that and the row. */
export function wasRejected({ source: { tables }, errors }: CapturePoint, row: number, since?: number): boolean {
  if (errors.size === 0) return false
  const own = errors.get(quoteOf(tables, row)) ?? []
  return since === undefined ? own.length > 0 : own.some((error) => error < row && tables.packets.time(error) >= since)
}

/** Without those that are seen again at once. */
export function addError(errors: Map<string, number[]>, tables: HopTables, row: number): void {
  const quoted = quotedBy(tables, row)
  const known = errors.get(quoted)
  const last = known?.at(-1)
  if (!known) errors.set(quoted, [row])
  else if (last !== undefined && tables.packets.time(row) - tables.packets.time(last) > TWIN_NS) known.push(row)
}

function saidIn({ packets, conversations }: HopTables, row: number): Pick<Saying, 'by' | 'says'> {
  const chunk = packets.chunk(row)
  const i = row % CHUNK_ROWS
  const id = chunk.conversation[i]
  const [type, code] = [chunk.window[i] >>> 8, chunk.window[i] & 0xff]
  const isV6 = conversations.transport[id] === TRANSPORT.icmpv6
  const name = isV6 ? (type === TOO_BIG_6 ? 'packet too big' : icmpv6CodeName(type, code)) : icmpCodeName(type, code)
  return {
    by: conversations.addressText(id, (chunk.flags[i] & FLAG.reverse) !== 0),
    says: (name ?? `unreachable, code ${code}`).toLowerCase(),
  }
}
