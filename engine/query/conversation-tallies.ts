import { grown } from '../columns/grown.ts'
import { CHUNK_ROWS, FLAG, NO_CONVERSATION, type PacketChunk, type PacketTable } from '../columns/packet-table.ts'
import { LABEL } from '../tcp/labels.ts'
import { VERDICT } from '../tcp/verdicts.ts'
import { isOvertaken, isSentAgain } from './label-counts.ts'

const RESET = FLAG.tcp | FLAG.rst

/**
 * What packets count for in their conversations: all packets as the capture grows, or those of a selection. Struct of arrays, indexed
 * by conversation, grown by doubling.
 */
export class ConversationTallies {
  readonly #packets: PacketTable
  #rows = 0

  firstTime: Float64Array<ArrayBuffer>
  lastTime: Float64Array<ArrayBuffer>
  packetsAB: Uint32Array<ArrayBuffer>
  packetsBA: Uint32Array<ArrayBuffer>
  /** Bytes on the wire. */
  bytesAB: Float64Array<ArrayBuffer>
  bytesBA: Float64Array<ArrayBuffer>
  /** See isSentAgain. */
  retransmissions: Uint32Array<ArrayBuffer>
  /** See isOvertaken. */
  outOfOrder: Uint32Array<ArrayBuffer>
  lost: Uint32Array<ArrayBuffer>
  duplicateAcks: Uint32Array<ArrayBuffer>
  zeroWindows: Uint32Array<ArrayBuffer>
  resets: Uint32Array<ArrayBuffer>

  /** `conversations`: how many there are already; arrays of that length from the start cost no copies, and of zeros no memory. */
  constructor(packets: PacketTable, conversations: number) {
    this.#packets = packets
    const length = Math.max(conversations, 64)
    const counts = () => new Uint32Array(length)
    this.firstTime = new Float64Array(length)
    this.lastTime = new Float64Array(length)
    this.packetsAB = counts()
    this.packetsBA = counts()
    this.bytesAB = new Float64Array(length)
    this.bytesBA = new Float64Array(length)
    this.retransmissions = counts()
    this.outOfOrder = counts()
    this.lost = counts()
    this.duplicateAcks = counts()
    this.zeroWindows = counts()
    this.resets = counts()
  }

  /** Counts the packets that have come since; some 15 ns each. */
  advance(): void {
    const { chunks, rows } = this.#packets
    while (this.#rows < rows) {
      const number = Math.floor(this.#rows / CHUNK_ROWS)
      const end = Math.min(CHUNK_ROWS, rows - number * CHUNK_ROWS)
      for (let i = this.#rows % CHUNK_ROWS; i < end; i++) this.#add(chunks[number], i)
      this.#rows = number * CHUNK_ROWS + end
    }
  }

  addRows(rows: Uint32Array): void {
    for (const row of rows) this.#add(this.#packets.chunk(row), row % CHUNK_ROWS)
  }

  /** The conversations that have any of the packets, ascending. */
  ids(): Uint32Array {
    const ids = new Uint32Array(this.firstTime.length)
    let count = 0
    for (let id = 0; id < ids.length; id++) if (this.has(id)) ids[count++] = id
    return ids.subarray(0, count)
  }

  /** Whether any packet of the conversation was counted. */
  has(id: number): boolean {
    return id < this.packetsAB.length && (this.packetsAB[id] !== 0 || this.packetsBA[id] !== 0)
  }

  #add(chunk: PacketChunk, i: number): void {
    const id = chunk.conversation[i]
    if (id === NO_CONVERSATION) return
    while (id >= this.firstTime.length) this.#grow()
    const time = chunk.time[i]
    const isFirst = !this.has(id)
    if (isFirst || time < this.firstTime[id]) this.firstTime[id] = time
    if (isFirst || time > this.lastTime[id]) this.lastTime[id] = time
    const flags = chunk.flags[i]
    if ((flags & FLAG.reverse) === 0) {
      this.packetsAB[id]++
      this.bytesAB[id] += chunk.length[i]
    } else {
      this.packetsBA[id]++
      this.bytesBA[id] += chunk.length[i]
    }
    if ((flags & RESET) === RESET && chunk.verdict[i] !== VERDICT.copy) this.resets[id]++
    if (chunk.labels[i] !== 0) this.#addLabels(id, chunk.labels[i], chunk.verdict[i])
  }

  #addLabels(id: number, labels: number, verdict: number): void {
    if (isSentAgain(labels, verdict)) this.retransmissions[id]++
    if (isOvertaken(labels, verdict)) this.outOfOrder[id]++
    if (labels & LABEL.lost_segment) this.lost[id]++
    if (labels & LABEL.duplicate_ack) this.duplicateAcks[id]++
    if (labels & LABEL.zero_window) this.zeroWindows[id]++
  }

  #grow(): void {
    this.firstTime = grown(this.firstTime)
    this.lastTime = grown(this.lastTime)
    this.packetsAB = grown(this.packetsAB)
    this.packetsBA = grown(this.packetsBA)
    this.bytesAB = grown(this.bytesAB)
    this.bytesBA = grown(this.bytesBA)
    this.retransmissions = grown(this.retransmissions)
    this.outOfOrder = grown(this.outOfOrder)
    this.lost = grown(this.lost)
    this.duplicateAcks = grown(this.duplicateAcks)
    this.zeroWindows = grown(this.zeroWindows)
    this.resets = grown(this.resets)
  }
}
