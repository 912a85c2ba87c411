import { firstPlace } from '../binary-search.ts'
import { CHUNK_ROWS, FLAG } from '../columns/packet-table.ts'
import { TRANSPORT } from '../decode/packet.ts'
import type { CaptureTables } from './capture-tables.ts'
import { isClientB } from './follow-stream.ts'
import type { FollowSide } from '../answers.ts'

/** No window is larger (RFC 7323 section 2.3). */
const NEAR = 2 ** 30

/**
 * One direction of a TCP conversation as it progresses: for each of its packets where it is in the stream. Sequence numbers of 32 bits
 * become positions that go on where those begin anew.
 */
export class SequenceTrack {
  readonly rows: Uint32Array
  /** 0 if end A sends the bytes, 1 if B does. */
  readonly direction: number
  /** Of the direction's own packets the sequence number, of the other's the acknowledgment; NaN where it has none. */
  readonly position: Float64Array
  /** Times never go back. */
  readonly ordered: boolean
  /** Bytes of headers of the other direction's shortest packets: those with more have options, perhaps SACK blocks. */
  readonly headers: number
  readonly base: number

  constructor(tables: CaptureTables, conversation: number, rows: Uint32Array, side: FollowSide) {
    const { packets, tcp } = tables
    this.rows = rows
    this.direction = isClientB(tables, conversation, rows) === (side === 'client') ? 1 : 0
    this.position = new Float64Array(rows.length)
    let base = tcp.baseSeq(conversation, this.direction)
    let last = base ?? 0
    let at = 0
    let time = -Infinity
    let ordered = true
    let headers = Infinity
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]
      const chunk = packets.chunk(row)
      const n = row % CHUNK_ROWS
      const flags = chunk.flags[n]
      if (chunk.time[n] < time) ordered = false
      time = chunk.time[n]
      const own = (flags & FLAG.reverse) === 0 ? this.direction === 0 : this.direction === 1
      if ((flags & FLAG.tcp) === 0) {
        this.position[i] = Number.NaN
        continue
      }
      // A reset may carry any number, or none: it stands where the stream is, and nothing is counted on from it.
      if ((flags & FLAG.rst) !== 0) {
        const ahead = own ? (chunk.seq[n] - last) | 0 : 0
        this.position[i] = Math.abs(ahead) < NEAR ? at + ahead : at
        continue
      }
      if (!own && (flags & FLAG.ack) === 0) {
        this.position[i] = Number.NaN
        continue
      }
      const number = own ? chunk.seq[n] : chunk.ack[n]
      if (base === undefined) last = base = number
      at += (number - last) | 0
      last = number
      this.position[i] = at
      if (!own && (flags & FLAG.syn) === 0) headers = Math.min(headers, chunk.length[n] - chunk.payloadLength[n])
    }
    this.base = base ?? 0
    this.ordered = ordered
    this.headers = headers
  }

  static isFor({ conversations }: CaptureTables, conversation: number): boolean {
    return conversations.transport[conversation] === TRANSPORT.tcp
  }

  /** Index of the first packet that may be at `time` or later. */
  firstAt({ packets }: CaptureTables, time: number): number {
    if (!this.ordered) return 0
    return firstPlace(0, this.rows.length, (i) => packets.time(this.rows[i]) >= time)
  }
}
