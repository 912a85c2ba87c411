import { grown } from '../columns/conversation-table.ts'
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

// Bits of `#state`, per direction.
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
  readonly #sightings = new SightingTable()

  // Per direction (conversation * 2 + direction), of the data its sender sent.
  #state = new Uint8Array(128)
  /** First sequence number seen: the ISN where the SYN was. */
  #first = new Uint32Array(128)
  #next = new Uint32Array(128)
  #una = new Uint32Array(128)
  /** Highest SACKed edge, valid while SACKED is set. */
  #sacked = new Uint32Array(128)
  /** High-water marks of recovery or loss, and of the probe. */
  #recoveryEnd = new Uint32Array(128)
  #probeEnd = new Uint32Array(128)
  #duplicateAcks = new Uint8Array(128)
  #lastIpId = new Uint16Array(128)
  /** IP IDs that the last packet takes beyond its own: a segment that is cut up on its way out numbers each piece. */
  #pieces = new Uint16Array(128)
  /** Window of the last packet, unscaled. */
  #window = new Uint16Array(128)
  /** Timestamp of the last packet that had one. */
  #lastTsval = new Uint32Array(128)
  #head = new Int32Array(128)
  #tail = new Int32Array(128)
  #listed = new Uint16Array(128)
  /** When the other side last told something new: an advance, a SACK, a duplicate ACK. */
  #newsTime = new Float64Array(128)
  #sendTime = new Float64Array(128)
  /** From this point to the sender and back, from the handshake; 0 = unknown. */
  #senderSide = new Float64Array(128)
  #lastRetransmission = new Int32Array(128)

  // Unacknowledged segments, each direction's in sequence order; #segNext links them and the free ones.
  #segSeq = new Uint32Array(256)
  #segEnd = new Uint32Array(256)
  #segTime = new Float64Array(256)
  #segRow = new Uint32Array(256)
  #segIpId = new Uint16Array(256)
  #segTsval = new Uint32Array(256)
  #segSent = new Uint8Array(256)
  #segNext = new Int32Array(256)
  #free = NONE
  #segments = 0

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
    while (d + 2 > this.#state.length) this.#growDirections()
    const ipId = packet.network === NETWORK.ipv4 ? packet.ipId : 0
    const flags = packet.tcpFlags
    const length = packet.payloadLength
    let verdict: number
    if (before !== d && (this.#state[before] & SEEN) !== 0 && this.#first[before] === packet.seq) {
      this.#state[d] = 0
      verdict = this.#judge(packet, row, time, before, ipId, flags, length)
    } else {
      verdict = this.#judge(packet, row, time, d, ipId, flags, length)
    }
    if (verdict !== VERDICT.copy || (flags & (SYN | ACK)) === (SYN | ACK)) {
      this.#note(packet, row, time, d, ipId, flags, length)
      if (flags & ACK) this.#acknowledge(packet, time, d ^ 1, length, flags)
    }
    return verdict
  }

  #judge(packet: Packet, row: number, time: number, d: number, ipId: number, flags: number, length: number): number {
    // Resets to several segments at once are alike and have no IP ID: nothing tells them from one seen twice.
    const seen = ipId === 0 && flags & RST ? NONE : this.#sightings.see(packet, ipId, row, time)
    if (seen !== NONE) {
      const evidence = ipId !== 0 ? EVIDENCE.sameIpId : EVIDENCE.sameTimestamp
      return this.#enter(d, row, time, VERDICT.copy, evidence, seen, 0, packet)
    }
    const takes = length + (flags & (SYN | FIN) ? 1 : 0)
    if (takes === 0 || flags & RST) return VERDICT.none
    const state = this.#state[d]
    if ((state & SEEN) === 0) return VERDICT.none
    const seq = packet.seq
    const end = (seq + takes) >>> 0
    const ahead = (seq - this.#next[d]) | 0
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
    if (length <= 1 && (flags & FIN) === 0 && ahead === -1 && (state & ACKED) !== 0 && ((seq - this.#una[d]) | 0) < 0) {
      return VERDICT.none
    }
    if (ipId !== 0 && this.#lastIpId[d] !== 0 && (ipId - this.#lastIpId[d]) << 16 < 0) {
      // Sent before packets that are here already: late, not repeated. If its bytes were repeated meanwhile, that was not needed.
      this.#twice(d, seq, end)
      return this.#reordered(packet, row, time, d, EVIDENCE.olderIpId, this.#firstAfter(d, seq))
    }
    const earlier = this.#overlapping(d, seq, end)
    const delivered = (state & ACKED) !== 0 && ((end - this.#una[d]) | 0) <= 0
    if (earlier === NONE && !delivered) return this.#fillsHole(packet, row, time, d, ipId, seq, end)
    if (earlier !== NONE && ipId !== 0 && this.#isPartOf(earlier, packet, ipId, time)) {
      return this.#enter(d, row, time, VERDICT.copy, EVIDENCE.partOfSegment, this.#segRow[earlier], 0, packet)
    }
    const verdict = this.#retransmission(packet, row, time, d, earlier, end)
    if (delivered) this.#need[this.#count - 1] = NEED.acknowledged
    return verdict
  }

  /** Bytes that were not seen here although later ones were: the original, late, or a retransmission of one lost before this point. */
  #fillsHole(packet: Packet, row: number, time: number, d: number, ipId: number, seq: number, end: number): number {
    const after = this.#firstAfter(d, seq)
    if (after !== NONE) {
      if (ipId !== 0 && this.#lastIpId[d] !== 0) {
        // Newer than all that is here: sent again.
      } else if (packet.hasTimestamps && this.#segTsval[after] !== 0 && packet.tsval !== this.#segTsval[after]) {
        const younger = (packet.tsval - this.#segTsval[after]) | 0
        if (younger < 0) return this.#reordered(packet, row, time, d, EVIDENCE.olderTimestamp, after)
      } else if (time - this.#segTime[after] < REORDER_NS) {
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
    if (ipId === 0 || this.#lastIpId[d] === 0) return VERDICT.none
    const gap = (((ipId - this.#lastIpId[d]) << 16) >> 16) - 1 - this.#pieces[d]
    if (gap < 1 || gap > 64) return VERDICT.none
    const quiet = time - Math.max(this.#sendTime[d], this.#newsTime[d])
    if (quiet < TIMER_NS + this.#senderSide[d]) return VERDICT.none
    // A path that stalled delivers late what was sent early. Linux's timestamps tick once a millisecond.
    if (packet.hasTimestamps && ((packet.tsval - this.#lastTsval[d]) | 0) * 1e6 < quiet * 0.7) return VERDICT.none
    return this.#enter(d, row, time, VERDICT.retransmission, EVIDENCE.ipIdGap, NONE, 0, packet)
  }

  /** Which of the sender's mechanisms sent it again: Linux's states, as far as this point can follow them. */
  #retransmission(packet: Packet, row: number, time: number, d: number, earlier: number, end: number): number {
    const state = this.#state[d]
    const hasSackNews = (state & SACKED) !== 0
    const sackAbove = hasSackNews && ((this.#sacked[d] - packet.seq) | 0) > 0
    const quiet = time - this.#newsTime[d]
    const timer = TIMER_NS + this.#senderSide[d]
    let verdict: number
    let evidence: number
    if (state & ACKED && quiet < this.#senderSide[d] * 1.5 + ACK_CLOCKED_NS) {
      verdict = VERDICT.fast
      evidence = sackAbove
        ? EVIDENCE.sacked
        : this.#duplicateAcks[d] >= 3
          ? EVIDENCE.duplicateAcks
          : EVIDENCE.partialAck
    } else if (state & LOSS) {
      verdict = VERDICT.rto
      evidence = EVIDENCE.timerInLoss
    } else if (sackAbove || state & RECOVERY || this.#duplicateAcks[d] >= 3) {
      const sent = time - this.#sendTime[d]
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
    } else if (end === this.#next[d] && !hasSackNews) {
      verdict = VERDICT.tlp
      evidence = EVIDENCE.tail
    } else {
      verdict = VERDICT.rto
      evidence = EVIDENCE.timerNotTail
    }
    if (verdict === VERDICT.rto) {
      if ((state & LOSS) === 0) {
        this.#state[d] = (state & ~(RECOVERY | PROBED)) | LOSS
        this.#recoveryEnd[d] = this.#next[d]
      }
    } else if (verdict === VERDICT.tlp) {
      this.#state[d] |= PROBED
      this.#probeEnd[d] = this.#next[d]
    } else if ((state & RECOVERY) === 0) {
      this.#state[d] = (state & ~PROBED) | RECOVERY
      this.#recoveryEnd[d] = this.#next[d]
    }
    return this.#enter(d, row, time, verdict, evidence, this.#rowOf(earlier), this.#since(earlier, time), packet)
  }

  /** Keeps what is needed to judge later packets of this direction. */
  #note(packet: Packet, row: number, time: number, d: number, ipId: number, flags: number, length: number): void {
    if (flags & SYN) {
      const bit = packet.sackPermitted ? SACK_OK : NO_SACK
      this.#state[d] |= bit
      // SACK is in use only when both ends offered it (RFC 2018 section 2).
      if (flags & ACK && !packet.sackPermitted) this.#state[d ^ 1] = (this.#state[d ^ 1] & ~SACK_OK) | NO_SACK
      if (flags & ACK && this.#state[d ^ 1] & NO_SACK) this.#state[d] = (this.#state[d] & ~SACK_OK) | NO_SACK
    }
    if (ipId !== 0) {
      const newer = (ipId - this.#lastIpId[d]) << 16
      if (this.#lastIpId[d] === 0 || newer > 0) {
        this.#lastIpId[d] = ipId
        this.#pieces[d] = length > LARGEST_PIECE ? Math.floor(length / SMALLEST_PIECE) : 0
      }
    }
    if (packet.hasTimestamps) this.#lastTsval[d] = packet.tsval
    const takes = length + (flags & (SYN | FIN) ? 1 : 0)
    const seq = packet.seq
    if ((this.#state[d] & SEEN) === 0) {
      if (flags & RST) return
      this.#state[d] |= SEEN
      this.#first[d] = this.#next[d] = seq
      this.#head[d] = this.#tail[d] = NONE
      this.#lastRetransmission[d] = NONE
    }
    if (takes === 0 || flags & RST) return
    const end = (seq + takes) >>> 0
    this.#sendTime[d] = time
    if (((end - this.#next[d]) | 0) > 0) {
      this.#next[d] = end
    }
    if (this.#state[d] & ACKED && ((end - this.#una[d]) | 0) <= 0) return
    this.#list(d, seq, end, row, time, ipId, packet.hasTimestamps ? packet.tsval : 0, flags)
  }

  /** An ACK of the other side, `d` being the direction whose data it acknowledges. */
  #acknowledge(packet: Packet, time: number, d: number, length: number, flags: number): void {
    const ack = packet.ack
    if ((this.#state[d] & SEEN) === 0) return
    if (flags & SYN) {
      // SYN-ACK: from here to the server and back.
      const syn = this.#head[d]
      if (syn !== NONE) this.#senderSide[d ^ 1] = Math.max(0, time - this.#segTime[syn])
    } else if ((this.#state[d] & ACKED) === 0 || (this.#senderSide[d] === 0 && this.#senderSide[d ^ 1] !== 0)) {
      // The ACK of the SYN-ACK: from here to the client and back.
      const first = this.#head[d]
      if (first !== NONE && this.#segSent[first] === 1 && this.#segEnd[first] === ack) {
        this.#senderSide[d ^ 1] = Math.max(0, time - this.#segTime[first])
      }
    }
    if (flags & SYN) this.#answeredTwice(d, ack, time)
    const advance = (this.#state[d] & ACKED) === 0 ? 1 : (ack - this.#una[d]) | 0
    if (packet.sackBlocks > 0) this.#selective(packet, time, d, advance >= 0 ? ack : this.#una[d])
    if (advance > 0) {
      this.#una[d] = ack
      this.#state[d] |= ACKED
      this.#duplicateAcks[d] = 0
      this.#newsTime[d] = time
      this.#settle(packet, d, ack, time)
      this.#drop(d, ack)
      const state = this.#state[d]
      if (state & SACKED && ((ack - this.#sacked[d]) | 0) >= 0) this.#state[d] &= ~SACKED
      if (state & (RECOVERY | LOSS) && ((ack - this.#recoveryEnd[d]) | 0) >= 0) this.#state[d] &= ~(RECOVERY | LOSS)
      if (state & PROBED && ((ack - this.#probeEnd[d]) | 0) >= 0) this.#state[d] &= ~PROBED
    } else if (
      // With SACK a duplicate ACK without blocks tells the sender nothing (RFC 6675 section 2).
      (this.#state[d] & SACK_OK) === 0 &&
      advance === 0 &&
      length === 0 &&
      (flags & (SYN | FIN | RST)) === 0 &&
      packet.window === this.#window[d ^ 1] &&
      this.#head[d] !== NONE
    ) {
      if (this.#duplicateAcks[d] < 255) this.#duplicateAcks[d]++
      if (this.#duplicateAcks[d] >= 3) this.#newsTime[d] = time
    }
    this.#window[d ^ 1] = packet.window
  }

  #selective(packet: Packet, time: number, d: number, ack: number): void {
    this.#state[d] |= SACK_OK
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
      if ((this.#state[d] & SACKED) === 0 || ((edge - this.#sacked[d]) | 0) > 0) {
        this.#state[d] |= SACKED
        this.#sacked[d] = edge
        this.#newsTime[d] = time
      }
    }
  }

  /** A second SYN-ACK sooner than any timer (RFC 6298: 1 s) answers the second SYN, so the first one had arrived as well. */
  #answeredTwice(d: number, ack: number, time: number): void {
    const entry = this.#lastRetransmission[d]
    if (entry === NONE || this.#verdict[entry] !== VERDICT.syn || (this.#state[d] & ACKED) === 0) return
    if (this.#una[d] === ack && time - this.#newsTime[d] < 0.9e9) this.#need[entry] = NEED.spurious
  }

  /** A DSACK for [left, right): the newest retransmission of these bytes was not needed. */
  #twice(d: number, left: number, right: number): void {
    let entry = this.#lastRetransmission[d]
    for (let i = 0; i < 32 && entry !== NONE; i++) {
      if (((this.#entrySeq[entry] - right) | 0) < 0 && ((left - this.#entryEnd[entry]) | 0) < 0) {
        if (this.#need[entry] !== NEED.spurious) {
          this.#need[entry] = NEED.spurious
          if (this.#verdict[entry] === VERDICT.rto || this.#verdict[entry] === VERDICT.tlp)
            this.#state[d] &= ~(LOSS | PROBED)
          return
        }
      }
      entry = this.#entryBefore[entry]
    }
  }

  /** An ACK up to `ack`: whose transmission did it answer? RFC 3522 (Eifel): an echo older than the retransmission means the original's. */
  #settle(packet: Packet, d: number, ack: number, time: number): void {
    let entry = this.#lastRetransmission[d]
    for (let i = 0; i < 32 && entry !== NONE; i++) {
      if (this.#need[entry] === NEED.unknown && ((ack - this.#entryEnd[entry]) | 0) >= 0) {
        if (packet.hasTimestamps && this.#entryTsval[entry] !== 0) {
          const older = (packet.tsecr - this.#entryTsval[entry]) | 0
          this.#need[entry] = older < 0 ? NEED.spurious : NEED.needed
          if (older < 0) this.#state[d] &= ~(LOSS | RECOVERY)
        } else {
          const rtt = this.#senderSide[d ^ 1]
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
    // In order, at the tail: nearly always.
    const tail = this.#tail[d]
    let before = NONE
    if (tail === NONE || ((seq - this.#segSeq[tail]) | 0) > 0) before = tail
    else {
      for (let s = this.#head[d]; s !== NONE; s = this.#segNext[s]) {
        const offset = (seq - this.#segSeq[s]) | 0
        if (offset === 0 || (offset > 0 && ((end - this.#segEnd[s]) | 0) <= 0)) {
          if (offset === 0 && ((end - this.#segEnd[s]) | 0) > 0) this.#segEnd[s] = end
          this.#segTime[s] = time
          this.#segRow[s] = row
          this.#segIpId[s] = ipId
          this.#segTsval[s] = tsval
          if (this.#segSent[s] < 255) this.#segSent[s]++
          return
        }
        if (offset < 0) break
        before = s
      }
    }
    if (this.#listed[d] >= LIST_LIMIT && !(flags & (SYN | FIN))) return
    const s = this.#allocate()
    this.#segSeq[s] = seq
    this.#segEnd[s] = end
    this.#segTime[s] = time
    this.#segRow[s] = row
    this.#segIpId[s] = ipId
    this.#segTsval[s] = tsval
    this.#segSent[s] = 1
    this.#listed[d]++
    if (before === NONE) {
      this.#segNext[s] = this.#head[d]
      this.#head[d] = s
    } else {
      this.#segNext[s] = this.#segNext[before]
      this.#segNext[before] = s
    }
    if (this.#segNext[s] === NONE) this.#tail[d] = s
  }

  #drop(d: number, ack: number): void {
    let s = this.#head[d]
    while (s !== NONE && ((ack - this.#segEnd[s]) | 0) >= 0) {
      const next = this.#segNext[s]
      this.#segNext[s] = this.#free
      this.#free = s
      this.#listed[d]--
      s = next
    }
    this.#head[d] = s
    if (s === NONE) this.#tail[d] = NONE
  }

  #overlapping(d: number, seq: number, end: number): number {
    for (let s = this.#head[d]; s !== NONE; s = this.#segNext[s]) {
      if (((this.#segSeq[s] - end) | 0) >= 0) return NONE
      if (((this.#segEnd[s] - seq) | 0) > 0) return s
    }
    return NONE
  }

  #firstAfter(d: number, seq: number): number {
    for (let s = this.#head[d]; s !== NONE; s = this.#segNext[s]) if (((this.#segSeq[s] - seq) | 0) > 0) return s
    return NONE
  }

  /** A segment that was seen as one large one before the network card or a router cut it (or the other way round). */
  #isPartOf(earlier: number, packet: Packet, ipId: number, time: number): boolean {
    const offset = (packet.seq - this.#segSeq[earlier]) | 0
    const whole = (this.#segEnd[earlier] - this.#segSeq[earlier]) | 0
    if (offset < 0 || packet.payloadLength === 0 || time - this.#segTime[earlier] > 10e6) return false
    if (whole === packet.payloadLength && offset === 0) return false
    const index = ((ipId - this.#segIpId[earlier]) << 16) >> 16
    if (index < 0 || (packet.hasTimestamps && packet.tsval !== this.#segTsval[earlier])) return false
    return index === 0 ? offset === 0 : offset % index === 0 && offset / index >= packet.payloadLength
  }

  #rowOf(segment: number): number {
    return segment === NONE ? NONE : this.#segRow[segment]
  }
  #since(segment: number, time: number): number {
    return segment === NONE ? 0 : Math.max(0, time - this.#segTime[segment])
  }

  #allocate(): number {
    const s = this.#free
    if (s !== NONE) {
      this.#free = this.#segNext[s]
      return s
    }
    if (this.#segments === this.#segSeq.length) {
      this.#segSeq = grown(this.#segSeq)
      this.#segEnd = grown(this.#segEnd)
      this.#segTime = grown(this.#segTime)
      this.#segRow = grown(this.#segRow)
      this.#segIpId = grown(this.#segIpId)
      this.#segTsval = grown(this.#segTsval)
      this.#segSent = grown(this.#segSent)
      this.#segNext = grown(this.#segNext)
    }
    return this.#segments++
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
    if (verdict >= VERDICT.fast && verdict <= VERDICT.retransmission) {
      this.#entryBefore[entry] = this.#lastRetransmission[d]
      this.#lastRetransmission[d] = entry
    }
    return verdict
  }

  #growDirections(): void {
    this.#state = grown(this.#state)
    this.#first = grown(this.#first)
    this.#next = grown(this.#next)
    this.#una = grown(this.#una)
    this.#sacked = grown(this.#sacked)
    this.#recoveryEnd = grown(this.#recoveryEnd)
    this.#probeEnd = grown(this.#probeEnd)
    this.#duplicateAcks = grown(this.#duplicateAcks)
    this.#lastIpId = grown(this.#lastIpId)
    this.#pieces = grown(this.#pieces)
    this.#window = grown(this.#window)
    this.#lastTsval = grown(this.#lastTsval)
    this.#head = grown(this.#head)
    this.#tail = grown(this.#tail)
    this.#listed = grown(this.#listed)
    this.#newsTime = grown(this.#newsTime)
    this.#sendTime = grown(this.#sendTime)
    this.#senderSide = grown(this.#senderSide)
    this.#lastRetransmission = grown(this.#lastRetransmission)
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
