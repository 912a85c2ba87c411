import type { FollowedSide, FollowFacts, FollowSide } from '../answers.ts'
import { firstPlace } from '../binary-search.ts'
import { CHUNK_ROWS, FLAG } from '../columns/packet-table.ts'
import { decodeFrame } from '../decode/decode.ts'
import { Packet } from '../decode/packet.ts'
import { CaptureChanged } from '../export.ts'
import type { CaptureTables } from './capture-tables.ts'
import { eachFrame, type ReadBytes } from './frame-bytes.ts'
import { PIECE, reassemble, type StreamPieces } from './reassembly.ts'

/** Pieces whose bytes are read at a time. */
const READ_PIECES = 4096

/** Bytes that one side sent without the other in between, or a hole: what a line of text or of a hex dump does not reach beyond. */
export interface Run {
  readonly side: FollowSide
  readonly kind: number
  readonly piece: number
  /** Captured bytes before it, of what is followed. */
  readonly start: number
  /** Captured bytes; 0 for a hole. */
  readonly bytes: number
}

/**
 * What the two ends of a conversation said, in order. Positions count the captured bytes of what is followed (both sides, or one).
 * The layout is known at once; the bytes are read from the capture when they are asked for.
 */
export class FollowedStream {
  readonly facts: FollowFacts
  /** Where each run starts, then where the last one ends. */
  readonly runStarts: Float64Array
  readonly #tables: CaptureTables
  readonly #pieces: StreamPieces
  /** First piece of each run, then the number of pieces. */
  readonly #runs: Uint32Array
  readonly #shown: Uint32Array
  readonly #starts: Float64Array
  readonly #clientIsB: boolean
  readonly bytes: number

  private constructor(tables: CaptureTables, facts: FollowFacts, pieces: StreamPieces, side?: FollowSide) {
    this.#tables = tables
    this.facts = facts
    this.#pieces = pieces
    this.#clientIsB = facts.clientIsB
    const shown = new Uint32Array(pieces.count)
    const starts = new Float64Array(pieces.count + 1)
    const runs: number[] = []
    let count = 0
    let bytes = 0
    for (let piece = 0; piece < pieces.count; piece++) {
      if (side !== undefined && this.#side(piece) !== side) continue
      const before = count === 0 ? -1 : shown[count - 1]
      const continues =
        before >= 0 &&
        !pieces.datagrams &&
        pieces.kind[piece] === PIECE.data &&
        pieces.kind[before] === PIECE.data &&
        pieces.fromB[piece] === pieces.fromB[before]
      if (!continues) runs.push(count)
      shown[count] = piece
      starts[count++] = bytes
      if (pieces.kind[piece] === PIECE.data) bytes += pieces.length[piece]
    }
    starts[count] = bytes
    this.bytes = bytes
    this.#shown = shown.subarray(0, count)
    this.#starts = starts.subarray(0, count + 1)
    runs.push(count)
    this.#runs = Uint32Array.from(runs)
    this.runStarts = Float64Array.from(this.#runs, (first) => this.#starts[first])
  }

  /** `rows` are the conversation's packets, ascending. Undefined where it carries no stream: neither TCP nor UDP. */
  static of(
    tables: CaptureTables,
    conversation: number,
    rows: Uint32Array,
    side?: FollowSide,
  ): FollowedStream | undefined {
    const pieces = reassemble(tables, conversation, rows)
    if (!pieces) return undefined
    return new FollowedStream(tables, factsOf(tables, conversation, rows, pieces), pieces, side)
  }

  get runCount(): number {
    return this.#runs.length - 1
  }

  run(number: number): Run {
    const first = this.#runs[number]
    const piece = this.#shown[first]
    return {
      side: this.#side(piece),
      kind: this.#pieces.kind[piece],
      piece,
      start: this.#starts[first],
      bytes: this.runStarts[number + 1] - this.runStarts[number],
    }
  }

  /** For the captured byte at `position`: its packet, and its place in what its side sent. */
  origin(position: number): { readonly row: number; readonly offset: number } {
    const n = this.#indexOf(position)
    const piece = this.#shown[n]
    return {
      row: this.#pieces.row[piece],
      offset: this.#pieces.offset[piece] + Math.max(0, position - this.#starts[n]),
    }
  }

  /** Of a hole: the packet that showed it, its place in what its side sent, and its length. */
  hole({ piece }: Run): { readonly row: number; readonly offset: number; readonly length: number } {
    const { row, offset, length } = this.#pieces
    return { row: row[piece], offset: offset[piece], length: length[piece] }
  }

  /**
   * Calls `take` with the bytes of [from, to) in order, as they lie in the packets; valid during the call only. False from `take` ends it.
   * Throws CaptureChanged, and what `read` throws.
   */
  async eachPart(
    from: number,
    to: number,
    read: ReadBytes,
    take: (position: number, bytes: Uint8Array) => boolean | void,
  ): Promise<void> {
    const packet = new Packet()
    let n = this.#indexOf(from)
    const end = Math.min(to, this.bytes)
    let going = true
    while (going && n < this.#shown.length && this.#starts[n] < end) {
      const rows: number[] = []
      const places: number[] = []
      for (; n < this.#shown.length && this.#starts[n] < end && rows.length < READ_PIECES; n++) {
        if (this.#pieces.kind[this.#shown[n]] !== PIECE.data) continue
        rows.push(this.#pieces.row[this.#shown[n]])
        places.push(n)
      }
      let i = 0
      await eachFrame(this.#tables.packets, rows, read, (row, frame) => {
        const place = places[i++]
        const start = this.#starts[place]
        const payload = this.#payload(packet, row, frame, this.#shown[place])
        const part = payload.subarray(Math.max(0, from - start), Math.min(payload.length, end - start))
        if (part.length > 0 && take(Math.max(from, start), part) === false) going = false
        return going
      })
    }
  }

  /** The bytes of [from, to). Throws as eachPart. */
  async slice(from: number, to: number, read: ReadBytes): Promise<Uint8Array<ArrayBuffer>> {
    const out = new Uint8Array(Math.max(0, Math.min(to, this.bytes) - from))
    await this.eachPart(from, to, read, (position, bytes) => {
      out.set(bytes, position - from)
    })
    return out
  }

  #payload(packet: Packet, row: number, frame: Uint8Array, piece: number): Uint8Array {
    const chunk = this.#tables.packets.chunk(row)
    const i = row % CHUNK_ROWS
    const linkType = this.#tables.interfaces[chunk.interface[i]]?.linkType ?? -1
    decodeFrame(packet, frame, 0, frame.length, chunk.length[i], linkType)
    const from = packet.payloadAt + this.#pieces.skip[piece]
    const to = from + this.#pieces.length[piece]
    if (frame.length < chunk.capturedLength[i]) {
      throw new CaptureChanged(`The bytes of packet No. ${this.#tables.packets.frame(row)} are no longer in the file.`)
    }
    return frame.subarray(from, to)
  }

  #side(piece: number): FollowSide {
    return (this.#pieces.fromB[piece] === 1) === this.#clientIsB ? 'client' : 'server'
  }

  /** The data piece that holds the byte at `position`, or the last piece. */
  #indexOf(position: number): number {
    return Math.max(0, firstPlace(0, this.#shown.length, (i) => this.#starts[i] > position) - 1)
  }
}

function factsOf(tables: CaptureTables, conversation: number, rows: Uint32Array, pieces: StreamPieces): FollowFacts {
  const clientIsB = isClientB(tables, conversation, rows)
  const { conversations } = tables
  const counts = [0, 0]
  for (let piece = 0; piece < pieces.count; piece++) {
    if (pieces.kind[piece] !== PIECE.gap) counts[pieces.fromB[piece]]++
  }
  const side = (b: boolean): FollowedSide => ({
    address: conversations.addressText(conversation, b),
    port: b ? conversations.portB[conversation] : conversations.portA[conversation],
    bytes: pieces.sent[b ? 1 : 0],
    missing: pieces.missing[b ? 1 : 0],
    pieces: counts[b ? 1 : 0],
  })
  return { clientIsB, client: side(clientIsB), server: side(!clientIsB) }
}

/** Who opened it; where that was not seen, the end with the higher port is taken for the client. */
export function isClientB({ packets, conversations }: CaptureTables, id: number, rows: Uint32Array): boolean {
  for (const row of rows.subarray(0, 8)) {
    const flags = packets.chunk(row).flags[row % CHUNK_ROWS]
    if ((flags & FLAG.tcp) === 0 || (flags & FLAG.syn) === 0) continue
    const fromB = (flags & FLAG.reverse) !== 0
    return (flags & FLAG.ack) === 0 ? fromB : !fromB
  }
  return conversations.portB[id] > conversations.portA[id]
}
