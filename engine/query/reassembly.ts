import { grown } from '../columns/grown.ts'
import { CHUNK_ROWS, FLAG } from '../columns/packet-table.ts'
import { TRANSPORT } from '../decode/packet.ts'
import { LABEL } from '../tcp/labels.ts'
import type { CaptureTables } from './capture-tables.ts'
import { SegmentHeap } from './reassembly-heap.ts'

/** What a piece of a stream is: bytes that were captured, bytes of which no packet was, or bytes that the snap length cut off. */
export const PIECE = { data: 0, gap: 1, cut: 2 } as const

/** Packets of a direction without a SYN in which its first byte is looked for: the capture may begin amid reordering. */
const START_PACKETS = 64

/**
 * The bytes two ends sent each other, as pieces of packets in the order a receiver got to see them: each byte once, whichever packet
 * brought it first. Struct of arrays; made from columns alone, so nothing of the file is read.
 */
export class StreamPieces {
  #count = 0
  /** The packet that holds the bytes; of a gap the one that showed it. */
  row = new Uint32Array(256)
  /** Where in the packet's payload the piece begins. */
  skip = new Uint32Array(256)
  length = new Uint32Array(256)
  /** PIECE */
  kind = new Uint8Array(256)
  /** 1 = sent by the conversation's end B. */
  fromB = new Uint8Array(256)
  /** Captured bytes of all pieces before this one, of both directions. */
  start = new Float64Array(256)
  /** Bytes of its direction before this one, captured or not. */
  offset = new Float64Array(256)
  /** All captured bytes. */
  bytes = 0
  /** By direction: bytes of the stream, and those of them that are missing. */
  readonly sent = new Float64Array(2)
  readonly missing = new Float64Array(2)
  /** Each datagram stands for itself: neighbouring pieces do not continue each other. */
  readonly datagrams: boolean

  constructor(datagrams: boolean) {
    this.datagrams = datagrams
  }

  get count(): number {
    return this.#count
  }

  add(row: number, fromB: number, kind: number, skip: number, length: number): void {
    if (length <= 0) return
    const last = this.#count - 1
    this.sent[fromB] += length
    if (kind === PIECE.data) this.bytes += length
    else this.missing[fromB] += length
    // One notice for a hole, however many packets lie in it. Lengths are 32 bits, a hole of more is told in two.
    const continues = kind !== PIECE.data && last >= 0 && this.kind[last] === kind && this.fromB[last] === fromB
    if (continues && this.length[last] + length < 2 ** 32 && !this.datagrams) {
      this.length[last] += length
      return
    }
    const n = this.#count++
    if (n === this.row.length) this.#grow()
    this.row[n] = row
    this.skip[n] = skip
    this.length[n] = length
    this.kind[n] = kind
    this.fromB[n] = fromB
    this.start[n] = this.bytes - (kind === PIECE.data ? length : 0)
    this.offset[n] = this.sent[fromB] - length
  }

  #grow(): void {
    this.row = grown(this.row)
    this.skip = grown(this.skip)
    this.length = grown(this.length)
    this.kind = grown(this.kind)
    this.fromB = grown(this.fromB)
    this.start = grown(this.start)
    this.offset = grown(this.offset)
  }
}

/** Puts the payloads of a conversation in order; `rows` are its packets, ascending. Undefined where it is neither TCP nor UDP. */
export function reassemble(tables: CaptureTables, conversation: number, rows: Uint32Array): StreamPieces | undefined {
  switch (tables.conversations.transport[conversation]) {
    case TRANSPORT.tcp:
      return new TcpReassembly(tables).run(rows)
    case TRANSPORT.udp: {
      const pieces = new StreamPieces(true)
      for (const row of rows) {
        const chunk = tables.packets.chunk(row)
        const i = row % CHUNK_ROWS
        const fromB = (chunk.flags[i] & FLAG.reverse) === 0 ? 0 : 1
        addPayload(tables, pieces, row, fromB, 0, chunk.payloadLength[i])
      }
      return pieces
    }
    default:
      return undefined
  }
}

/** `length` bytes of the packet's payload from `skip` on, and what of them the snap length has cut off. */
function addPayload(
  { packets }: CaptureTables,
  pieces: StreamPieces,
  row: number,
  fromB: number,
  skip: number,
  length: number,
): void {
  const chunk = packets.chunk(row)
  const i = row % CHUNK_ROWS
  const cut = (chunk.flags[i] & FLAG.cut) === 0 ? 0 : chunk.length[i] - chunk.capturedLength[i]
  // A trailer behind the payload would be cut first; a frame long enough to be cut has none in practice.
  const captured = Math.min(chunk.payloadLength[i] - cut, chunk.capturedLength[i])
  const there = Math.min(Math.max(captured - skip, 0), length)
  pieces.add(row, fromB, PIECE.data, skip, there)
  pieces.add(row, fromB, PIECE.cut, skip + there, length - there)
}

/** Sequence numbers are compared as in RFC 9293 section 3.4; positions count from the direction's first byte. */
class TcpReassembly {
  readonly #tables: CaptureTables
  readonly #pieces = new StreamPieces(false)
  readonly #known = [false, false]
  /** The sequence number of the next byte in order, and its position. */
  readonly #next = new Uint32Array(2)
  readonly #at = new Float64Array(2)
  /** Position up to which the other end has acknowledged. */
  readonly #acked = new Float64Array(2)
  readonly #waiting = [new SegmentHeap(), new SegmentHeap()]

  constructor(tables: CaptureTables) {
    this.#tables = tables
  }

  run(rows: Uint32Array): StreamPieces {
    this.#findStarts(rows)
    for (const row of rows) this.#packet(row)
    const last = rows.length > 0 ? rows[rows.length - 1] : 0
    for (const d of [0, 1]) while (this.#waiting[d].count > 0) this.#gapToWaiting(d, this.#waiting[d].row)
    for (const d of [0, 1]) {
      // One byte more may be the FIN's; a number nobody could have sent in between is nonsense.
      const beyond = this.#acked[d] - this.#at[d]
      if (beyond > 1 && beyond < 2 ** 30) this.#pieces.add(last, d, PIECE.gap, 0, beyond)
    }
    return this.#pieces
  }

  #packet(row: number): void {
    const { packets, tcp } = this.#tables
    const chunk = packets.chunk(row)
    const i = row % CHUNK_ROWS
    const flags = chunk.flags[i]
    if ((flags & FLAG.tcp) === 0) return
    const d = (flags & FLAG.reverse) === 0 ? 0 : 1
    const o = 1 - d
    if ((flags & (FLAG.ack | FLAG.rst)) === FLAG.ack && this.#known[o]) {
      const acked = this.#at[o] + ((chunk.ack[i] - this.#next[o]) | 0)
      if (acked > this.#acked[o]) this.#acked[o] = acked
      // The receiver has what this capture has not: the stream goes on behind the hole.
      while (this.#waiting[o].count > 0 && this.#waiting[o].position < acked) this.#gapToWaiting(o, row)
    }
    const length = chunk.payloadLength[i]
    // What a RST carries is a reason in words at best, not part of the stream (RFC 9293 section 3.5.3).
    if (length === 0 || (flags & FLAG.rst) !== 0 || !tcp.hasLength(row)) return
    const seq = (chunk.seq[i] + ((flags & FLAG.syn) === 0 ? 0 : 1)) >>> 0
    if (!this.#known[d]) this.#start(d, seq)
    const ahead = (seq - this.#next[d]) | 0
    if (ahead > 0) this.#waiting[d].push(this.#at[d] + ahead, row)
    else this.#take(d, row, -ahead)
  }

  /** The packet's bytes from `skip` on, and all that waited for them. */
  #take(d: number, row: number, skip: number): void {
    const length = this.#payloadLength(row) - skip
    if (length > 0) {
      addPayload(this.#tables, this.#pieces, row, d, skip, length)
      this.#advance(d, length)
    }
    const waiting = this.#waiting[d]
    while (waiting.count > 0 && waiting.position <= this.#at[d]) {
      const { position, row: next } = waiting
      waiting.pop()
      const seen = this.#at[d] - position
      const rest = this.#payloadLength(next) - seen
      if (rest <= 0) continue
      addPayload(this.#tables, this.#pieces, next, d, seen, rest)
      this.#advance(d, rest)
    }
  }

  #gapToWaiting(d: number, shownBy: number): void {
    const waiting = this.#waiting[d]
    const { row } = waiting
    const gap = waiting.position - this.#at[d]
    waiting.pop()
    if (gap > 0) {
      this.#pieces.add(shownBy, d, PIECE.gap, 0, gap)
      this.#advance(d, gap)
    }
    this.#take(d, row, Math.max(0, -gap))
  }

  #advance(d: number, length: number): void {
    this.#next[d] += length
    this.#at[d] += length
  }

  #payloadLength(row: number): number {
    return this.#tables.packets.chunk(row).payloadLength[row % CHUNK_ROWS]
  }

  #start(d: number, seq: number): void {
    this.#known[d] = true
    this.#next[d] = seq
  }

  /** Where each direction begins: behind its SYN, else at the lowest of its first packets. */
  #findStarts(rows: Uint32Array): void {
    const seen = [0, 0]
    const first = [0, 0]
    for (const row of rows) {
      const chunk = this.#tables.packets.chunk(row)
      const i = row % CHUNK_ROWS
      const flags = chunk.flags[i]
      const d = (flags & FLAG.reverse) === 0 ? 0 : 1
      if (seen[0] >= START_PACKETS && seen[1] >= START_PACKETS) return
      if ((flags & FLAG.tcp) === 0 || (flags & FLAG.rst) !== 0 || seen[d] >= START_PACKETS) continue
      const seq = chunk.seq[i]
      if ((flags & FLAG.syn) !== 0) {
        this.#start(d, (seq + 1) >>> 0)
        seen[d] = START_PACKETS
        continue
      }
      if (seen[d]++ === 0) first[d] = seq
      // Keep-alives go back one byte, without payload or with one that is not the stream's.
      if (chunk.payloadLength[i] === 0 || (chunk.labels[i] & LABEL.keep_alive) !== 0) continue
      if (!this.#known[d]) this.#start(d, ((seq - first[d]) | 0) > 1 ? first[d] : seq)
      else if (((seq - this.#next[d]) | 0) < 0) this.#start(d, seq)
    }
  }
}
