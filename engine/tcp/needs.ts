import { grown } from '../columns/grown.ts'
import type { Packet } from '../decode/packet.ts'
import {
  ACKED,
  DUPLICATE_ACKS,
  FIRST,
  LAST_REPETITION,
  LOSS,
  LOST_ACKS,
  NEEDED,
  NEWS_TIME,
  otherDirection,
  PROBED,
  RECOVERY,
  ROUND_TRIP,
  SACKED,
  STATE,
  UNA,
  type SenderTable,
} from './sender-table.ts'
import { NEED, VERDICT, type Verdicts } from './verdicts.ts'

const NONE = -1
/** Repetitions looked at for one piece of evidence, from the newest back. */
const LOOKED_AT = 32
/** Round trips below this are mostly how long a host takes, which varies. */
const SHORTEST_ROUND_TRIP_NS = 1e6
/** Of the shortest round trip so far: no later one is shorter than that. */
const SURELY_LESS = 0.75
/** So many ACKs that are missing, and so many for each segment, mean that it is the way back that loses packets. */
const LOSSY = 2
/** An original that comes later than that after its repetition is not waited for. */
const LATEST_NS = 5e9
/** No server answers a SYN again on its own before this: RFC 6298 waits a second. */
const HANDSHAKE_TIMER_NS = 0.9e9

/**
 * Whether the receiver already had what was sent again. Nearly always that is known only later, from how the receiver answers, so
 * the repetitions of each direction are kept as a chain from the newest back. `d` is a record of the SenderTable.
 */
export class Needs {
  readonly #senders: SenderTable
  readonly #verdicts: Verdicts
  #count = 0
  #entry = new Uint32Array(64)
  #seq = new Uint32Array(64)
  #end = new Uint32Array(64)
  #tsval = new Uint32Array(64)
  #time = new Float64Array(64)
  /** 1 = the receiver has said that it arrived twice. */
  #answered = new Uint8Array(64)
  /** The direction's repetition before, -1 = first. */
  #before = new Int32Array(64)

  constructor(senders: SenderTable, verdicts: Verdicts) {
    this.#senders = senders
    this.#verdicts = verdicts
  }

  /** Asks it of the packet just entered as `entry`, which takes the sequence numbers up to `end`. */
  ask(d: number, entry: number, packet: Packet, end: number, time: number): void {
    const { words } = this.#senders
    const i = this.#count++
    if (i === this.#entry.length) this.#grow()
    this.#entry[i] = entry
    this.#seq[i] = packet.seq
    this.#end[i] = end
    this.#tsval[i] = packet.hasTimestamps ? packet.tsval : 0
    this.#time[i] = time
    this.#before[i] = words[d + LAST_REPETITION]
    words[d + LAST_REPETITION] = i
    if (this.#verdicts.verdict(entry) !== VERDICT.fast && this.#isLikely(d, this.#before[i]))
      this.#verdicts.setNeed(entry, NEED.likely)
  }

  /** Nothing says that a segment of `d` is lacking, and the way back loses more than this way does. `before` is the repetition before. */
  #isLikely(d: number, before: number): boolean {
    const { words, bytes } = this.#senders
    const unanswered = before !== NONE && ((this.#end[before] - words[d + UNA]) | 0) > 0
    if (unanswered && this.#verdicts.isSpurious(this.#entry[before]) !== true) return false
    const lostAcks = bytes[otherDirection(d) * 4 + LOST_ACKS]
    if (lostAcks < LOSSY || lostAcks < LOSSY * 2 * bytes[d * 4 + NEEDED]) return false
    return words[d + DUPLICATE_ACKS] === 0 && (words[d + STATE] & SACKED) === 0
  }

  /**
   * A second SYN-ACK sooner than any timer, or one with another sequence number, answers the second SYN, so the first one had arrived
   * as well, or was late.
   */
  answeredTwice(d: number, ack: number, time: number, another: boolean): void {
    const { words, times } = this.#senders
    if ((words[d + STATE] & ACKED) === 0 || ((ack - words[d + FIRST]) | 0) !== 1) return
    if (!another && (words[d + UNA] !== ack || time - times[(d >> 1) + NEWS_TIME] >= HANDSHAKE_TIMER_NS)) return
    for (let i = words[d + LAST_REPETITION]; i !== NONE; i = this.#before[i]) {
      if (this.#verdicts.verdict(this.#entry[i]) !== VERDICT.syn) continue
      this.#verdicts.setNeed(this.#entry[i], NEED.spurious)
      return
    }
  }

  /**
   * An ACK up to `ack` that nothing else explains: the receiver says so of bytes that it had, if it says nothing in a DSACK (SYN and
   * SYN-ACK: RFC 5961 section 4.2, TIME-WAIT: RFC 9293 section 3.10.7.4). That is the newest repetition not yet answered so.
   */
  acknowledgedAgain(d: number, ack: number, time: number): void {
    let i = this.#senders.words[d + LAST_REPETITION]
    for (let n = 0; n < LOOKED_AT && i !== NONE && time - this.#time[i] < LATEST_NS; n++) {
      if (this.#answered[i] === 0 && ((ack - this.#end[i]) | 0) >= 0) {
        this.#answered[i] = 1
        if (this.#verdicts.need(this.#entry[i]) !== NEED.acknowledged)
          this.#verdicts.setNeed(this.#entry[i], NEED.spurious)
        return
      }
      i = this.#before[i]
    }
  }

  /** [left, right) arrived twice (a DSACK says so, or the original was seen): the newest repetition of these bytes was not needed. */
  arrivedTwice(d: number, left: number, right: number): boolean {
    const { words } = this.#senders
    let i = words[d + LAST_REPETITION]
    for (let n = 0; n < LOOKED_AT && i !== NONE; n++) {
      const entry = this.#entry[i]
      const overlaps = ((this.#seq[i] - right) | 0) < 0 && ((left - this.#end[i]) | 0) < 0
      if (overlaps && this.#verdicts.need(entry) !== NEED.spurious) {
        this.#verdicts.setNeed(entry, NEED.spurious)
        this.#answered[i] = 1
        const verdict = this.#verdicts.verdict(entry)
        if (verdict === VERDICT.rto || verdict === VERDICT.tlp) words[d + STATE] &= ~(LOSS | PROBED)
        return true
      }
      i = this.#before[i]
    }
    return false
  }

  /**
   * An ACK from `una` up to `ack`: whose transmission did it answer? The original's if it came sooner than a round trip after the
   * repetition, or if it echoes a timestamp older than the repetition's (RFC 3522, Eifel). The echo is of the segment that holds `una`
   * (RFC 7323 section 4.3: the earliest that the ACK covers), so of others it says nothing. `spareAcks` are missing before this one
   * and answered nothing else: a receiver answers each transmission that comes, so as many came before the last. -1 = some may be.
   */
  acknowledged(packet: Packet, d: number, una: number, ack: number, time: number, spareAcks: number): void {
    const { words, times, bytes } = this.#senders
    const roundTrip = times[(d >> 1) + ROUND_TRIP]
    const tooSoon = roundTrip < SHORTEST_ROUND_TRIP_NS ? 0 : roundTrip * SURELY_LESS
    let i = words[d + LAST_REPETITION]
    for (let n = 0; n < LOOKED_AT && i !== NONE; n++) {
      const entry = this.#entry[i]
      const before = this.#verdicts.need(entry)
      if ((before === NEED.unknown || before === NEED.likely) && ((ack - this.#end[i]) | 0) >= 0) {
        const isEchoed = packet.hasTimestamps && this.#tsval[i] !== 0 && ((this.#seq[i] - una) | 0) <= 0
        const echoesOriginal = isEchoed && ((packet.tsecr - this.#tsval[i]) | 0) < 0
        const answered = isEchoed ? echoesOriginal : time - this.#time[i] < tooSoon
        const asked = this.#verdicts.verdict(entry) === VERDICT.fast
        const spurious = answered || (spareAcks > 0 && !asked)
        const need = spurious ? NEED.spurious : spareAcks < 0 ? NEED.open : NEED.needed
        if (spareAcks > 0) spareAcks--
        this.#verdicts.setNeed(entry, need)
        if (need === NEED.needed && bytes[d * 4 + NEEDED] < 255) bytes[d * 4 + NEEDED]++
        if (echoesOriginal) words[d + STATE] &= ~(LOSS | RECOVERY)
      }
      i = this.#before[i]
    }
  }

  #grow(): void {
    this.#entry = grown(this.#entry)
    this.#seq = grown(this.#seq)
    this.#end = grown(this.#end)
    this.#tsval = grown(this.#tsval)
    this.#time = grown(this.#time)
    this.#answered = grown(this.#answered)
    this.#before = grown(this.#before)
  }
}
