import { SparseColumns } from '../columns/sparse-columns.ts'
import type { PacketChunk, PacketTable } from '../columns/packet-table.ts'
import type { Kernel } from '../kernel.ts'
import { PAGE_RECORDS, TABLE } from '../kernel-tables.ts'

/**
 * Bits of the `roundTrip` column: what round trips a packet ends, from a segment of the other end to this point and back.
 *
 *     bits 0-1   by its ACK, from the segment that it acknowledges (column `acked`)
 *     bits 2-3   by its timestamp, from the first segment with the TSval that it is the first to echo (RoundTrips.echoed)
 *     bit  4     that segment had been sent again, which Karn's rule would leave out
 *     bit  5     that segment is the one that is acknowledged
 *     bit  6     it is the client that answered
 */
export const ROUND_TRIP = { ack: 3, echo: 12, echoShift: 2, resent: 16, same: 32, client: 64 } as const

const BY_ECHO = ROUND_TRIP.ack | ROUND_TRIP.echo

/** Whether the network alone took the time. */
export const ANSWERED = {
  none: 0,
  /** At once. */
  prompt: 1,
  /** The receiver waited: as delayed ACKs do, or for another segment. */
  late: 2,
  /** With data or FIN, for which it may have waited for its program. */
  withData: 3,
} as const

/** Why the packet's ACK ends no round trip of the network alone: `late` or `withData`; `none` without an ACK to trust. */
export function leftOut(chunk: PacketChunk, i: number): number {
  const answered = chunk.roundTrip[i] & ROUND_TRIP.ack
  return answered === ANSWERED.prompt ? ANSWERED.none : answered
}

/**
 * A direction's record. Its first eight bytes: the shortest round trip that the direction's packets have ended, 0 = none. Bits 16 to 30 of its
 * last word: how many ACKs were slow.
 */
const RECORD_BYTES = 32
const LAST_WORD = 28

/** The round trips of a capture, as the kernel measures them (kernel/tcp/round-trips.ts). */
export class RoundTrips {
  readonly #kernel: Kernel
  readonly #packets: PacketTable
  /** By row: the segment whose TSval it echoes, where that is not the one that it acknowledges. */
  readonly #echoes: SparseColumns

  constructor(kernel: Kernel, packets: PacketTable) {
    this.#kernel = kernel
    this.#packets = packets
    this.#echoes = new SparseColumns(kernel, TABLE.echoes)
  }

  /** Nanoseconds between this point and the conversation's end A (direction 0) or B, there and back, at least; undefined if nothing tells. */
  shortest(conversation: number, direction: number): number | undefined {
    const at = this.#kernel.record(TABLE.roundTripPages, conversation * 2 + direction, RECORD_BYTES)
    return this.#kernel.memoryDoubles[at >>> 3] || undefined
  }

  /**
   * Those `conversation * 2 + direction` whose packets ended so many round trips that were slow: 2 ms and half as long again as the shortest so far, at
   * least. Of more than 32,767 they are counted no further.
   */
  slowDirections(least: number): readonly number[] {
    const words = this.#kernel.memoryWords
    const found: number[] = []
    this.#kernel.unsigned(TABLE.roundTripPages).forEach((page, n) => {
      if (page === 0) return
      for (let i = 0; i < PAGE_RECORDS; i++) {
        if (words[(page + i * RECORD_BYTES + LAST_WORD) >>> 2] >> 16 >= least) found.push(n * PAGE_RECORDS + i)
      }
    })
    return found
  }

  /**
   * The row of the segment from which the packet at place `i` ends a round trip that the network alone took; -1 = it ends none. What its
   * ACK tells comes first, as in Linux (tcp_ack_update_rtt), since boxes on the way may spoil timestamps; they tell what Karn's rule leaves
   * open.
   */
  start(chunk: PacketChunk, i: number): number {
    const bits = chunk.roundTrip[i]
    if ((bits & ROUND_TRIP.ack) === ANSWERED.prompt) return chunk.acked[i] - 1
    return (bits & BY_ECHO) === ANSWERED.prompt << ROUND_TRIP.echoShift ? this.echoed(chunk, i) : -1
  }

  /** Nanoseconds of that round trip; 0 = it ends none. */
  time(chunk: PacketChunk, i: number): number {
    const start = chunk.roundTrip[i] === 0 ? -1 : this.start(chunk, i)
    if (start < 0) return 0
    // Mostly it lies in the same chunk.
    return chunk.time[i] - (start >= chunk.first ? chunk.time[start - chunk.first] : this.#packets.time(start))
  }

  /**
   * Lists the packets at places [begin, end) of the chunk that end a round trip, or would if nobody had waited: how many are in `places`, and in
   * `times`, whose nanoseconds are those of `time`. Both until the next call.
   */
  list(chunk: PacketChunk, begin: number, end: number): number {
    return this.#kernel.call.listRoundTrips(chunk.first + begin, chunk.first + end)
  }
  get places(): Uint16Array {
    return this.#kernel.halves(TABLE.roundTripPlaces)
  }
  get times(): Float64Array {
    return this.#kernel.doubles(TABLE.roundTripTimes)
  }

  /** The row of the segment whose TSval the packet at place `i` is the first to echo (RFC 7323 section 3); -1 = there is none. */
  echoed(chunk: PacketChunk, i: number): number {
    const bits = chunk.roundTrip[i]
    if ((bits & ROUND_TRIP.echo) === 0) return -1
    return (bits & ROUND_TRIP.same) !== 0 ? chunk.acked[i] - 1 : this.#echoes.first(this.#echoes.find(chunk.first + i))
  }
}
