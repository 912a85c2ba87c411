import { grown } from '../columns/conversation-table.ts'
import type { PacketTable } from '../columns/packet-table.ts'
import type { Packet } from '../decode/packet.ts'
import { NETWORK } from '../decode/packet.ts'
import {
  DIRECTION_WORDS,
  DUPLICATE_ACK,
  DUPLICATE_ACKS,
  END,
  FIRST,
  HEAD,
  IP_ID_AND_SENT,
  IP_ID_AND_WINDOW,
  LAST_RETRANSMISSION,
  LAST_TSVAL,
  LISTED_ONE,
  NEWS_ROW,
  NEXT,
  NEXT_SEGMENT,
  OTHER,
  PROBE_END,
  RECOVERY_END,
  ROW,
  SACKED_TO,
  SEGMENT_WORDS,
  SENDER_SIDE,
  SEND_ROW,
  SENT_ONE,
  SEQ,
  STATE,
  TAIL,
  TSVAL,
  UNA,
} from './sender-records.ts'
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

/** Whether the receiver had the bytes already. */
export const NEED = { unknown: 0, needed: 1, spurious: 2 } as const

const ACK = 0x10
const SYN = 0x02
const FIN = 0x01
const RST = 0x04

// Bits of STATE.
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
/** SACKED_TO is above UNA. */
const SACKED = 128

const NONE = -1
/** Linux TCP_RTO_MIN, 200 ms, less what a capture point's view may be off. */
const TIMER_NS = 150e6
/** A segment this soon after news (and the way to the sender and back) was sent because of it: Linux's timers wait 2 ms and more. */
const ACK_CLOCKED_NS = 1e6
/** A network reorders by less than this; only used where neither IP ID nor timestamps can tell. */
const REORDER_NS = 3e6
const LIST_LIMIT = 10_000

/**
 * Follows what the sender of each direction can know (its unacknowledged segments, SACKs, recovery state as Linux keeps it) and
 * says what each repeated segment is: the same packet seen again, an original that came late, or a retransmission and which kind.
 * Only what passed this capture point is used. `segment` runs for every analysed TCP packet, in file order.
 */
export class Verdicts {
  readonly #packets: PacketTable
  readonly #sightings = new SightingTable()

  /** A record of DIRECTION_WORDS for each direction (conversation * 2 + direction), of the data its sender sent. */
  #directions = new Int32Array(DIRECTION_WORDS * 128)
  #durations = new Float64Array(this.#directions.buffer)
  // Unacknowledged segments, each direction's in sequence order, as records of SEGMENT_WORDS; NEXT links them and the free ones.
  #segments = new Int32Array(SEGMENT_WORDS * 256)
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
  /** The direction's entry before, NONE = first. */
  #entryBefore = new Int32Array(64)

  constructor(packets: PacketTable) {
    this.#packets = packets
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

  verdict(entry: number): number {
    return this.#verdict[entry]
  }
  evidence(entry: number): number {
    return this.#evidence[entry]
  }
  /** The receiver had the bytes already; undefined = cannot tell. */
  isSpurious(entry: number): boolean | undefined {
    const need = this.#need[entry]
    return need === NEED.unknown ? undefined : need === NEED.spurious
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
    if ((d | 1) * DIRECTION_WORDS >= this.#directions.length) this.#growDirections(d)
    const f = d * DIRECTION_WORDS
    const b = before * DIRECTION_WORDS
    const words = this.#directions
    const ipId = packet.network === NETWORK.ipv4 ? packet.ipId : 0
    const flags = packet.tcpFlags
    const length = packet.payloadLength
    let verdict: number
    if (before !== d && (words[b + STATE] & SEEN) !== 0 && words[b + FIRST] === (packet.seq | 0)) {
      words[f + STATE] &= ~0xff
      verdict = this.#judge(packet, row, time, b, ipId, flags, length)
    } else {
      verdict = this.#judge(packet, row, time, f, ipId, flags, length)
    }
    if (verdict !== VERDICT.copy || (flags & (SYN | ACK)) === (SYN | ACK)) {
      this.#note(packet, row, f, ipId, flags, length)
      if (flags & ACK) this.#acknowledge(packet, row, time, f ^ OTHER, length, flags)
    }
    return verdict
  }

  #judge(packet: Packet, row: number, time: number, d: number, ipId: number, flags: number, length: number): number {
    const words = this.#directions
    const segments = this.#segments
    // Resets to several segments at once are alike and have no IP ID: nothing tells them from one seen twice.
    const seen = ipId === 0 && flags & RST ? NONE : this.#sightings.see(packet, ipId, row, time)
    if (seen !== NONE) {
      const evidence = ipId !== 0 ? EVIDENCE.sameIpId : EVIDENCE.sameTimestamp
      return this.#enter(d, row, VERDICT.copy, evidence, seen, 0, packet)
    }
    const takes = length + (flags & (SYN | FIN) ? 1 : 0)
    if (takes === 0 || flags & RST) return VERDICT.none
    const state = words[d + STATE]
    if ((state & SEEN) === 0) return VERDICT.none
    const seq = packet.seq | 0
    const end = (seq + takes) | 0
    const ahead = (seq - words[d + NEXT]) | 0
    if (ahead >= 0) return ahead === 0 && length > 0 ? this.#unseenTail(packet, row, time, d, ipId) : VERDICT.none

    if (flags & SYN) {
      const original = this.#overlapping(d, seq, end)
      const verdict = flags & ACK ? VERDICT.synack : VERDICT.syn
      return this.#enter(
        d,
        row,
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
    if (ipId !== 0 && (ipId - words[d + IP_ID_AND_WINDOW]) << 16 < 0) {
      // Sent before packets that are here already: late, not repeated. If its bytes were repeated meanwhile, that was not needed.
      this.#twice(d, seq, end)
      return this.#reordered(packet, row, time, d, EVIDENCE.olderIpId, this.#firstAfter(d, seq))
    }
    const earlier = this.#overlapping(d, seq, end)
    const delivered = (state & ACKED) !== 0 && ((end - words[d + UNA]) | 0) <= 0
    if (earlier === NONE && !delivered) return this.#fillsHole(packet, row, time, d, ipId, seq, end)
    if (earlier !== NONE && ipId !== 0 && this.#isPartOf(earlier, packet, ipId, time)) {
      return this.#enter(d, row, VERDICT.copy, EVIDENCE.partOfSegment, segments[earlier + ROW], 0, packet)
    }
    return this.#retransmission(packet, row, time, d, earlier, end)
  }

  /** Bytes that were not seen here although later ones were: the original, late, or a retransmission of one lost before this point. */
  #fillsHole(packet: Packet, row: number, time: number, d: number, ipId: number, seq: number, end: number): number {
    const words = this.#directions
    const segments = this.#segments
    const after = this.#firstAfter(d, seq)
    if (after !== NONE) {
      if (ipId !== 0 && (words[d + IP_ID_AND_WINDOW] & 0xffff) !== 0) {
        // Newer than all that is here: sent again.
      } else if (
        packet.hasTimestamps &&
        segments[after + TSVAL] !== 0 &&
        (packet.tsval | 0) !== segments[after + TSVAL]
      ) {
        const younger = (packet.tsval - segments[after + TSVAL]) | 0
        if (younger < 0) return this.#reordered(packet, row, time, d, EVIDENCE.olderTimestamp, after)
      } else if (time - this.#packets.time(segments[after + ROW]) < REORDER_NS) {
        return this.#reordered(packet, row, time, d, EVIDENCE.quickAfterHole, after)
      }
    }
    return this.#retransmission(packet, row, time, d, NONE, end)
  }

  #reordered(packet: Packet, row: number, time: number, d: number, evidence: number, after: number): number {
    return this.#enter(d, row, VERDICT.reordered, evidence, this.#rowOf(after), this.#since(after, time), packet)
  }

  /**
   * Next in sequence, so nothing says that it was sent before - but Linux numbers a connection's packets one by one (IP ID), so a
   * gap in them with a timer's wait before says that packets of this direction were lost before this point.
   */
  #unseenTail(packet: Packet, row: number, time: number, d: number, ipId: number): number {
    const words = this.#directions
    const lastIpId = words[d + IP_ID_AND_WINDOW] & 0xffff
    if (ipId === 0 || lastIpId === 0) return VERDICT.none
    const gap = (((ipId - lastIpId) << 16) >> 16) - 1
    if (gap < 1 || gap > 64) return VERDICT.none
    const quiet = time - Math.max(this.#timeOf(words[d + SEND_ROW]), this.#timeOf(words[d + NEWS_ROW]))
    if (quiet < TIMER_NS + this.#senderSide(d)) return VERDICT.none
    // A path that stalled delivers late what was sent early. Linux's timestamps tick once a millisecond.
    if (packet.hasTimestamps && ((packet.tsval - words[d + LAST_TSVAL]) | 0) * 1e6 < quiet * 0.7) return VERDICT.none
    return this.#enter(d, row, VERDICT.retransmission, EVIDENCE.ipIdGap, NONE, 0, packet)
  }

  /** Which of the sender's mechanisms sent it again: Linux's states, as far as this point can follow them. */
  #retransmission(packet: Packet, row: number, time: number, d: number, earlier: number, end: number): number {
    const words = this.#directions
    const state = words[d + STATE]
    const hasSackNews = (state & SACKED) !== 0
    const sackAbove = hasSackNews && ((words[d + SACKED_TO] - packet.seq) | 0) > 0
    const quiet = time - this.#timeOf(words[d + NEWS_ROW])
    const senderSide = this.#senderSide(d)
    const duplicateAcks = (words[d + STATE] & DUPLICATE_ACKS) >>> 8
    const timer = TIMER_NS + senderSide
    let verdict: number
    let evidence: number
    if (state & ACKED && quiet < senderSide * 1.5 + ACK_CLOCKED_NS) {
      verdict = VERDICT.fast
      evidence = sackAbove ? EVIDENCE.sacked : duplicateAcks >= 3 ? EVIDENCE.duplicateAcks : EVIDENCE.partialAck
    } else if (state & LOSS) {
      verdict = VERDICT.rto
      evidence = EVIDENCE.timerInLoss
    } else if (sackAbove || state & RECOVERY || duplicateAcks >= 3) {
      const sent = time - this.#timeOf(words[d + SEND_ROW])
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
    return this.#enter(d, row, verdict, evidence, this.#rowOf(earlier), this.#since(earlier, time), packet)
  }

  /** Keeps what is needed to judge later packets of this direction. */
  #note(packet: Packet, row: number, d: number, ipId: number, flags: number, length: number): void {
    const words = this.#directions
    if (flags & SYN) {
      const bit = packet.sackPermitted ? SACK_OK : NO_SACK
      words[d + STATE] |= bit
      // SACK is in use only when both ends offered it (RFC 2018 section 2).
      if (flags & ACK && !packet.sackPermitted)
        words[(d ^ OTHER) + STATE] = (words[(d ^ OTHER) + STATE] & ~SACK_OK) | NO_SACK
      if (flags & ACK && words[(d ^ OTHER) + STATE] & NO_SACK)
        words[d + STATE] = (words[d + STATE] & ~SACK_OK) | NO_SACK
    }
    if (ipId !== 0) {
      const both = words[d + IP_ID_AND_WINDOW]
      const newer = (ipId - both) << 16
      if ((both & 0xffff) === 0 || newer > 0) words[d + IP_ID_AND_WINDOW] = (both & ~0xffff) | ipId
    }
    if (packet.hasTimestamps) words[d + LAST_TSVAL] = packet.tsval
    const takes = length + (flags & (SYN | FIN) ? 1 : 0)
    const seq = packet.seq | 0
    if ((words[d + STATE] & SEEN) === 0) {
      if (flags & RST) return
      words[d + STATE] |= SEEN
      words[d + FIRST] = words[d + NEXT] = seq
      words[d + HEAD] = words[d + TAIL] = NONE
      words[d + LAST_RETRANSMISSION] = NONE
    }
    if (takes === 0 || flags & RST) return
    const end = (seq + takes) | 0
    words[d + SEND_ROW] = row + 1
    if (((end - words[d + NEXT]) | 0) > 0) {
      words[d + NEXT] = end
    }
    if (words[d + STATE] & ACKED && ((end - words[d + UNA]) | 0) <= 0) return
    this.#list(d, seq, end, row, ipId, packet.hasTimestamps ? packet.tsval : 0, flags)
  }

  /** An ACK of the other side, `d` being the direction whose data it acknowledges. */
  #acknowledge(packet: Packet, row: number, time: number, d: number, length: number, flags: number): void {
    const words = this.#directions
    const segments = this.#segments
    const ack = packet.ack | 0
    if ((words[d + STATE] & SEEN) === 0) return
    if (flags & SYN) {
      // SYN-ACK: from here to the server and back.
      const syn = words[d + HEAD]
      if (syn !== NONE) this.#setSenderSide(d ^ OTHER, this.#since(syn, time))
    } else if ((words[d + STATE] & ACKED) === 0 || (this.#senderSide(d) === 0 && this.#senderSide(d ^ OTHER) !== 0)) {
      // The ACK of the SYN-ACK: from here to the client and back.
      const first = words[d + HEAD]
      if (first !== NONE && segments[first + IP_ID_AND_SENT] >>> 16 === 1 && segments[first + END] === ack) {
        this.#setSenderSide(d ^ OTHER, this.#since(first, time))
      }
    }
    if (flags & SYN) this.#answeredTwice(d, ack, time)
    const advance = (words[d + STATE] & ACKED) === 0 ? 1 : (ack - words[d + UNA]) | 0
    if (packet.sackBlocks > 0) this.#selective(packet, row, d, advance >= 0 ? ack : words[d + UNA])
    if (advance > 0) {
      words[d + UNA] = ack
      words[d + STATE] |= ACKED
      words[d + STATE] &= ~DUPLICATE_ACKS
      words[d + NEWS_ROW] = row + 1
      this.#settle(packet, d, ack, time)
      this.#drop(d, ack)
      const state = words[d + STATE]
      if (state & SACKED && ((ack - words[d + SACKED_TO]) | 0) >= 0) words[d + STATE] &= ~SACKED
      if (state & (RECOVERY | LOSS) && ((ack - words[d + RECOVERY_END]) | 0) >= 0)
        words[d + STATE] &= ~(RECOVERY | LOSS)
      if (state & PROBED && ((ack - words[d + PROBE_END]) | 0) >= 0) words[d + STATE] &= ~PROBED
    } else if (
      // With SACK a duplicate ACK without blocks tells the sender nothing (RFC 6675 section 2).
      (words[d + STATE] & SACK_OK) === 0 &&
      advance === 0 &&
      length === 0 &&
      (flags & (SYN | FIN | RST)) === 0 &&
      packet.window === words[(d ^ OTHER) + IP_ID_AND_WINDOW] >>> 16 &&
      words[d + HEAD] !== NONE
    ) {
      if ((words[d + STATE] & DUPLICATE_ACKS) !== DUPLICATE_ACKS) words[d + STATE] += DUPLICATE_ACK
      if ((words[d + STATE] & DUPLICATE_ACKS) >= 3 * DUPLICATE_ACK) words[d + NEWS_ROW] = row + 1
    }
    const from = (d ^ OTHER) + IP_ID_AND_WINDOW
    words[from] = (words[from] & 0xffff) | (packet.window << 16)
  }

  #selective(packet: Packet, row: number, d: number, ack: number): void {
    const words = this.#directions
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
      if ((words[d + STATE] & SACKED) === 0 || ((edge - words[d + SACKED_TO]) | 0) > 0) {
        words[d + STATE] |= SACKED
        words[d + SACKED_TO] = edge
        words[d + NEWS_ROW] = row + 1
      }
    }
  }

  /** A second SYN-ACK sooner than any timer (RFC 6298: 1 s) answers the second SYN, so the first one had arrived as well. */
  #answeredTwice(d: number, ack: number, time: number): void {
    const words = this.#directions
    const entry = words[d + LAST_RETRANSMISSION]
    if (entry === NONE || this.#verdict[entry] !== VERDICT.syn || (words[d + STATE] & ACKED) === 0) return
    if (words[d + UNA] === ack && time - this.#timeOf(words[d + NEWS_ROW]) < 0.9e9) this.#need[entry] = NEED.spurious
  }

  /** A DSACK for [left, right): the newest retransmission of these bytes was not needed. */
  #twice(d: number, left: number, right: number): void {
    const words = this.#directions
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
  #settle(packet: Packet, d: number, ack: number, time: number): void {
    const words = this.#directions
    let entry = words[d + LAST_RETRANSMISSION]
    for (let i = 0; i < 32 && entry !== NONE; i++) {
      if (this.#need[entry] === NEED.unknown && ((ack - this.#entryEnd[entry]) | 0) >= 0) {
        if (packet.hasTimestamps && this.#entryTsval[entry] !== 0) {
          const older = (packet.tsecr - this.#entryTsval[entry]) | 0
          this.#need[entry] = older < 0 ? NEED.spurious : NEED.needed
          if (older < 0) words[d + STATE] &= ~(LOSS | RECOVERY)
        } else {
          const rtt = this.#senderSide(d ^ OTHER)
          this.#need[entry] =
            rtt > 0 && time - this.#packets.time(this.#row[entry]) < rtt / 2 ? NEED.spurious : NEED.needed
        }
      }
      entry = this.#entryBefore[entry]
    }
  }

  // ---- the list of unacknowledged segments

  #list(d: number, seq: number, end: number, row: number, ipId: number, tsval: number, flags: number): void {
    const words = this.#directions
    let segments = this.#segments
    // In order, at the tail: nearly always.
    const tail = words[d + TAIL]
    let before = NONE
    if (tail === NONE || ((seq - segments[tail + SEQ]) | 0) > 0) before = tail
    else {
      for (let s = words[d + HEAD]; s !== NONE; s = segments[s + NEXT_SEGMENT]) {
        const offset = (seq - segments[s + SEQ]) | 0
        if (offset === 0 || (offset > 0 && ((end - segments[s + END]) | 0) <= 0)) {
          if (offset === 0 && ((end - segments[s + END]) | 0) > 0) segments[s + END] = end
          segments[s + ROW] = row
          segments[s + TSVAL] = tsval
          const sent = segments[s + IP_ID_AND_SENT] >>> 16
          segments[s + IP_ID_AND_SENT] = ((sent < 255 ? sent + 1 : sent) << 16) | ipId
          return
        }
        if (offset < 0) break
        before = s
      }
    }
    if (words[d + STATE] >>> 16 >= LIST_LIMIT && !(flags & (SYN | FIN))) return
    const s = this.#allocate()
    segments = this.#segments
    segments[s + SEQ] = seq
    segments[s + END] = end
    segments[s + ROW] = row
    segments[s + TSVAL] = tsval
    segments[s + IP_ID_AND_SENT] = SENT_ONE | ipId
    words[d + STATE] += LISTED_ONE
    if (before === NONE) {
      segments[s + NEXT_SEGMENT] = words[d + HEAD]
      words[d + HEAD] = s
    } else {
      segments[s + NEXT_SEGMENT] = segments[before + NEXT_SEGMENT]
      segments[before + NEXT_SEGMENT] = s
    }
    if (segments[s + NEXT_SEGMENT] === NONE) words[d + TAIL] = s
  }

  #drop(d: number, ack: number): void {
    const words = this.#directions
    const segments = this.#segments
    let s = words[d + HEAD]
    while (s !== NONE && ((ack - segments[s + END]) | 0) >= 0) {
      const next = segments[s + NEXT_SEGMENT]
      segments[s + NEXT_SEGMENT] = this.#free
      this.#free = s
      words[d + STATE] -= LISTED_ONE
      s = next
    }
    words[d + HEAD] = s
    if (s === NONE) words[d + TAIL] = NONE
  }

  #overlapping(d: number, seq: number, end: number): number {
    const words = this.#directions
    const segments = this.#segments
    for (let s = words[d + HEAD]; s !== NONE; s = segments[s + NEXT_SEGMENT]) {
      if (((segments[s + SEQ] - end) | 0) >= 0) return NONE
      if (((segments[s + END] - seq) | 0) > 0) return s
    }
    return NONE
  }

  #firstAfter(d: number, seq: number): number {
    const words = this.#directions
    const segments = this.#segments
    for (let s = words[d + HEAD]; s !== NONE; s = segments[s + NEXT_SEGMENT])
      if (((segments[s + SEQ] - seq) | 0) > 0) return s
    return NONE
  }

  /** A segment that was seen as one large one before the network card or a router cut it (or the other way round). */
  #isPartOf(earlier: number, packet: Packet, ipId: number, time: number): boolean {
    const segments = this.#segments
    const offset = (packet.seq - segments[earlier + SEQ]) | 0
    const whole = (segments[earlier + END] - segments[earlier + SEQ]) | 0
    if (offset < 0 || packet.payloadLength === 0 || time - this.#packets.time(segments[earlier + ROW]) > 10e6)
      return false
    if (whole === packet.payloadLength && offset === 0) return false
    const index = ((ipId - segments[earlier + IP_ID_AND_SENT]) << 16) >> 16
    if (index < 0 || (packet.hasTimestamps && (packet.tsval | 0) !== segments[earlier + TSVAL])) return false
    return index === 0 ? offset === 0 : offset % index === 0 && offset / index >= packet.payloadLength
  }

  /** The time of 1 + row; 0 for none. */
  #timeOf(row: number): number {
    return row === 0 ? 0 : this.#packets.time(row - 1)
  }
  #senderSide(d: number): number {
    return this.#durations[(d >> 1) + SENDER_SIDE]
  }
  #setSenderSide(d: number, nanoseconds: number): void {
    this.#durations[(d >> 1) + SENDER_SIDE] = nanoseconds
  }
  #rowOf(segment: number): number {
    return segment === NONE ? NONE : this.#segments[segment + ROW]
  }
  #since(segment: number, time: number): number {
    return segment === NONE ? 0 : Math.max(0, time - this.#packets.time(this.#segments[segment + ROW]))
  }

  #allocate(): number {
    const segments = this.#segments
    const s = this.#free
    if (s !== NONE) {
      this.#free = segments[s + NEXT_SEGMENT]
      return s
    }
    const fresh = this.#segmentsEnd
    if (fresh === this.#segments.length) this.#segments = grown(this.#segments)
    this.#segmentsEnd = fresh + SEGMENT_WORDS
    return fresh
  }

  #enter(
    d: number,
    row: number,
    verdict: number,
    evidence: number,
    original: number,
    cost: number,
    packet: Packet,
  ): number {
    const words = this.#directions
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
    if (verdict >= VERDICT.fast && verdict <= VERDICT.retransmission) {
      this.#entryBefore[entry] = words[d + LAST_RETRANSMISSION]
      words[d + LAST_RETRANSMISSION] = entry
    }
    return verdict
  }

  #growDirections(d: number): void {
    while ((d | 1) * DIRECTION_WORDS >= this.#directions.length) this.#directions = grown(this.#directions)
    this.#durations = new Float64Array(this.#directions.buffer)
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
    this.#entryBefore = grown(this.#entryBefore)
  }
}
