import { DNS_PORT } from '../application/recognition.ts'
import { CHUNK_ROWS } from '../columns/packet-table.ts'
import { TRANSPORT } from '../decode/packet.ts'
import type { Member } from './connections.ts'
import { hasBetween } from './crossing.ts'
import { directionOf, legsOf, rowsOf, TO_A, TO_B } from './legs.ts'
import type { Path } from './paths.ts'
import type { CapturePoint, HopTables, PointSource } from './points.ts'
import { wasRejected } from './rejections.ts'
import { NOTHING, Run } from './runs.ts'

// UDP has no sequence numbers: in its place stands a digest of the datagram's payload, which is the same at every point. See
// kernel/decode/datagram-digest.ts for what the columns hold.

/** So soon the same is not sent twice in DNS; elsewhere it may be. */
const TWIN_NS = 1e6
/** IP IDs are used again after 65,536 packets. */
const SAME_ID_NS = 1e9
/** Where a flow has more copies than one in so many datagrams, the point sees it more than once. */
const DOUBLED = 4
/** Resolvers have given up by then. */
const ANSWERED_NS = 30e9

export function isUdp({ conversations }: HopTables, conversation: number): boolean {
  return conversations.transport[conversation] === TRANSPORT.udp
}

/** The end that asks has the higher port: the ephemeral ones are behind the well-known. */
export function asksFromB({ conversations: { portA, portB } }: HopTables, conversation: number): boolean {
  return portB[conversation] > portA[conversation]
}

/** Whether it is DNS that the end with the lower port is asked. */
function isDns({ conversations: { portA, portB } }: HopTables, conversation: number): boolean {
  return Math.min(portA[conversation], portB[conversation]) === DNS_PORT
}

/** The id of a DNS message, by which its answer is known. */
export function messageId({ packets }: HopTables, row: number): number {
  return packets.chunk(row).ack[row % CHUNK_ROWS] & 0xffff
}

/** A message of a conversation and its answer have the same. */
export function messageKey(tables: HopTables, conversation: number, row: number): number {
  return conversation * 2 ** 16 + messageId(tables, row)
}

/** As `pathOf`, of a flow of datagrams. */
export function flowPathOf(
  members: readonly Member[],
  points: readonly CapturePoint[],
  numbers: ReadonlyMap<PointSource, ReadonlyMap<number, number>>,
): Path {
  const [{ source, conversation, flipped }] = members
  const asks = asksFromB(source.tables, conversation) === flipped ? TO_B : TO_A
  // Behind the service's address a pod may be asked at another port (OpenShift: 5353).
  const dns = members.some((member) => isDns(member.source.tables, member.conversation))
  /** By direction and point. */
  const views: View[][] = [[], []]
  const forEach = (visit: (view: View, leg: number, row: number) => void) => {
    for (const [{ tables }, own] of Map.groupBy(members, (member) => member.source)) {
      const known = numbers.get(own[0].source)
      const legs = legsOf(own, tables)
      for (const row of rowsOf(own)) {
        const chunk = tables.packets.chunk(row)
        const point = known?.get(chunk.interface[row % CHUNK_ROWS])
        const leg = legs.get(chunk.conversation[row % CHUNK_ROWS])
        if (point === undefined || !leg) continue
        const ofDirection = views[directionOf(chunk.flags[row % CHUNK_ROWS], leg)]
        visit((ofDirection[point] ??= new View(points[point], dns, rejected)), leg.number, row)
      }
    }
  }
  /** Digests of what errors at any point are about. */
  const rejected = new Set<number>()
  forEach((view, leg, row) => view.countLeg(leg, row))
  forEach((view, leg, row) => view.countCopy(leg, row))
  forEach((view, leg, row) => view.add(leg, row))
  const runs = views.map((seen) => points.map((_, point) => seen.at(point)?.run))
  const unread = views.map((seen) => points.map((_, point) => seen.at(point)?.unread))
  const answered = dns ? answeredOf(runs[asks], runs[1 - asks], points) : new Set<number>()
  const arrived = (direction: number, to: number) => direction === asks && answered.has(to - 1)
  return { members, kind: 'datagram', asks: dns ? asks : undefined, runs, resets: [[], []], arrived, unread, order: [] }
}

/** What a point saw of a flow in one direction. */
class View {
  readonly #run = new Run()
  /** When datagrams came that can't be told from others. */
  readonly #unread: number[] = []
  readonly #point: CapturePoint
  readonly #dns: boolean
  readonly #rejected: Set<number>
  readonly #legs: number[] = []
  #recent = new Recent()
  #all = 0
  #copies = 0
  #seesTwice: boolean | undefined

  /** `rejected`: digests of what errors at any point are about, as far as legs were counted. */
  constructor(point: CapturePoint, dns: boolean, rejected: Set<number>) {
    this.#point = point
    this.#dns = dns
    this.#rejected = rejected
  }

  get run(): Run | undefined {
    return this.#run.count > 0 ? this.#run : undefined
  }
  get unread(): readonly number[] | undefined {
    return this.#unread.length > 0 ? this.#unread : undefined
  }

  countLeg(leg: number, row: number): void {
    this.#legs[leg] = (this.#legs[leg] ?? 0) + 1
    if (wasRejected(this.#point, row)) this.#rejected.add(this.#digestOf(row))
  }

  countCopy(leg: number, row: number): void {
    if (!this.#isKept(leg)) return
    this.#all++
    if (this.#isCopy(row)) this.#copies++
  }

  add(leg: number, row: number): void {
    if (!this.#isKept(leg)) return
    if (this.#seesTwice === undefined) {
      this.#seesTwice = this.#copies * DOUBLED > this.#all
      this.#recent = new Recent()
    }
    const chunk = this.#point.source.tables.packets.chunk(row)
    const digest = this.#digestOf(row)
    const time = chunk.time[row % CHUNK_ROWS] + this.#point.offset
    const isCopy = this.#isCopy(row)
    // Without an IP ID it may as well have been sent again, which DNS does not do so soon unless it is rejected, as this point may not have seen.
    const isToldHere = !this.#rejected.has(digest) || wasRejected(this.#point, row)
    const isCertain = (this.#dns && isToldHere) || chunk.ack[row % CHUNK_ROWS] >>> 16 !== 0
    if (digest === 0 || (isCopy && !isCertain)) this.#unread.push(time)
    else if (!isCopy || !this.#seesTwice) this.#run.add(digest, digest + 1, time, row)
  }

  /** Seen on the leg on which most were: those on another one are the same on the other side of a NAT. */
  #isKept(leg: number): boolean {
    const own = this.#legs[leg]
    return this.#legs.every((count, other) => count < own || (count === own && other >= leg))
  }

  #isCopy(row: number): boolean {
    const chunk = this.#point.source.tables.packets.chunk(row)
    const ipId = chunk.ack[row % CHUNK_ROWS] >>> 16
    const time = chunk.time[row % CHUNK_ROWS]
    const before = this.#recent.swap(chunk.seq[row % CHUNK_ROWS] * 2 ** 16 + ipId, time)
    if (before === undefined || time - before >= (ipId === 0 ? TWIN_NS : SAME_ID_NS)) return false
    // Who is told at once that it was dropped sends it anew at once.
    return !wasRejected(this.#point, row, before)
  }

  #digestOf(row: number): number {
    return this.#point.source.tables.packets.chunk(row).seq[row % CHUNK_ROWS]
  }
}

/** When something was last, as far as that is no longer ago than SAME_ID_NS. */
class Recent {
  #since = -Infinity
  #now = new Map<number, number>()
  #before = new Map<number, number>()

  /** Sets it, and says when it was before. */
  swap(key: number, time: number): number | undefined {
    if (time - this.#since > SAME_ID_NS) {
      this.#before = this.#now
      this.#now = new Map()
      this.#since = time
    }
    const last = this.#now.get(key) ?? this.#before.get(key)
    this.#now.set(key, time)
    return last
  }
}

type Runs = readonly (Run | undefined)[]

/** Digests of queries to which an answer came at a point that saw them: they did arrive. */
function answeredOf(queries: Runs, answers: Runs, points: readonly CapturePoint[]): ReadonlySet<number> {
  const found = new Set<number>()
  for (const [point, { source }] of points.entries()) {
    const times = new Map<number, number[]>()
    const all = answers[point] ?? NOTHING
    for (const [place, row] of all.row.entries()) {
      const id = messageId(source.tables, row)
      const known = times.get(id)
      if (known) known.push(all.time[place])
      else times.set(id, [all.time[place]])
    }
    // One id may have come thousands of times, in what is no DNS.
    for (const each of times.values()) each.sort((a, b) => a - b)
    const asked = queries[point] ?? NOTHING
    for (const [place, row] of asked.row.entries()) {
      const come = times.get(messageId(source.tables, row)) ?? []
      if (hasBetween(come, asked.time[place], ANSWERED_NS)) found.add(asked.from[place])
    }
  }
  return found
}
