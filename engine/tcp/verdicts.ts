import { grown } from '../columns/conversation-table.ts'
import type { PacketTable } from '../columns/packet-table.ts'
import type { Packet } from '../decode/packet.ts'
import { NETWORK } from '../decode/packet.ts'
import { SightingTable } from './sighting-table.ts'

/** What a segment really was; its number is the value in the packet table's `verdict` column. */
export const VERDICTS = ['', 'fast', 'rto', 'tlp', 'syn', 'synack', 'retransmission', 'copy', 'reordered'] as const
export type Verdict = Exclude<(typeof VERDICTS)[number], ''>
export const VERDICT = {
  none: 0,
  fast: 1,
  rto: 2,
  tlp: 3,
  syn: 4,
  synack: 5,
  retransmission: 6,
  copy: 7,
  reordered: 8,
} as const

/** The segment was sent again, whatever for; not one captured twice, or late. */
export const isRepetition = (verdict: number): boolean => verdict >= VERDICT.fast && verdict <= VERDICT.retransmission

/** What a verdict rests on; reasons.ts says each as a sentence. */
export const EVIDENCE = {
  none: 0,
  sameIpId: 1,
  sameTimestamp: 2,
  partOfSegment: 3,
  olderIpId: 4,
  olderTimestamp: 5,
  quickAfterHole: 6,
  sacked: 7,
  duplicateAcks: 8,
  partialAck: 9,
  timerAfterProbe: 10,
  timerInRecovery: 11,
  timerInLoss: 12,
  timerNotTail: 13,
  noSack: 14,
  tail: 15,
  handshake: 16,
  newerIpId: 17,
  newerTimestamp: 18,
  ipIdGap: 19,
  lateForHole: 20,
} as const

/** Whether the receiver had the bytes already; `acknowledged` = its ACK of them had passed here before they came again. */
export const NEED = { unknown: 0, needed: 1, spurious: 2, acknowledged: 3 } as const

const ACK = 0x10
const SYN = 0x02
const FIN = 0x01
const RST = 0x04

// Bits of a direction's STATE.
const SEEN = 1
const ACKED = 2
/** Both SYNs offered SACK, or SACK blocks were seen. */
const SACK_OK = 4
const RECOVERY = 8
const LOSS = 16
/** A tail loss probe is out; the next timer is an RTO (Linux tcp_send_loss_probe: at most one outstanding). */
const PROBED = 32
/** A SYN without SACK-permitted was seen. */
const NO_SACK = 64
/** `#sacked` is above una. */
const SACKED = 128

// A direction's record: 16 words, then three times (each two words, as a double), so that a packet touches three cache lines and not
// one an array.
const DIRECTION_WORDS = 24
const STATE = 0
/** First sequence number seen: the ISN where the SYN was. */
const FIRST = 1
const NEXT = 2
const UNA = 3
/** Highest SACKed edge, valid while SACKED is set. */
const SACKED_EDGE = 4
/** High-water marks of recovery or loss, and of the probe. */
const RECOVERY_END = 5
const PROBE_END = 6
const DUPLICATE_ACKS = 7
const LAST_IP_ID = 8
/** IP IDs that the last packet takes beyond its own: a segment that is cut up on its way out numbers each piece. */
const PIECES = 9
/** Window of the last packet, unscaled. */
const WINDOW = 10
/** Timestamp of the last packet that had one. */
const LAST_TSVAL = 11
/** First and last of the unacknowledged segments, and their number. */
const HEAD = 12
const TAIL = 13
const LISTED = 14
const LAST_RETRANSMISSION = 15
// Of the times, the place in doubles from the middle of where the record begins in words.
/** When the other side last told something new: an advance, a SACK, a duplicate ACK. */
const NEWS_TIME = 8
const SEND_TIME = 9
/** From this point to the sender and back, from the handshake; 0 = unknown. */
const SENDER_SIDE = 10

// An unacknowledged segment's record: seven words, one unused, the time.
const SEGMENT_WORDS = 10
const SEG_SEQ = 0
const SEG_END = 1
const SEG_ROW = 2
const SEG_IP_ID = 3
const SEG_TSVAL = 4
/** How often it was sent. */
const SEG_SENT = 5
const SEG_NEXT = 6
const SEG_TIME = 4

const NONE = -1
/** Linux TCP_RTO_MIN, 200 ms, less what a capture point's view may be off. */
const TIMER_NS = 150e6
/** A segment this soon after news (and the way to the sender and back) was sent because of it: Linux's timers wait 2 ms and more. */
const ACK_CLOCKED_NS = 1e6
/** Payload that fits an Ethernet frame, and, rounded down to be careful, the pieces that tunnels leave room for. */
const LARGEST_PIECE = 1460
const SMALLEST_PIECE = 1200
/** A network reorders by less than this; only used where neither IP ID nor timestamps can tell. */
const REORDER_NS = 3e6
const LIST_LIMIT = 10_000

/**
 * Follows what the sender of each direction can know (its unacknowledged segments, SACKs, recovery state as Linux keeps it) and
 * says what each repeated segment is: the same packet seen again, an original that came late, or a retransmission and which kind.
 * Only what passed this capture point is used. `segment` runs for every analysed TCP packet, in file order.
 */
export class Verdicts {
  readonly #sightings: SightingTable

  /** Records of DIRECTION_WORDS words, number conversation * 2 + direction; the same bytes as doubles for the times in them. */
  #words = new Int32Array(DIRECTION_WORDS * 128)
  #times = new Float64Array(this.#words.buffer)

  // Unacknowledged segments, each direction's in sequence order: records of SEGMENT_WORDS words; SEG_NEXT links them and the free ones.
  #segments = new Int32Array(SEGMENT_WORDS * 256)
  #segmentTimes = new Float64Array(this.#segments.buffer)
  #free = NONE
  #segmentsEnd = 0

  // One entry per packet with a verdict, in file order.
  #count = 0
  #row = new Uint32Array(64)
  #verdict = new Uint8Array(64)
  #evidence = new Uint8Array(64)
  #need = new Uint8Array(64)
  /** 1 + the row of the earlier sighting, 0 = none here. */
  #original = new Uint32Array(64)
  #cost = new Float64Array(64)
  #entrySeq = new Uint32Array(64)
  #entryEnd = new Uint32Array(64)
  #entryTsval = new Uint32Array(64)
  #entryTime = new Float64Array(64)
  /** The direction's entry before, NONE = first. */
  #entryBefore = new Int32Array(64)

  constructor(packets: PacketTable) {
    this.#sightings = new SightingTable(packets)
  }

  get count(): number {
    return this.#count
  }

  /** The entry of `row`, or -1. */
  find(row: number): number {
    let low = 0
    let high = this.#count - 1
    while (low <= high) {
      const middle = (low + high) >>> 1
      const at = this.#row[middle]
      if (at === row) return middle
      if (at < row) low = middle + 1
      else high = middle - 1
    }
    return NONE
  }

  row(entry: number): number {
    return this.#row[entry]
  }
  verdict(entry: number): number {
    return this.#verdict[entry]
  }
  evidence(entry: number): number {
    return this.#evidence[entry]
  }
  /** The receiver had the bytes already; undefined = cannot tell. */
  isSpurious(entry: number): boolean | undefined {
    const need = this.#need[entry]
    return need === NEED.unknown ? undefined : need !== NEED.needed
  }
  /** The bytes had been acknowledged, seen from here, before they came again. */
  wasAcknowledged(entry: number): boolean {
    return this.#need[entry] === NEED.acknowledged
  }
  /** Row of the earlier transmission seen here, undefined = none. */
  original(entry: number): number | undefined {
    const original = this.#original[entry]
    return original === 0 ? undefined : original - 1
  }
  /** Nanoseconds between the transmission before and this one, 0 where the one before was not seen. */
  cost(entry: number): number {
    return this.#cost[entry]
  }

  /**
   * Returns the VERDICT of the packet, which travels in direction `d` (ConversationTable.find). `before` differs from it when the labels
   * began a new stream with this SYN, as Wireshark does once a FIN or RST was seen: with the same initial sequence number it is the
   * old SYN all the same, late or sent again.
   */
  segment(packet: Packet, row: number, time: number, d: number, before = d): number {
    const at = d * DIRECTION_WORDS
    const other = (d ^ 1) * DIRECTION_WORDS
    while (at + 2 * DIRECTION_WORDS > this.#words.length) this.#growDirections()
    const ipId = packet.network === NETWORK.ipv4 ? packet.ipId : 0
    const flags = packet.tcpFlags
    const length = packet.payloadLength
    const verdict =
      before !== d && this.#isFirstAgain(packet, before * DIRECTION_WORDS, at)
        ? this.#judge(packet, row, time, before * DIRECTION_WORDS, ipId, flags, length)
        : this.#judge(packet, row, time, at, ipId, flags, length)
    if (verdict !== VERDICT.copy || (flags & (SYN | ACK)) === (SYN | ACK)) {
      this.#note(packet, row, time, at, other, ipId, flags, length)
      if (flags & ACK) this.#acknowledge(packet, time, other, at, length, flags)
    }
    return verdict
  }

  #isFirstAgain(packet: Packet, before: number, d: number): boolean {
    const words = this.#words
    if ((words[before + STATE] & SEEN) === 0 || words[before + FIRST] !== packet.seq) return false
    words[d + STATE] = 0
    return true
  }

  #judge(packet: Packet, row: number, time: number, d: number, ipId: number, flags: number, length: number): number {
    const words = this.#words
    const segments = this.#segments
    // Resets to several segments at once are alike and have no IP ID: nothing tells them from one seen twice.
    const seen = ipId === 0 && flags & RST ? NONE : this.#sightings.see(packet, ipId, row, time)
    if (seen !== NONE) {
      const evidence = ipId !== 0 ? EVIDENCE.sameIpId : EVIDENCE.sameTimestamp
      return this.#enter(d, row, time, VERDICT.copy, evidence, seen, 0, packet)
    }
    const takes = length + (flags & (SYN | FIN) ? 1 : 0)
    if (takes === 0 || flags & RST) return VERDICT.none
    const state = words[d + STATE]
    if ((state & SEEN) === 0) return VERDICT.none
    const seq = packet.seq
    const end = (seq + takes) | 0
    const ahead = (seq - words[d + NEXT]) | 0
    if (ahead >= 0) return ahead === 0 && length > 0 ? this.#unseenTail(packet, row, time, d, ipId) : VERDICT.none

    if (flags & SYN) {
      const original = this.#overlapping(d, seq, end)
      const verdict = flags & ACK ? VERDICT.synack : VERDICT.syn
      return this.#enter(
        d,
        row,
        time,
        verdict,
        EVIDENCE.handshake,
        this.#rowOf(original),
        this.#since(original, time),
        packet,
      )
    }
    // A keep-alive repeats one byte that was acknowledged long ago.
    if (
      length <= 1 &&
      (flags & FIN) === 0 &&
      ahead === -1 &&
      (state & ACKED) !== 0 &&
      ((seq - words[d + UNA]) | 0) < 0
    ) {
      return VERDICT.none
    }
    if (ipId !== 0 && words[d + LAST_IP_ID] !== 0 && (ipId - words[d + LAST_IP_ID]) << 16 < 0) {
      // Sent before packets that are here already: late, not repeated. If its bytes were repeated meanwhile, that was not needed.
      this.#twice(d, seq, end)
      return this.#reordered(packet, row, time, d, EVIDENCE.olderIpId, this.#firstAfter(d, seq))
    }
    const earlier = this.#overlapping(d, seq, end)
    const delivered = (state & ACKED) !== 0 && ((end - words[d + UNA]) | 0) <= 0
    if (earlier === NONE && !delivered) return this.#fillsHole(packet, row, time, d, ipId, seq, end)
    if (earlier !== NONE && ipId !== 0 && this.#isPartOf(earlier, packet, ipId, time)) {
      return this.#enter(d, row, time, VERDICT.copy, EVIDENCE.partOfSegment, segments[earlier + SEG_ROW], 0, packet)
    }
    const verdict = this.#retransmission(packet, row, time, d, earlier, end)
    if (delivered) this.#need[this.#count - 1] = NEED.acknowledged
    return verdict
  }

  /** Bytes that were not seen here although later ones were: the original, late, or a retransmission of one lost before this point. */
  #fillsHole(packet: Packet, row: number, time: number, d: number, ipId: number, seq: number, end: number): number {
    const words = this.#words
    const segments = this.#segments
    const after = this.#firstAfter(d, seq)
    if (after !== NONE) {
      if (ipId !== 0 && words[d + LAST_IP_ID] !== 0) {
        // Newer than all that is here: sent again.
      } else if (
        packet.hasTimestamps &&
        segments[after + SEG_TSVAL] !== 0 &&
        packet.tsval !== segments[after + SEG_TSVAL]
      ) {
        const younger = (packet.tsval - segments[after + SEG_TSVAL]) | 0
        if (younger < 0) return this.#reordered(packet, row, time, d, EVIDENCE.olderTimestamp, after)
      } else if (time - this.#segmentTimes[(after >> 1) + SEG_TIME] < REORDER_NS) {
        return this.#reordered(packet, row, time, d, EVIDENCE.quickAfterHole, after)
      }
    }
    return this.#retransmission(packet, row, time, d, NONE, end)
  }

  #reordered(packet: Packet, row: number, time: number, d: number, evidence: number, after: number): number {
    return this.#enter(d, row, time, VERDICT.reordered, evidence, this.#rowOf(after), this.#since(after, time), packet)
  }

  /**
   * Next in sequence, so nothing says that it was sent before - but Linux numbers a connection's packets one by one (IP ID), so a
   * gap in them with a timer's wait before says that packets of this direction were lost before this point.
   */
  #unseenTail(packet: Packet, row: number, time: number, d: number, ipId: number): number {
    const words = this.#words
    const times = this.#times
    if (ipId === 0 || words[d + LAST_IP_ID] === 0) return VERDICT.none
    const gap = (((ipId - words[d + LAST_IP_ID]) << 16) >> 16) - 1 - words[d + PIECES]
    if (gap < 1 || gap > 64) return VERDICT.none
    const quiet = time - Math.max(times[(d >> 1) + SEND_TIME], times[(d >> 1) + NEWS_TIME])
    if (quiet < TIMER_NS + times[(d >> 1) + SENDER_SIDE]) return VERDICT.none
    // A path that stalled delivers late what was sent early. Linux's timestamps tick once a millisecond.
    if (packet.hasTimestamps && ((packet.tsval - words[d + LAST_TSVAL]) | 0) * 1e6 < quiet * 0.7) return VERDICT.none
    return this.#enter(d, row, time, VERDICT.retransmission, EVIDENCE.ipIdGap, NONE, 0, packet)
  }

  /** Which of the sender's mechanisms sent it again: Linux's states, as far as this point can follow them. */
  #retransmission(packet: Packet, row: number, time: number, d: number, earlier: number, end: number): number {
    const words = this.#words
    const times = this.#times
    const state = words[d + STATE]
    const hasSackNews = (state & SACKED) !== 0
    const sackAbove = hasSackNews && ((words[d + SACKED_EDGE] - packet.seq) | 0) > 0
    const quiet = time - times[(d >> 1) + NEWS_TIME]
    const timer = TIMER_NS + times[(d >> 1) + SENDER_SIDE]
    let verdict: number
    let evidence: number
    if (state & ACKED && quiet < times[(d >> 1) + SENDER_SIDE] * 1.5 + ACK_CLOCKED_NS) {
      verdict = VERDICT.fast
      evidence = sackAbove
        ? EVIDENCE.sacked
        : words[d + DUPLICATE_ACKS] >= 3
          ? EVIDENCE.duplicateAcks
          : EVIDENCE.partialAck
    } else if (state & LOSS) {
      verdict = VERDICT.rto
      evidence = EVIDENCE.timerInLoss
    } else if (sackAbove || state & RECOVERY || words[d + DUPLICATE_ACKS] >= 3) {
      const sent = time - times[(d >> 1) + SEND_TIME]
      if (quiet > timer && sent > timer) {
        verdict = VERDICT.rto
        evidence = EVIDENCE.timerInRecovery
      } else {
        verdict = VERDICT.fast
        evidence = sackAbove ? EVIDENCE.sacked : state & RECOVERY ? EVIDENCE.partialAck : EVIDENCE.duplicateAcks
      }
    } else if (state & PROBED) {
      verdict = VERDICT.rto
      evidence = EVIDENCE.timerAfterProbe
    } else if ((state & SACK_OK) === 0 && state & NO_SACK) {
      verdict = VERDICT.rto
      evidence = EVIDENCE.noSack
    } else if (end === words[d + NEXT] && !hasSackNews) {
      verdict = VERDICT.tlp
      evidence = EVIDENCE.tail
    } else {
      verdict = VERDICT.rto
      evidence = EVIDENCE.timerNotTail
    }
    if (verdict === VERDICT.rto) {
      if ((state & LOSS) === 0) {
        words[d + STATE] = (state & ~(RECOVERY | PROBED)) | LOSS
        words[d + RECOVERY_END] = words[d + NEXT]
      }
    } else if (verdict === VERDICT.tlp) {
      words[d + STATE] |= PROBED
      words[d + PROBE_END] = words[d + NEXT]
    } else if ((state & RECOVERY) === 0) {
      words[d + STATE] = (state & ~PROBED) | RECOVERY
      words[d + RECOVERY_END] = words[d + NEXT]
    }
    return this.#enter(d, row, time, verdict, evidence, this.#rowOf(earlier), this.#since(earlier, time), packet)
  }

  /** Keeps what is needed to judge later packets of this direction. */
  #note(
    packet: Packet,
    row: number,
    time: number,
    d: number,
    other: number,
    ipId: number,
    flags: number,
    length: number,
  ): void {
    const words = this.#words
    const times = this.#times
    if (flags & SYN) {
      const bit = packet.sackPermitted ? SACK_OK : NO_SACK
      words[d + STATE] |= bit
      // SACK is in use only when both ends offered it (RFC 2018 section 2).
      if (flags & ACK && !packet.sackPermitted) words[other + STATE] = (words[other + STATE] & ~SACK_OK) | NO_SACK
      if (flags & ACK && words[other + STATE] & NO_SACK) words[d + STATE] = (words[d + STATE] & ~SACK_OK) | NO_SACK
    }
    if (ipId !== 0) {
      const newer = (ipId - words[d + LAST_IP_ID]) << 16
      if (words[d + LAST_IP_ID] === 0 || newer > 0) {
        words[d + LAST_IP_ID] = ipId
        words[d + PIECES] = length > LARGEST_PIECE ? Math.floor(length / SMALLEST_PIECE) : 0
      }
    }
    if (packet.hasTimestamps) words[d + LAST_TSVAL] = packet.tsval
    const takes = length + (flags & (SYN | FIN) ? 1 : 0)
    const seq = packet.seq
    if ((words[d + STATE] & SEEN) === 0) {
      if (flags & RST) return
      words[d + STATE] |= SEEN
      words[d + FIRST] = words[d + NEXT] = seq
      words[d + HEAD] = words[d + TAIL] = NONE
      words[d + LAST_RETRANSMISSION] = NONE
    }
    if (takes === 0 || flags & RST) return
    const end = (seq + takes) | 0
    times[(d >> 1) + SEND_TIME] = time
    if (((end - words[d + NEXT]) | 0) > 0) {
      words[d + NEXT] = end
    }
    if (words[d + STATE] & ACKED && ((end - words[d + UNA]) | 0) <= 0) return
    this.#list(d, seq, end, row, time, ipId, packet.hasTimestamps ? packet.tsval : 0, flags)
  }

  /** An ACK of the other side, `d` being the direction whose data it acknowledges. */
  #acknowledge(packet: Packet, time: number, d: number, other: number, length: number, flags: number): void {
    const words = this.#words
    const times = this.#times
    const segments = this.#segments
    const ack = packet.ack
    if ((words[d + STATE] & SEEN) === 0) return
    if (flags & SYN) {
      // SYN-ACK: from here to the server and back.
      const syn = words[d + HEAD]
      if (syn !== NONE)
        times[(other >> 1) + SENDER_SIDE] = Math.max(0, time - this.#segmentTimes[(syn >> 1) + SEG_TIME])
    } else if (
      (words[d + STATE] & ACKED) === 0 ||
      (times[(d >> 1) + SENDER_SIDE] === 0 && times[(other >> 1) + SENDER_SIDE] !== 0)
    ) {
      // The ACK of the SYN-ACK: from here to the client and back.
      const first = words[d + HEAD]
      if (first !== NONE && segments[first + SEG_SENT] === 1 && segments[first + SEG_END] === ack) {
        times[(other >> 1) + SENDER_SIDE] = Math.max(0, time - this.#segmentTimes[(first >> 1) + SEG_TIME])
      }
    }
    if (flags & SYN) this.#answeredTwice(d, ack, time)
    const advance = (words[d + STATE] & ACKED) === 0 ? 1 : (ack - words[d + UNA]) | 0
    if (packet.sackBlocks > 0) this.#selective(packet, time, d, advance >= 0 ? ack : words[d + UNA])
    if (advance > 0) {
      words[d + UNA] = ack
      words[d + STATE] |= ACKED
      words[d + DUPLICATE_ACKS] = 0
      times[(d >> 1) + NEWS_TIME] = time
      this.#settle(packet, d, other, ack, time)
      this.#drop(d, ack)
      const state = words[d + STATE]
      if (state & SACKED && ((ack - words[d + SACKED_EDGE]) | 0) >= 0) words[d + STATE] &= ~SACKED
      if (state & (RECOVERY | LOSS) && ((ack - words[d + RECOVERY_END]) | 0) >= 0)
        words[d + STATE] &= ~(RECOVERY | LOSS)
      if (state & PROBED && ((ack - words[d + PROBE_END]) | 0) >= 0) words[d + STATE] &= ~PROBED
    } else if (
      // With SACK a duplicate ACK without blocks tells the sender nothing (RFC 6675 section 2).
      (words[d + STATE] & SACK_OK) === 0 &&
      advance === 0 &&
      length === 0 &&
      (flags & (SYN | FIN | RST)) === 0 &&
      packet.window === words[other + WINDOW] &&
      words[d + HEAD] !== NONE
    ) {
      if (words[d + DUPLICATE_ACKS] < 255) words[d + DUPLICATE_ACKS]++
      if (words[d + DUPLICATE_ACKS] >= 3) times[(d >> 1) + NEWS_TIME] = time
    }
    words[other + WINDOW] = packet.window
  }

  #selective(packet: Packet, time: number, d: number, ack: number): void {
    const words = this.#words
    const times = this.#times
    words[d + STATE] |= SACK_OK
    const sack = packet.sack
    // RFC 2883: a first block below the ACK, or inside the second block, reports bytes that arrived twice.
    let first = 0
    const left = sack[0]
    const right = sack[1]
    const below = ((left - ack) | 0) < 0
    const inside = packet.sackBlocks > 1 && ((left - sack[2]) | 0) >= 0 && ((right - sack[3]) | 0) <= 0
    if (below || inside) {
      this.#twice(d, left, right)
      first = 2
    }
    for (let i = first; i < packet.sackBlocks * 2; i += 2) {
      const edge = sack[i + 1]
      if (((edge - ack) | 0) <= 0) continue
      if ((words[d + STATE] & SACKED) === 0 || ((edge - words[d + SACKED_EDGE]) | 0) > 0) {
        words[d + STATE] |= SACKED
        words[d + SACKED_EDGE] = edge
        times[(d >> 1) + NEWS_TIME] = time
      }
    }
  }

  /** A second SYN-ACK sooner than any timer (RFC 6298: 1 s) answers the second SYN, so the first one had arrived as well. */
  #answeredTwice(d: number, ack: number, time: number): void {
    const words = this.#words
    const times = this.#times
    const entry = words[d + LAST_RETRANSMISSION]
    if (entry === NONE || this.#verdict[entry] !== VERDICT.syn || (words[d + STATE] & ACKED) === 0) return
    if (words[d + UNA] === ack && time - times[(d >> 1) + NEWS_TIME] < 0.9e9) this.#need[entry] = NEED.spurious
  }

  /** A DSACK for [left, right): the newest retransmission of these bytes was not needed. */
  #twice(d: number, left: number, right: number): void {
    const words = this.#words
    let entry = words[d + LAST_RETRANSMISSION]
    for (let i = 0; i < 32 && entry !== NONE; i++) {
      if (((this.#entrySeq[entry] - right) | 0) < 0 && ((left - this.#entryEnd[entry]) | 0) < 0) {
        if (this.#need[entry] !== NEED.spurious) {
          this.#need[entry] = NEED.spurious
          if (this.#verdict[entry] === VERDICT.rto || this.#verdict[entry] === VERDICT.tlp)
            words[d + STATE] &= ~(LOSS | PROBED)
          return
        }
      }
      entry = this.#entryBefore[entry]
    }
  }

  /** An ACK up to `ack`: whose transmission did it answer? RFC 3522 (Eifel): an echo older than the retransmission means the original's. */
  #settle(packet: Packet, d: number, other: number, ack: number, time: number): void {
    const words = this.#words
    const times = this.#times
    let entry = words[d + LAST_RETRANSMISSION]
    for (let i = 0; i < 32 && entry !== NONE; i++) {
      if (this.#need[entry] === NEED.unknown && ((ack - this.#entryEnd[entry]) | 0) >= 0) {
        if (packet.hasTimestamps && this.#entryTsval[entry] !== 0) {
          const older = (packet.tsecr - this.#entryTsval[entry]) | 0
          this.#need[entry] = older < 0 ? NEED.spurious : NEED.needed
          if (older < 0) words[d + STATE] &= ~(LOSS | RECOVERY)
        } else {
          const rtt = times[(other >> 1) + SENDER_SIDE]
          this.#need[entry] = rtt > 0 && time - this.#entryTime[entry] < rtt / 2 ? NEED.spurious : NEED.needed
        }
      }
      entry = this.#entryBefore[entry]
    }
  }

  // ---- the list of unacknowledged segments

  #list(
    d: number,
    seq: number,
    end: number,
    row: number,
    time: number,
    ipId: number,
    tsval: number,
    flags: number,
  ): void {
    const words = this.#words
    const segments = this.#segments
    // In order, at the tail: nearly always.
    const tail = words[d + TAIL]
    let before = NONE
    if (tail === NONE || ((seq - segments[tail + SEG_SEQ]) | 0) > 0) before = tail
    else {
      for (let s = words[d + HEAD]; s !== NONE; s = segments[s + SEG_NEXT]) {
        const offset = (seq - segments[s + SEG_SEQ]) | 0
        if (offset === 0 || (offset > 0 && ((end - segments[s + SEG_END]) | 0) <= 0)) {
          if (offset === 0 && ((end - segments[s + SEG_END]) | 0) > 0) segments[s + SEG_END] = end
          this.#segmentTimes[(s >> 1) + SEG_TIME] = time
          segments[s + SEG_ROW] = row
          segments[s + SEG_IP_ID] = ipId
          segments[s + SEG_TSVAL] = tsval
          if (segments[s + SEG_SENT] < 255) segments[s + SEG_SENT]++
          return
        }
        if (offset < 0) break
        before = s
      }
    }
    if (words[d + LISTED] >= LIST_LIMIT && !(flags & (SYN | FIN))) return
    const s = this.#allocate()
    const nodes = this.#segments
    nodes[s + SEG_SEQ] = seq
    nodes[s + SEG_END] = end
    this.#segmentTimes[(s >> 1) + SEG_TIME] = time
    nodes[s + SEG_ROW] = row
    nodes[s + SEG_IP_ID] = ipId
    nodes[s + SEG_TSVAL] = tsval
    nodes[s + SEG_SENT] = 1
    words[d + LISTED]++
    if (before === NONE) {
      nodes[s + SEG_NEXT] = words[d + HEAD]
      words[d + HEAD] = s
    } else {
      nodes[s + SEG_NEXT] = nodes[before + SEG_NEXT]
      nodes[before + SEG_NEXT] = s
    }
    if (nodes[s + SEG_NEXT] === NONE) words[d + TAIL] = s
  }

  #drop(d: number, ack: number): void {
    const words = this.#words
    const segments = this.#segments
    let s = words[d + HEAD]
    while (s !== NONE && ((ack - segments[s + SEG_END]) | 0) >= 0) {
      const next = segments[s + SEG_NEXT]
      segments[s + SEG_NEXT] = this.#free
      this.#free = s
      words[d + LISTED]--
      s = next
    }
    words[d + HEAD] = s
    if (s === NONE) words[d + TAIL] = NONE
  }

  #overlapping(d: number, seq: number, end: number): number {
    const words = this.#words
    const segments = this.#segments
    for (let s = words[d + HEAD]; s !== NONE; s = segments[s + SEG_NEXT]) {
      if (((segments[s + SEG_SEQ] - end) | 0) >= 0) return NONE
      if (((segments[s + SEG_END] - seq) | 0) > 0) return s
    }
    return NONE
  }

  #firstAfter(d: number, seq: number): number {
    const words = this.#words
    const segments = this.#segments
    for (let s = words[d + HEAD]; s !== NONE; s = segments[s + SEG_NEXT])
      if (((segments[s + SEG_SEQ] - seq) | 0) > 0) return s
    return NONE
  }

  /** A segment that was seen as one large one before the network card or a router cut it (or the other way round). */
  #isPartOf(earlier: number, packet: Packet, ipId: number, time: number): boolean {
    const segments = this.#segments
    const offset = (packet.seq - segments[earlier + SEG_SEQ]) | 0
    const whole = (segments[earlier + SEG_END] - segments[earlier + SEG_SEQ]) | 0
    if (offset < 0 || packet.payloadLength === 0 || time - this.#segmentTimes[(earlier >> 1) + SEG_TIME] > 10e6)
      return false
    if (whole === packet.payloadLength && offset === 0) return false
    const index = ((ipId - segments[earlier + SEG_IP_ID]) << 16) >> 16
    if (index < 0 || (packet.hasTimestamps && packet.tsval !== segments[earlier + SEG_TSVAL])) return false
    return index === 0 ? offset === 0 : offset % index === 0 && offset / index >= packet.payloadLength
  }

  #rowOf(segment: number): number {
    const segments = this.#segments
    return segment === NONE ? NONE : segments[segment + SEG_ROW]
  }
  #since(segment: number, time: number): number {
    return segment === NONE ? 0 : Math.max(0, time - this.#segmentTimes[(segment >> 1) + SEG_TIME])
  }

  #allocate(): number {
    const s = this.#free
    if (s !== NONE) {
      this.#free = this.#segments[s + SEG_NEXT]
      return s
    }
    if (this.#segmentsEnd === this.#segments.length) {
      this.#segments = grown(this.#segments)
      this.#segmentTimes = new Float64Array(this.#segments.buffer)
    }
    this.#segmentsEnd += SEGMENT_WORDS
    return this.#segmentsEnd - SEGMENT_WORDS
  }

  #enter(
    d: number,
    row: number,
    time: number,
    verdict: number,
    evidence: number,
    original: number,
    cost: number,
    packet: Packet,
  ): number {
    const words = this.#words
    const entry = this.#count++
    if (entry === this.#row.length) this.#growEntries()
    this.#row[entry] = row
    this.#verdict[entry] = verdict
    this.#evidence[entry] = evidence
    this.#need[entry] = NEED.unknown
    this.#original[entry] = original === NONE ? 0 : original + 1
    this.#cost[entry] = cost
    this.#entrySeq[entry] = packet.seq
    this.#entryEnd[entry] = packet.seq + packet.payloadLength + (packet.tcpFlags & (SYN | FIN) ? 1 : 0)
    this.#entryTsval[entry] = packet.hasTimestamps ? packet.tsval : 0
    this.#entryTime[entry] = time
    if (isRepetition(verdict)) {
      this.#entryBefore[entry] = words[d + LAST_RETRANSMISSION]
      words[d + LAST_RETRANSMISSION] = entry
    }
    return verdict
  }

  #growDirections(): void {
    this.#words = grown(this.#words)
    this.#times = new Float64Array(this.#words.buffer)
  }

  #growEntries(): void {
    this.#row = grown(this.#row)
    this.#verdict = grown(this.#verdict)
    this.#evidence = grown(this.#evidence)
    this.#need = grown(this.#need)
    this.#original = grown(this.#original)
    this.#cost = grown(this.#cost)
    this.#entrySeq = grown(this.#entrySeq)
    this.#entryEnd = grown(this.#entryEnd)
    this.#entryTsval = grown(this.#entryTsval)
    this.#entryTime = grown(this.#entryTime)
    this.#entryBefore = grown(this.#entryBefore)
  }
}
