import { CHUNK_ROWS, FLAG, type PacketTable } from '../columns/packet-table.ts'

const { syn, fin, rst, ack } = FLAG

/** The packets of one TCP conversation in file order, by their place among them; without those that were captured a second time. */
export class Segments {
  readonly #packets: PacketTable
  readonly rows: Uint32Array
  readonly conversation: number
  readonly clientIsB: boolean

  constructor(packets: PacketTable, conversation: number, rows: Uint32Array, clientIsB: boolean) {
    this.#packets = packets
    this.conversation = conversation
    this.rows = rows
    this.clientIsB = clientIsB
  }

  get count(): number {
    return this.rows.length
  }
  /** Nanoseconds. */
  time(i: number): number {
    return this.#packets.time(this.rows[i])
  }
  /** See FLAG. */
  flags(i: number): number {
    return this.#packets.chunk(this.rows[i]).flags[this.rows[i] % CHUNK_ROWS]
  }
  fromClient(i: number): boolean {
    return ((this.flags(i) & FLAG.reverse) !== 0) === this.clientIsB
  }
  seq(i: number): number {
    return this.#packets.chunk(this.rows[i]).seq[this.rows[i] % CHUNK_ROWS]
  }
  ack(i: number): number {
    return this.#packets.chunk(this.rows[i]).ack[this.rows[i] % CHUNK_ROWS]
  }
  /** Bytes of payload, by the headers. */
  length(i: number): number {
    return this.#packets.chunk(this.rows[i]).payloadLength[this.rows[i] % CHUNK_ROWS]
  }
  /** The sequence number after the packet's last byte, SYN and FIN counted. */
  end(i: number): number {
    return (this.seq(i) + this.length(i) + ((this.flags(i) & (syn | fin)) !== 0 ? 1 : 0)) >>> 0
  }
  window(i: number): number {
    return this.#packets.chunk(this.rows[i]).window[this.rows[i] % CHUNK_ROWS]
  }
  /** See LABEL. */
  labels(i: number): number {
    return this.#packets.chunk(this.rows[i]).labels[this.rows[i] % CHUNK_ROWS]
  }
  /** See VERDICT. */
  verdict(i: number): number {
    return this.#packets.chunk(this.rows[i]).verdict[this.rows[i] % CHUNK_ROWS]
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
    let low = 0
    let high = this.rows.length - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.rows[middle] < row) low = middle + 1
      else high = middle
    }
    return low
  }
  /** How many carry payload. */
  countData(): number {
    let count = 0
    for (const row of this.rows) if (this.#packets.chunk(row).payloadLength[row % CHUNK_ROWS] > 0) count++
    return count
  }
  /** The first place from `from` on that fits, or -1. */
  find(fits: (i: number) => boolean, from = 0): number {
    for (let i = from; i < this.count; i++) if (fits(i)) return i
    return -1
  }
}
