import type { Lanes } from '../answers.ts'
import { FLAG, type PacketChunk } from '../columns/packet-table.ts'
import { LABEL } from '../tcp/labels.ts'
import type { RoundTrips } from '../tcp/round-trips.ts'
import { VERDICT } from '../tcp/verdicts.ts'
import { isOvertaken, isSentAgain } from './label-counts.ts'
import { BUCKETS, bucketOf, bucketValue, quantileBucket } from './sketch.ts'

const RESET = FLAG.tcp | FLAG.rst

/** What the lanes count, in `slots` spans of time. */
export class LaneTable {
  readonly slots: number
  readonly packets: Float64Array
  readonly bytes: Float64Array
  readonly retransmissions: Float64Array
  readonly resets: Float64Array
  readonly outOfOrder: Float64Array
  readonly zeroWindows: Float64Array
  readonly lost: Float64Array
  readonly duplicateAcks: Float64Array
  readonly rttSamples: Float64Array
  /** NaN where there is no sample. */
  readonly rttMax: Float64Array
  /** BUCKETS counts a slot. */
  readonly #rtt: Uint32Array
  readonly #roundTrips: RoundTrips

  constructor(slots: number, roundTrips: RoundTrips) {
    this.slots = slots
    this.#roundTrips = roundTrips
    const lane = () => new Float64Array(slots)
    this.packets = lane()
    this.bytes = lane()
    this.retransmissions = lane()
    this.resets = lane()
    this.outOfOrder = lane()
    this.zeroWindows = lane()
    this.lost = lane()
    this.duplicateAcks = lane()
    this.rttSamples = lane()
    this.rttMax = lane().fill(NaN)
    this.#rtt = new Uint32Array(slots * BUCKETS)
  }

  /** Counts the packets at places [from, to) of the chunk. */
  add(chunk: PacketChunk, from: number, to: number, slot: number): void {
    const { length, labels, flags } = chunk
    let bytes = 0
    for (let i = from; i < to; i++) {
      bytes += length[i]
      if (labels[i] !== 0) this.#addLabels(labels[i], chunk.verdict[i], slot)
      if ((flags[i] & RESET) === RESET && chunk.verdict[i] !== VERDICT.copy) this.resets[slot]++
    }
    const count = this.#roundTrips.list(chunk, from, to)
    const { times } = this.#roundTrips
    for (let n = 0; n < count; n++) this.#addRtt(times[n], slot)
    this.packets[slot] += to - from
    this.bytes[slot] += bytes
  }

  /**
   * Counts those of the chunk's first `end` packets whose time lies in [from, to), in slots of `1 / perNs` nanoseconds from `from`: those in a
   * row that share a slot at once.
   */
  addTimes(chunk: PacketChunk, end: number, from: number, to: number, perNs: number): void {
    const { time } = chunk
    const last = this.slots - 1
    for (let begin = 0, next = 0; begin < end; begin = next) {
      const at = time[begin]
      next = begin + 1
      if (!(at >= from && at < to)) continue
      const slot = Math.min(last, Math.floor((at - from) * perNs))
      // Rounding is monotonic: what lies between two times of a slot is in that slot. The last nanosecond of it is looked at by itself.
      const late = from + (slot + 1) / perNs - 1
      const until = late < to && Math.floor((late - from) * perNs) === slot ? late : at
      next = endOfRun(time, next, end, at, until)
      this.add(chunk, begin, next, slot)
    }
  }

  #addLabels(labels: number, verdict: number, slot: number): void {
    if (isSentAgain(labels, verdict)) this.retransmissions[slot]++
    if (isOvertaken(labels, verdict)) this.outOfOrder[slot]++
    if (labels & LABEL.zero_window) this.zeroWindows[slot]++
    if (labels & LABEL.lost_segment) this.lost[slot]++
    if (labels & LABEL.duplicate_ack) this.duplicateAcks[slot]++
  }

  #addRtt(rtt: number, slot: number): void {
    if (rtt === 0) return
    this.#rtt[slot * BUCKETS + bucketOf(rtt)]++
    this.rttSamples[slot]++
    if (!(this.rttMax[slot] >= rtt)) this.rttMax[slot] = rtt
  }

  /** Adds what another table counted in a slot of its own. */
  addSlot(other: LaneTable, from: number, slot: number): void {
    if (other.packets[from] === 0) return
    this.packets[slot] += other.packets[from]
    this.bytes[slot] += other.bytes[from]
    this.retransmissions[slot] += other.retransmissions[from]
    this.resets[slot] += other.resets[from]
    this.outOfOrder[slot] += other.outOfOrder[from]
    this.zeroWindows[slot] += other.zeroWindows[from]
    this.lost[slot] += other.lost[from]
    this.duplicateAcks[slot] += other.duplicateAcks[from]
    if (other.rttSamples[from] === 0) return
    this.rttSamples[slot] += other.rttSamples[from]
    if (!(this.rttMax[slot] >= other.rttMax[from])) this.rttMax[slot] = other.rttMax[from]
    const theirs = other.#rtt
    const mine = this.#rtt
    for (let i = 0; i < BUCKETS; i++) mine[slot * BUCKETS + i] += theirs[from * BUCKETS + i]
  }

  lanes(from: number, to: number): Lanes {
    const quantile = (q: number): Float64Array =>
      this.rttSamples.map((total, slot) => {
        if (total === 0) return NaN
        return Math.min(this.rttMax[slot], bucketValue(quantileBucket(this.#rtt, slot * BUCKETS, total, q)))
      })
    return {
      from,
      to,
      buckets: this.slots,
      packets: this.packets,
      bytes: this.bytes,
      retransmissions: this.retransmissions,
      resets: this.resets,
      outOfOrder: this.outOfOrder,
      zeroWindows: this.zeroWindows,
      lost: this.lost,
      duplicateAcks: this.duplicateAcks,
      rttSamples: this.rttSamples,
      rttP50: quantile(0.5),
      rttP90: quantile(0.9),
      rttP99: quantile(0.99),
      rttMax: this.rttMax,
    }
  }
}

/** The first place in [from, end) whose time is not in [first, last]. By itself, so that V8 compiles a few instructions and not all around them. */
function endOfRun(time: Float64Array, from: number, end: number, first: number, last: number): number {
  let i = from
  while (i < end && time[i] >= first && time[i] <= last) i++
  return i
}
