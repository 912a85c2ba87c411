import { outgrown } from '../columns/conversation-table.ts'
import type { Packet } from '../decode/packet.ts'
import { HEAD, LISTED, otherDirection, PROVOKED, TAIL, type SenderTable } from './sender-table.ts'

// A record: seven words, one unused, the time.
const SEGMENT_WORDS = 10
const SEQ = 0
const END = 1
const ROW = 2
const IP_ID = 3
const TSVAL = 4
/** How often it was sent. */
const SENT = 5
const NEXT_SEGMENT = 6
const TIME = 4

const NONE = -1
const LIST_LIMIT = 10_000
/** The pieces of a segment follow it within this time. */
const PIECES_NS = 10e6
/** Longest payload that is no super-segment, which its receiver got in pieces. */
const LARGEST_PIECE = 1461

/**
 * What each direction has sent, as its last transmission seen here, and the other side has not acknowledged: linked lists in
 * sequence order, in one arena. A segment is named by where its record begins; -1 = none. `d` is a record of the SenderTable.
 */
export class SentSegments {
  readonly #senders: SenderTable
  #words = new Int32Array(SEGMENT_WORDS * 256)
  #times = new Float64Array(this.#words.buffer)
  #free = NONE
  #end = 0

  constructor(senders: SenderTable) {
    this.#senders = senders
  }

  end(segment: number): number {
    return this.#words[segment + END]
  }
  tsval(segment: number): number {
    return this.#words[segment + TSVAL]
  }
  sentOnce(segment: number): boolean {
    return this.#words[segment + SENT] === 1
  }
  time(segment: number): number {
    return this.#times[(segment >> 1) + TIME]
  }
  /** The row of its last transmission seen; -1 for no segment. */
  row(segment: number): number {
    return segment === NONE ? NONE : this.#words[segment + ROW]
  }
  /** Nanoseconds since its last transmission seen; 0 for no segment. */
  since(segment: number, time: number): number {
    return segment === NONE ? 0 : Math.max(0, time - this.#times[(segment >> 1) + TIME])
  }

  /** Adds [seq, end), or marks the segment that holds it as sent again. Beyond a limit only `always`. */
  add(
    d: number,
    seq: number,
    end: number,
    row: number,
    time: number,
    ipId: number,
    tsval: number,
    always: boolean,
  ): void {
    const senders = this.#senders.words
    // In order, at the tail: nearly always.
    const tail = senders[d + TAIL]
    let before = NONE
    if (tail === NONE || ((seq - this.#words[tail + SEQ]) | 0) > 0) before = tail
    else {
      const words = this.#words
      for (let s = senders[d + HEAD]; s !== NONE; s = words[s + NEXT_SEGMENT]) {
        const offset = (seq - words[s + SEQ]) | 0
        if (offset === 0 || (offset > 0 && ((end - words[s + END]) | 0) <= 0)) {
          if (offset === 0 && ((end - words[s + END]) | 0) > 0) words[s + END] = end
          this.#times[(s >> 1) + TIME] = time
          words[s + ROW] = row
          words[s + IP_ID] = ipId
          words[s + TSVAL] = tsval
          if (words[s + SENT] < 255) words[s + SENT]++
          return
        }
        if (offset < 0) break
        before = s
      }
    }
    if (senders[d + LISTED] >= LIST_LIMIT && !always) return
    const s = this.#allocate()
    const words = this.#words
    words[s + SEQ] = seq
    words[s + END] = end
    this.#times[(s >> 1) + TIME] = time
    words[s + ROW] = row
    words[s + IP_ID] = ipId
    words[s + TSVAL] = tsval
    words[s + SENT] = 1
    senders[d + LISTED]++
    if (before === NONE) {
      words[s + NEXT_SEGMENT] = senders[d + HEAD]
      senders[d + HEAD] = s
    } else {
      words[s + NEXT_SEGMENT] = words[before + NEXT_SEGMENT]
      words[before + NEXT_SEGMENT] = s
    }
    if (words[s + NEXT_SEGMENT] === NONE) senders[d + TAIL] = s
  }

  /**
   * Removes what lies wholly below `ack`; returns the last of it, which can be asked about until the next is added. The other side
   * may still answer each repetition of it.
   */
  acknowledge(d: number, ack: number): number {
    const senders = this.#senders.words
    const words = this.#words
    let last = NONE
    let s = senders[d + HEAD]
    while (s !== NONE && ((ack - words[s + END]) | 0) >= 0) {
      const next = words[s + NEXT_SEGMENT]
      words[s + NEXT_SEGMENT] = this.#free
      this.#free = s
      senders[d + LISTED]--
      if (words[s + SENT] > 1) senders[otherDirection(d) + PROVOKED] += words[s + SENT] - 1
      last = s
      s = next
    }
    senders[d + HEAD] = s
    if (s === NONE) senders[d + TAIL] = NONE
    return last
  }

  /** The first that has a byte of [seq, end). */
  overlapping(d: number, seq: number, end: number): number {
    const words = this.#words
    for (let s = this.#senders.words[d + HEAD]; s !== NONE; s = words[s + NEXT_SEGMENT]) {
      if (((words[s + SEQ] - end) | 0) >= 0) return NONE
      if (((words[s + END] - seq) | 0) > 0) return s
    }
    return NONE
  }

  /** The first that begins after `seq`. */
  firstAfter(d: number, seq: number): number {
    const words = this.#words
    for (let s = this.#senders.words[d + HEAD]; s !== NONE; s = words[s + NEXT_SEGMENT])
      if (((words[s + SEQ] - seq) | 0) > 0) return s
    return NONE
  }

  /** How many ACKs the receiver can have sent for what is listed if it has all up to `ack`: none for the first that it lacks. */
  answers(d: number, ack: number): number {
    const words = this.#words
    let answers = 0
    let lacks = 0
    for (let s = this.#senders.words[d + HEAD]; s !== NONE; s = words[s + NEXT_SEGMENT]) {
      const arrived = ((ack - words[s + END]) | 0) >= 0
      answers += arrived ? words[s + SENT] : 1
      answers += Math.floor((words[s + END] - words[s + SEQ]) / LARGEST_PIECE)
      if (!arrived) lacks = 1
    }
    return answers - lacks
  }

  /** How many of those up to `ack` were sent once. */
  countOnce(d: number, ack: number): number {
    const words = this.#words
    let count = 0
    for (let s = this.#senders.words[d + HEAD]; s !== NONE; s = words[s + NEXT_SEGMENT]) {
      if (((ack - words[s + END]) | 0) < 0) break
      if (words[s + SENT] === 1) count += 1 + Math.floor((words[s + END] - words[s + SEQ]) / LARGEST_PIECE)
    }
    return count
  }

  /** The packet is a piece of `segment`, which was seen before the network card or a router cut it (or the other way round). */
  isPartOf(segment: number, packet: Packet, ipId: number, time: number): boolean {
    const words = this.#words
    const offset = (packet.seq - words[segment + SEQ]) | 0
    const whole = (words[segment + END] - words[segment + SEQ]) | 0
    if (offset < 0 || packet.payloadLength === 0 || time - this.#times[(segment >> 1) + TIME] > PIECES_NS) return false
    if (whole === packet.payloadLength && offset === 0) return false
    const index = ((ipId - words[segment + IP_ID]) << 16) >> 16
    if (index < 0 || (packet.hasTimestamps && packet.tsval !== words[segment + TSVAL])) return false
    return index === 0 ? offset === 0 : offset % index === 0 && offset / index >= packet.payloadLength
  }

  #allocate(): number {
    const s = this.#free
    if (s !== NONE) {
      this.#free = this.#words[s + NEXT_SEGMENT]
      return s
    }
    if (this.#end === this.#words.length) {
      this.#words = outgrown(this.#words)
      this.#times = new Float64Array(this.#words.buffer)
    }
    this.#end += SEGMENT_WORDS
    return this.#end - SEGMENT_WORDS
  }
}
