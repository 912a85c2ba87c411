import { withComment } from './pcapng-blocks.ts'
import type { PacketBatch } from './segment-packets.ts'

// Packets of several points, put in the order of their times. What is taken out stays out: a packet waits until every other point is known
// to have said all that is older, by a packet of its own or by its pod's clock; but no longer than HOLD_MS, for a point whose node is cut
// off must not stop the others. What such a point says afterwards comes late: it is written where the file is by then, and marked.

/** How long a packet waits for points of which nothing is heard. */
export const HOLD_MS = 2000
/** Of that much and more none is held: whoever adds is to wait. */
export const HOLD_BYTES = 16 << 20

/** Bytes of the point are missing before a packet. */
export interface Gap {
  readonly comment: string
  /** With those that were missing before. */
  readonly lostBytes: number
}

interface Held {
  readonly batch: PacketBatch
  readonly arrived: number
  readonly lostBytes: number | undefined
  next: number
  comment: string | undefined
}

/** How far a point was taken out: so many packets of a segment. */
export interface Taken {
  readonly segment: number
  readonly packet: number
  readonly packets: number
  readonly lostBytes?: number
}

interface Point {
  readonly queue: Held[]
  /** All older packets of the point are here; milliseconds since 1970. */
  reached: number
  /** The newest of it that was taken out. */
  newest: number
  /** The last of it that was taken out came late. */
  late: boolean
}

export interface Merged {
  /** Blocks, one after the other, each at its place. */
  readonly parts: readonly Buffer[]
  readonly packets: number
  /** Those that are older than one written before. */
  readonly late: number
  /** Of which points. */
  readonly points: ReadonlyMap<number, Taken>
  /** Whose last packet is among the parts: their memory is free once the parts are written. */
  readonly done: readonly PacketBatch[]
}

export class PacketMerge {
  readonly #points = new Map<number, Point>()
  /** Bytes that are held. */
  bytes = 0

  /** The others wait for it from now on. */
  join(point: number): void {
    if (this.#points.has(point)) return
    const past = Number.NEGATIVE_INFINITY
    this.#points.set(point, { queue: [], reached: past, newest: past, late: false })
  }

  /** No more will come of it. */
  leave(point: number): void {
    this.reached(point, Number.POSITIVE_INFINITY)
  }

  /** All packets of the point that are older than `time` were added. */
  reached(point: number, time: number): void {
    const known = this.#points.get(point)
    if (known) known.reached = Math.max(known.reached, time)
  }

  add(point: number, batch: PacketBatch, now: number, gap?: Gap): void {
    this.join(point)
    const { comment, lostBytes } = gap ?? {}
    this.#points.get(point)?.queue.push({ batch, arrived: now, lostBytes, next: 0, comment })
    this.reached(point, batch.times.at(-1) ?? 0)
    this.bytes += batch.blocks.length
  }

  /** Whether packets of it wait. */
  holds(point: number): boolean {
    return (this.#points.get(point)?.queue.length ?? 0) > 0
  }

  /** What can be written now; `all`: everything. */
  take(now: number, all = false): Merged {
    const until = all ? Number.POSITIVE_INFINITY : Math.min(...[...this.#points.values()].map(({ reached }) => reached))
    const waitedSince = now - HOLD_MS
    const parts: Buffer[] = []
    const done: PacketBatch[] = []
    const points = new Map<number, Taken>()
    let packets = 0
    let late = 0
    for (;;) {
      let first: Point | undefined
      let number = -1
      let earliest = Number.POSITIVE_INFINITY
      let second = Number.POSITIVE_INFINITY
      for (const [id, point] of this.#points) {
        const [held] = point.queue
        if (!held) continue
        const time = held.batch.times[held.next] ?? 0
        if (time > until && held.arrived > waitedSince) continue
        if (time < earliest) {
          second = earliest
          earliest = time
          first = point
          number = id
        } else if (time < second) second = time
      }
      const held = first?.queue[0]
      if (!first || !held) break
      const { batch, next } = held
      const others = this.#newestBut(first)
      const isLate = earliest < others
      const comment = commentOf(held, isLate && !first.late, others - earliest)
      // As far as it goes without another point's packet between: one piece.
      const most = held.arrived > waitedSince ? Math.min(second, until) : second
      let end = next + 1
      if (comment === undefined) {
        for (; end < batch.times.length; end++) {
          const time = batch.times[end] ?? 0
          if (time > most || (isLate && time >= others)) break
        }
      }
      const piece = batch.blocks.subarray(batch.starts[next], batch.starts[end])
      parts.push(comment === undefined ? piece : withComment(piece, comment))
      held.comment = undefined
      held.next = end
      const before = points.get(number)
      const lostBytes = held.lostBytes ?? before?.lostBytes
      points.set(number, {
        segment: batch.segment,
        packet: batch.first + end,
        packets: (before?.packets ?? 0) + end - next,
        ...(lostBytes === undefined ? {} : { lostBytes }),
      })
      this.bytes -= piece.length
      packets += end - next
      if (isLate) late += end - next
      first.late = isLate
      first.newest = Math.max(first.newest, batch.times[end - 1] ?? 0)
      if (end < batch.times.length) continue
      first.queue.shift()
      done.push(batch)
    }
    return { parts, packets, late, points, done }
  }

  #newestBut(one: Point): number {
    let newest = Number.NEGATIVE_INFINITY
    for (const point of this.#points.values()) if (point !== one) newest = Math.max(newest, point.newest)
    return newest
  }
}

function commentOf({ comment }: Held, late: boolean, lateBy: number): string | undefined {
  if (!late) return comment
  const words = `Hopscope: this packet and those of its point behind it came ${Math.ceil(lateBy)} ms too late to be put in order.`
  return comment === undefined ? words : `${comment} ${words}`
}
