import { CHUNK_ROWS } from '../columns/packet-table.ts'
import type { Crossing } from './crossing.ts'
import { delayOf } from './delay.ts'
import { TO_B } from './legs.ts'
import type { Path } from './paths.ts'
import type { CapturePoint } from './points.ts'
import type { Rejected } from './rejections.ts'
import { rejectedByResets } from './reset-rejections.ts'
import type { Hop, HopReport, Loss, MadeReset, Rejection } from './report.ts'
import { endsOf, packetAt, type Step } from './steps.ts'

/** What a point is known to have missed explains as much as this times its share of all packets. */
const TIMES = 10

/** What is counted on a hop. */
class Tally {
  readonly index: number
  readonly from: number
  readonly to: number
  readonly due = { segment: 0, datagram: 0, reset: 0 }
  readonly lost = { segment: 0, datagram: 0, reset: 0 }
  readonly unsure = { segment: 0, datagram: 0, reset: 0 }
  lostBytes = 0
  rejected = 0
  missedBytes = 0

  constructor(index: number, key: number) {
    this.index = index
    const { from, to } = endsOf(key)
    this.from = from
    this.to = to
  }
}

/** Charges hops with what died on them, and with what was made. */
export class Ledger {
  readonly #points: readonly CapturePoint[]
  readonly #hops = new Map<number, Tally>()
  /** By point: packets that it is known to have missed, and all that it should have seen. */
  readonly #missed: number[]
  readonly #due: number[]
  readonly #losses: Loss[] = []
  readonly #made: MadeReset[] = []
  readonly #rejections: Rejection[] = []

  constructor(points: readonly CapturePoint[]) {
    this.#points = points
    this.#missed = points.map(({ source, interface: id }) => {
      const { dropped = 0, osDropped = 0 } = source.tables.interfaces[id].statistics ?? {}
      return dropped + osDropped
    })
    this.#due = points.map(({ segments, datagrams }, i) => segments + datagrams + this.#missed[i])
  }

  /** `rejected`: what ICMP errors say of the path's packets in that direction. */
  add(path: Path, kind: Loss['kind'], { key, near, direction }: Step, crossed: Crossing, rejected?: Rejected): void {
    const hop = this.#hopOf(key)
    hop.due[kind] += crossed.segments
    this.#missed[hop.to] += crossed.missedPackets
    this.#due[hop.to] += crossed.missedPackets
    if (kind === 'segment') hop.missedBytes += crossed.missed
    // Of others what looks the same may be another.
    const isRepeated = kind === 'segment' || path.asks !== undefined
    for (const { place, bytes, again: next } of crossed.lost) {
      const again = isRepeated ? next : undefined
      const row = near.row[place]
      const { source } = this.#points[hop.from]
      const packet = {
        ...packetAt(path, this.#points[hop.from], row),
        kind,
        dns: path.asks === undefined ? undefined : path.asks === direction ? ('query' as const) : ('answer' as const),
        hop: hop.index,
      }
      const error = rejected?.take(hop.from, place)
      if (error) {
        hop.rejected++
        this.#rejections.push({ ...packet, error, point: hop.from })
        continue
      }
      this.#losses.push({
        ...packet,
        bytes: kind === 'segment' ? bytes : source.tables.packets.chunk(row).payloadLength[row % CHUNK_ROWS],
        again: again === undefined ? undefined : near.row[again],
        againAfterNs: again === undefined ? undefined : near.time[again] - near.time[place],
      })
    }
  }

  /** What ICMP errors say of a path's packets in one direction, and no hop was charged with: they died behind the last point that saw them. */
  addBehind(path: Path, direction: number, rejected: Rejected): void {
    const way = direction === TO_B ? path.order : path.order.toReversed()
    for (const { point, place, error } of rejected.rest(way)) {
      const run = path.runs[direction][point]
      // What was acknowledged was not what the error is about: an ACK without data has the number of what comes behind it.
      if (!run || (path.kind === 'segment' && path.arrived(direction, run.to[place]))) continue
      this.#rejections.push({
        ...packetAt(path, this.#points[point], run.row[place]),
        kind: path.kind,
        dns: path.asks === undefined ? undefined : path.asks === direction ? 'query' : 'answer',
        ...{ error, point, hop: undefined },
      })
    }
  }

  /** `place`: of the reset in the run of the hop's second point. */
  addMade(path: Path, { key, far }: Step, place: number): void {
    const hop = this.#hopOf(key)
    this.#made.push({ ...packetAt(path, this.#points[hop.to], far.row[place]), hop: hop.index })
  }

  report(measured: ReadonlyMap<number, readonly number[]>): Pick<HopReport, 'hops' | 'losses' | 'made' | 'rejections'> {
    const tallies = Array.from(this.#hops.values())
    // Of a segment ACKs tell whether it came; of others nobody does, unless they were sent again.
    const absent = Map.groupBy(this.#losses, ({ hop, kind }) => `${hop} ${kind}`)
    const appeared = Map.groupBy(this.#made, ({ hop }) => hop)
    const made = this.#made.filter(({ hop }) => {
      const count = appeared.get(hop)?.length ?? 0
      return this.#isSure(tallies[hop].from, count, count + tallies[hop].due.reset)
    })
    const rejected = rejectedByResets(this.#losses, made, tallies)
    for (const [loss, reset] of rejected) {
      tallies[loss.hop].rejected++
      const error = { by: senderOf(reset), says: undefined, source: reset.source, row: reset.row }
      this.#rejections.push({ ...loss, error, point: tallies[loss.hop].from })
    }
    const losses = this.#losses.filter((loss) => {
      if (rejected.has(loss)) return false
      const { kind, hop, again } = loss
      const tally = tallies[hop]
      const count = absent.get(`${hop} ${kind}`)?.length ?? 0
      const isSure = kind === 'segment' || again !== undefined || this.#isSure(tally.to, count, tally.due[kind])
      tally[isSure ? 'lost' : 'unsure'][kind]++
      return isSure
    })
    for (const { hop, kind, bytes } of losses) if (kind === 'segment') tallies[hop].lostBytes += bytes
    return {
      hops: tallies.map(({ from, to, due, lost, unsure, lostBytes, missedBytes, rejected }): Hop => {
        const of = (kind: Loss['kind']) => ({ due: due[kind], lost: lost[kind], unsure: unsure[kind] })
        return {
          ...{ from, to, segments: due.segment, lost: lost.segment, lostBytes, missedBytes, rejected },
          ...{ datagrams: of('datagram'), resets: of('reset'), delay: delayOf({ from, to }, measured) },
        }
      }),
      losses: losses.sort((a, b) => a.time - b.time),
      made: made.sort((a, b) => a.time - b.time),
      rejections: this.#rejections.toSorted((a, b) => a.time - b.time),
    }
  }

  /** Whether the point can't just have missed `count` of so many packets, by what else it missed. */
  #isSure(point: number, count: number, of: number): boolean {
    return this.#missed[point] === 0 || count / of > (TIMES * this.#missed[point]) / this.#due[point]
  }

  #hopOf(key: number): Tally {
    const known = this.#hops.get(key)
    if (known) return known
    const hop = new Tally(this.#hops.size, key)
    this.#hops.set(key, hop)
    return hop
  }
}

function senderOf({ source: { tables }, conversation, toA }: MadeReset): string {
  return tables.conversations.addressText(conversation, toA)
}
