import { firstPlace } from '../binary-search.ts'
import { CHUNK_ROWS, FLAG, type PacketTable } from '../columns/packet-table.ts'
import type { Survey } from './survey.ts'

const { syn, fin, rst, ack } = FLAG

/** The packets of one TCP conversation in file order, by their place among them; without those that were captured a second time. */
export class Segments {
  readonly #packets: PacketTable
  /** Rows of all conversations; those of this one begin at `#start`. */
  readonly #ordered: Uint32Array
  readonly #start: number
  readonly count: number
  readonly clientIsB: boolean

  constructor(packets: PacketTable, { ordered, starts, ends, clientIsB }: Survey, conversation: number) {
    this.#packets = packets
    this.#ordered = ordered
    this.#start = starts[conversation]
    this.count = ends[conversation] - this.#start
    this.clientIsB = clientIsB[conversation] === 1
  }

  row(i: number): number {
    return this.#ordered[this.#start + i]
  }
  /** Nanoseconds. */
  time(i: number): number {
    return this.#packets.time(this.row(i))
  }
  /** See FLAG. */
  flags(i: number): number {
    const row = this.row(i)
    return this.#packets.chunk(row).flags[row % CHUNK_ROWS]
  }
  fromClient(i: number): boolean {
    return ((this.flags(i) & FLAG.reverse) !== 0) === this.clientIsB
  }
  seq(i: number): number {
    const row = this.row(i)
    return this.#packets.chunk(row).seq[row % CHUNK_ROWS]
  }
  ack(i: number): number {
    const row = this.row(i)
    return this.#packets.chunk(row).ack[row % CHUNK_ROWS]
  }
  /** Bytes of payload, by the headers. */
  length(i: number): number {
    const row = this.row(i)
    return this.#packets.chunk(row).payloadLength[row % CHUNK_ROWS]
  }
  /** The sequence number after the packet's last byte, SYN and FIN counted. */
  end(i: number): number {
    return (this.seq(i) + this.length(i) + ((this.flags(i) & (syn | fin)) !== 0 ? 1 : 0)) >>> 0
  }
  window(i: number): number {
    const row = this.row(i)
    return this.#packets.chunk(row).window[row % CHUNK_ROWS]
  }
  /** See LABEL. */
  labels(i: number): number {
    const row = this.row(i)
    return this.#packets.chunk(row).labels[row % CHUNK_ROWS]
  }
  /** See VERDICT. */
  verdict(i: number): number {
    const row = this.row(i)
    return this.#packets.chunk(row).verdict[row % CHUNK_ROWS]
  }
  /** A SYN without ACK. */
  isSyn(i: number): boolean {
    return (this.flags(i) & (syn | ack)) === syn
  }
  isSynAck(i: number): boolean {
    return (this.flags(i) & (syn | ack)) === (syn | ack)
  }
  isFin(i: number): boolean {
    return (this.flags(i) & fin) !== 0
  }
  isReset(i: number): boolean {
    return (this.flags(i) & rst) !== 0
  }
  hasAck(i: number): boolean {
    return (this.flags(i) & ack) !== 0
  }
  /** Where `row`, which is one of them, is among them. */
  placeOf(row: number): number {
    return firstPlace(0, this.count - 1, (i) => this.row(i) >= row)
  }
  /** How many carry payload. */
  countData(): number {
    let count = 0
    for (let i = 0; i < this.count; i++) if (this.length(i) > 0) count++
    return count
  }
  /** The last place that fits, or -1. */
  findLast(fits: (i: number) => boolean): number {
    let i = this.count - 1
    while (i >= 0 && !fits(i)) i--
    return i
  }
  /** The first place from `from` on that fits, or -1. */
  find(fits: (i: number) => boolean, from = 0): number {
    for (let i = from; i < this.count; i++) if (fits(i)) return i
    return -1
  }
}
