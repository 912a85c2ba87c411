import { firstPlace } from '../binary-search.ts'
import { CHUNK_ROWS, FLAG } from '../columns/packet-table.ts'
import { DECODE_ERROR, TRANSPORT } from '../decode/packet.ts'
import type { HopTables } from './points.ts'

/**
 * What one point saw of one direction of a connection: the segments that take up sequence numbers, in order of time. Sequence numbers
 * count from the connection's first and do not wrap; times are nanoseconds.
 */
export class Run {
  readonly from: number[] = []
  readonly to: number[] = []
  readonly time: number[] = []
  readonly row: number[] = []
  #order: Uint32Array | undefined
  #longest = 0

  get count(): number {
    return this.row.length
  }

  /** The first sequence number, and the one behind the last. */
  get start(): number {
    return this.from.reduce((least, from) => Math.min(least, from), Infinity)
  }
  get end(): number {
    return this.to.reduce((most, to) => Math.max(most, to), -Infinity)
  }

  add(from: number, to: number, time: number, row: number): void {
    this.from.push(from)
    this.to.push(to)
    this.time.push(time)
    this.row.push(row)
    this.#longest = Math.max(this.#longest, to - from)
  }

  /** Counts its sequence numbers from elsewhere. */
  shift(by: number): void {
    for (const numbers of [this.from, this.to]) for (const [i, number] of numbers.entries()) numbers[i] = number + by
  }

  /** Places of the segments by where they begin, then where they end, then when they came. */
  get order(): Uint32Array {
    if (this.#order?.length !== this.count) {
      const { from, to } = this
      this.#order = Uint32Array.from(from.keys()).sort((a, b) => from[a] - from[b] || to[a] - to[b] || a - b)
    }
    return this.#order
  }

  /** Places of the segments that hold the byte, in order of time. */
  holding(byte: number): number[] {
    const { order, from, to } = this
    const behind = firstPlace(0, order.length, (i) => from[order[i]] > byte)
    const places: number[] = []
    for (let i = behind - 1; i >= 0 && from[order[i]] > byte - this.#longest; i--) {
      if (to[order[i]] > byte) places.push(order[i])
    }
    return places.sort((a, b) => a - b)
  }
}

/** Of who saw nothing. */
export const NOTHING = new Run()

/** TCP segments and UDP datagrams of a capture by conversation, in file order. */
export class ConversationRows {
  readonly #rows: Uint32Array
  readonly #starts: Uint32Array

  constructor({ packets, conversations }: HopTables) {
    this.#starts = new Uint32Array(conversations.count + 1)
    const place = this.#starts
    forEachFollowed(packets, conversations, (_, conversation) => place[conversation + 1]++)
    for (let id = 0; id < conversations.count; id++) place[id + 1] += place[id]
    const next = place.slice()
    this.#rows = new Uint32Array(place[conversations.count])
    forEachFollowed(packets, conversations, (row, conversation) => (this.#rows[next[conversation]++] = row))
  }

  of(conversation: number): Uint32Array {
    return this.#rows.subarray(this.#starts[conversation], this.#starts[conversation + 1])
  }
}

function forEachFollowed(
  packets: HopTables['packets'],
  { transport }: HopTables['conversations'],
  visit: (row: number, conversation: number) => void,
): void {
  for (const chunk of packets.chunks) {
    const rows = Math.min(CHUNK_ROWS, packets.rows - chunk.first)
    for (let i = 0; i < rows; i++) {
      // One whose options were cut has its numbers all the same.
      const isWhole = chunk.error[i] === DECODE_ERROR.none || chunk.error[i] === DECODE_ERROR.cut
      const isSegment = (chunk.flags[i] & FLAG.tcp) !== 0
      if (isWhole && (isSegment || transport[chunk.conversation[i]] === TRANSPORT.udp)) {
        visit(chunk.first + i, chunk.conversation[i])
      }
    }
  }
}

/** How many sequence numbers the segment takes up (RFC 9293 section 3.4). */
export function takes(flags: number, payload: number): number {
  if ((flags & FLAG.rst) !== 0) return 0
  return payload + ((flags & FLAG.syn) === 0 ? 0 : 1) + ((flags & FLAG.fin) === 0 ? 0 : 1)
}
