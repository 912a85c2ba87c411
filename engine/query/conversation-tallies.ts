import { grown } from '../columns/conversation-table.ts'
import { CHUNK_ROWS, FLAG, NO_CONVERSATION, type PacketChunk, type PacketTable } from '../columns/packet-table.ts'
import { LABEL } from '../tcp/labels.ts'
import { isOvertaken, isSentAgain } from './label-counts.ts'
import { bucketOf, BUCKETS, bucketValue, quantileBucket } from './sketch.ts'

const RESET = FLAG.tcp | FLAG.rst

/** Nanoseconds. */
export interface RoundTrips {
  readonly p50: number
  readonly p99: number
}

/**
 * What packets count for in their conversations: all packets as the capture grows, or those of a selection. Struct of arrays, indexed
 * by conversation, grown by doubling; of the round-trip times the bucket of each, so that any percentile agrees with the lanes'.
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
  rttSamples: Uint32Array<ArrayBuffer>
  #rttMax: Float64Array<ArrayBuffer>
  /** 1 + the conversation's newest sample; each knows the one before it. */
  #newest: Uint32Array<ArrayBuffer>

  #samples = 0
  #bucket = new Uint16Array(1024)
  #before = new Uint32Array(1024)

  /** `conversations`: how many there are already; arrays of that length from the start cost no copies, and of zeros no memory. */
  constructor(packets: PacketTable, conversations: number) {
    this.#packets = packets
    const length = Math.max(conversations, 64)
    const counts = () => new Uint32Array(length)
    this.firstTime = new Float64Array(length).fill(Infinity)
    this.lastTime = new Float64Array(length).fill(-Infinity)
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
    this.rttSamples = counts()
    this.#rttMax = new Float64Array(length)
    this.#newest = counts()
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
    for (let id = 0; id < ids.length; id++) if (this.firstTime[id] !== Infinity) ids[count++] = id
    return ids.subarray(0, count)
  }

  /** Percentiles of the conversation's ACK round-trip times; undefined without any. */
  roundTrips(id: number): RoundTrips | undefined {
    if (id >= this.rttSamples.length || this.rttSamples[id] === 0) return undefined
    for (let sample = this.#newest[id]; sample !== 0; sample = this.#before[sample - 1])
      counts[this.#bucket[sample - 1]]++
    const total = this.rttSamples[id]
    const quantile = (q: number) => Math.min(this.#rttMax[id], bucketValue(quantileBucket(counts, 0, total, q)))
    const found = { p50: quantile(0.5), p99: quantile(0.99) }
    for (let sample = this.#newest[id]; sample !== 0; sample = this.#before[sample - 1])
      counts[this.#bucket[sample - 1]] = 0
    return found
  }

  #add(chunk: PacketChunk, i: number): void {
    const id = chunk.conversation[i]
    if (id === NO_CONVERSATION) return
    while (id >= this.firstTime.length) this.#grow()
    const time = chunk.time[i]
    if (time < this.firstTime[id]) this.firstTime[id] = time
    if (time > this.lastTime[id]) this.lastTime[id] = time
    const flags = chunk.flags[i]
    if ((flags & FLAG.reverse) === 0) {
      this.packetsAB[id]++
      this.bytesAB[id] += chunk.length[i]
    } else {
      this.packetsBA[id]++
      this.bytesBA[id] += chunk.length[i]
    }
    if ((flags & RESET) === RESET) this.resets[id]++
    if (chunk.labels[i] !== 0) this.#addLabels(id, chunk.labels[i], chunk.verdict[i])
    if (chunk.acked[i] !== 0) this.#addSample(id, time - this.#packets.time(chunk.acked[i] - 1))
  }

  #addLabels(id: number, labels: number, verdict: number): void {
    if (isSentAgain(labels, verdict)) this.retransmissions[id]++
    if (isOvertaken(labels, verdict)) this.outOfOrder[id]++
    if (labels & LABEL.lost_segment) this.lost[id]++
    if (labels & LABEL.duplicate_ack) this.duplicateAcks[id]++
    if (labels & LABEL.zero_window) this.zeroWindows[id]++
  }

  #addSample(id: number, rtt: number): void {
    if (rtt <= 0) return
    const sample = this.#samples++
    if (sample === this.#before.length) {
      this.#bucket = grown(this.#bucket)
      this.#before = grown(this.#before)
    }
    this.#bucket[sample] = bucketOf(rtt)
    this.#before[sample] = this.#newest[id]
    this.#newest[id] = sample + 1
    this.rttSamples[id]++
    if (rtt > this.#rttMax[id]) this.#rttMax[id] = rtt
  }

  #grow(): void {
    const { length } = this.firstTime
    this.firstTime = grown(this.firstTime).fill(Infinity, length)
    this.lastTime = grown(this.lastTime).fill(-Infinity, length)
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
    this.rttSamples = grown(this.rttSamples)
    this.#rttMax = grown(this.#rttMax)
    this.#newest = grown(this.#newest)
  }
}

/** All zero but while percentiles are worked out. */
const counts = new Uint32Array(BUCKETS)
