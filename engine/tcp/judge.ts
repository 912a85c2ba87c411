import type { PacketTable } from '../columns/packet-table.ts'
import type { Packet } from '../decode/packet.ts'
import { NETWORK } from '../decode/packet.ts'
import { enterState, mechanismOf, verdictOf } from './mechanism.ts'
import {
  isOlder,
  isOlderThan,
  missingBefore,
  missingSegments,
  noteIpId,
  noteLostAcks,
  repeatsUnseen,
} from './missing-ids.ts'
import { Needs } from './needs.ts'
import {
  ACKED,
  COUNTS,
  DUPLICATE_ACKS,
  FIRST,
  FOREIGN_IDS,
  HEAD,
  HIDDEN,
  KEPT_ALIVE,
  LAST_FIN,
  LAST_IP_ID,
  LAST_REPETITION,
  LAST_TSVAL,
  LOSS,
  NEWS_TIME,
  NEXT,
  NO_SACK,
  PROBE_END,
  PROBED,
  PROVOKED,
  RECOVERY,
  RECOVERY_END,
  ROUND_TRIP,
  SACK_OK,
  SACKED,
  SACKED_EDGE,
  SEEN,
  SEND_TIME,
  SENDER_SIDE,
  SENDER_WORDS,
  SERVER,
  SenderTable,
  STATE,
  TAIL,
  UNA,
  WINDOW,
} from './sender-table.ts'
import { SentSegments } from './sent-segments.ts'
import { SightingTable } from './sighting-table.ts'
import { EVIDENCE, NEED, VERDICT, type Verdicts } from './verdicts.ts'

const ACK = 0x10
const SYN = 0x02
const FIN = 0x01
const RST = 0x04
const PSH = 0x08

const NONE = -1
/** A network reorders by less than this; only used where neither IP ID nor timestamps can tell. */
const REORDER_NS = 3e6

/**
 * Says what each repeated segment is: the same packet seen again, an original that came late, or a retransmission and which kind.
 * Only what passed this capture point is used. `segment` runs for every analysed TCP packet, in file order.
 */
export class Judge {
  readonly #verdicts: Verdicts
  readonly #sightings: SightingTable
  readonly #senders = new SenderTable()
  readonly #sent = new SentSegments(this.#senders)
  readonly #needs: Needs

  constructor(packets: PacketTable, verdicts: Verdicts) {
    this.#verdicts = verdicts
    this.#sightings = new SightingTable(packets)
    this.#needs = new Needs(this.#senders, verdicts)
  }

  /** No more packets will come: what they would be judged by is let go. */
  release(): void {
    this.#senders.release()
  }

  /**
   * Returns the VERDICT of the packet, which travels in direction `d` (ConversationTable.find). `before` differs from it when the labels
   * began a new stream with this SYN, as Wireshark does once a FIN or RST was seen: with the same initial sequence number it is the
   * old SYN all the same, late or sent again.
   */
  segment(packet: Packet, row: number, time: number, d: number, before = d): number {
    const at = d * SENDER_WORDS
    const other = (d ^ 1) * SENDER_WORDS
    this.#senders.reserve(at)
    const ipId = packet.network === NETWORK.ipv4 ? packet.ipId : 0
    const missing = missingBefore(this.#senders, packet, at, ipId)
    const flags = packet.tcpFlags
    const length = packet.payloadLength
    const verdict =
      before !== d && this.#isFirstAgain(packet, before * SENDER_WORDS, at)
        ? this.#judge(packet, row, time, before * SENDER_WORDS, ipId, flags, length, 0)
        : this.#judge(packet, row, time, at, ipId, flags, length, missing)
    if (before !== d && (flags & (SYN | ACK)) === (SYN | ACK)) {
      this.#needs.answeredTwice((before ^ 1) * SENDER_WORDS, packet.ack, time, true)
    }
    if (verdict !== VERDICT.copy || (flags & (SYN | ACK)) === (SYN | ACK)) {
      const lostAcks =
        missing !== 0
          ? noteLostAcks(this.#senders, this.#sent, packet, time, at, missing, verdict)
          : ipId === 0
            ? this.#closed(at, other)
            : 0
      this.#note(packet, row, time, at, other, ipId, flags, length, verdict === VERDICT.fast ? missing : 0)
      if (flags & ACK) this.#acknowledge(packet, time, other, at, length, flags, lostAcks)
      else if (flags & RST) this.#refused(packet.seq, time, other, at)
    }
    return verdict
  }

  /**
   * 1 for an ACK from TIME-WAIT (Linux gives it no IP ID) of a FIN that the other side could acknowledge only as a connection: what it
   * answered so is missing.
   */
  #closed(d: number, other: number): number {
    const { words } = this.#senders
    return words[d + LAST_IP_ID] !== 0 && words[other + STATE] & LAST_FIN ? 1 : 0
  }

  #isFirstAgain(packet: Packet, before: number, d: number): boolean {
    const { words } = this.#senders
    if ((words[before + STATE] & SEEN) === 0 || words[before + FIRST] !== packet.seq) return false
    words[d + STATE] = 0
    return true
  }

  #judge(
    packet: Packet,
    row: number,
    time: number,
    d: number,
    ipId: number,
    flags: number,
    length: number,
    missing: number,
  ): number {
    const { words } = this.#senders
    // Resets to several segments at once are alike and have no IP ID: nothing tells them from one seen twice.
    const seen = ipId === 0 && flags & RST ? NONE : this.#sightings.see(packet, ipId, row, time)
    if (seen !== NONE) {
      const evidence = ipId !== 0 ? EVIDENCE.sameIpId : EVIDENCE.sameTimestamp
      this.#verdicts.enter(row, VERDICT.copy, evidence, seen, 0)
      return VERDICT.copy
    }
    const takes = length + (flags & (SYN | FIN) ? 1 : 0)
    const state = words[d + STATE]
    if (flags & RST) return VERDICT.none
    if ((state & SEEN) === 0) return this.#first(packet, row, d, flags)
    const { seq } = packet
    const ahead = (seq - words[d + NEXT]) | 0
    if (takes === 0) {
      if (ahead === -1) words[d + STATE] = state | KEPT_ALIVE
      return VERDICT.none
    }
    const end = (seq + takes) | 0
    if (ahead >= 0) {
      if (ahead > 0 || !repeatsUnseen(this.#senders, this.#sent, packet, time, d, missing)) return VERDICT.none
      return this.#repetition(packet, row, time, d, VERDICT.retransmission, EVIDENCE.ipIdGap, NONE)
    }
    const delivered = (state & ACKED) !== 0 && ((end - words[d + UNA]) | 0) <= 0
    if (flags & SYN) return this.#synAgain(packet, row, time, d, ipId, delivered)
    // A keep-alive repeats one byte that was acknowledged long ago, or its place; it is never pushed.
    if (
      length <= 1 &&
      (flags & (FIN | PSH)) === 0 &&
      ahead === -1 &&
      (state & ACKED) !== 0 &&
      ((seq - words[d + UNA]) | 0) < 0
    ) {
      words[d + STATE] = state | KEPT_ALIVE
      return VERDICT.none
    }
    const earlier = this.#sent.overlapping(d, seq, end)
    if (isOlder(this.#senders, d, ipId)) {
      // Late, not repeated. If its bytes were repeated meanwhile, that was not needed.
      const repeated = this.#needs.arrivedTwice(d, seq, end)
      // Its bytes came before, and not as a repetition: so it is one, overtaken by what was sent later.
      if (repeated || (earlier === NONE && !delivered)) {
        return this.#reordered(row, time, EVIDENCE.olderIpId, this.#sent.firstAfter(d, seq))
      }
    }
    if (earlier === NONE && !delivered) {
      const after = this.#sent.firstAfter(d, seq)
      const evidence = this.#overtaken(packet, time, d, ipId, after)
      if (evidence !== EVIDENCE.none) return this.#reordered(row, time, evidence, after)
    } else if (earlier !== NONE && ipId !== 0 && this.#sent.isPartOf(earlier, packet, ipId, time)) {
      this.#verdicts.enter(row, VERDICT.copy, EVIDENCE.partOfSegment, this.#sent.row(earlier), 0)
      return VERDICT.copy
    }
    const evidence = mechanismOf(this.#senders, packet, time, d, end)
    const verdict = verdictOf(evidence)
    enterState(this.#senders, d, verdict)
    this.#repetition(packet, row, time, d, verdict, evidence, earlier)
    if (delivered) this.#verdicts.setNeed(this.#verdicts.count - 1, NEED.acknowledged)
    return verdict
  }

  /**
   * The first packet of its direction is a repetition where a SYN-ACK echoes the timestamp of a SYN that was sent again since: the
   * server answered that one, too, and keeps its timestamp (Linux tcp_check_req).
   */
  #first(packet: Packet, row: number, d: number, flags: number): number {
    if ((flags & (SYN | ACK)) !== (SYN | ACK) || !packet.hasTimestamps) return VERDICT.none
    const other = ((d / SENDER_WORDS) ^ 1) * SENDER_WORDS
    const syn = this.#senders.words[other + STATE] & SEEN ? this.#senders.words[other + HEAD] : NONE
    if (syn === NONE || this.#sent.sentOnce(syn) || this.#sent.end(syn) !== packet.ack) return VERDICT.none
    if (((packet.tsecr - this.#sent.tsval(syn)) | 0) >= 0) return VERDICT.none
    const entry = this.#verdicts.enter(row, VERDICT.synack, EVIDENCE.echoesFirstSyn, NONE, 0)
    this.#verdicts.setNeed(entry, NEED.needed)
    return VERDICT.synack
  }

  /** A SYN or SYN-ACK whose sequence number was seen before: sent again, or the first one, late. */
  #synAgain(packet: Packet, row: number, time: number, d: number, ipId: number, delivered: boolean): number {
    const { seq } = packet
    const end = (seq + 1) | 0
    const earlier = this.#sent.overlapping(d, seq, end)
    const olderTimestamp = packet.hasTimestamps && ((packet.tsval - this.#senders.words[d + LAST_TSVAL]) | 0) < 0
    if (olderTimestamp || isOlder(this.#senders, d, ipId)) {
      this.#needs.arrivedTwice(d, seq, end)
      return this.#reordered(row, time, olderTimestamp ? EVIDENCE.olderTimestamp : EVIDENCE.olderIpId, earlier)
    }
    const verdict = (packet.tcpFlags & ACK) !== 0 ? VERDICT.synack : VERDICT.syn
    this.#repetition(packet, row, time, d, verdict, EVIDENCE.handshake, earlier)
    if (delivered) this.#verdicts.setNeed(this.#verdicts.count - 1, NEED.acknowledged)
    return verdict
  }

  /**
   * What says that bytes that fill a hole before `after`, or before what a mere ACK showed to be sent, are late, and not a
   * retransmission of what was lost before this point.
   */
  #overtaken(packet: Packet, time: number, d: number, ipId: number, after: number): number {
    const { words, times } = this.#senders
    // Newer than all that is here: sent again.
    if (ipId !== 0 && words[d + LAST_IP_ID] !== 0) return EVIDENCE.none
    const tsval = after === NONE ? words[d + LAST_TSVAL] : this.#sent.tsval(after)
    if (packet.hasTimestamps && tsval !== 0 && packet.tsval !== tsval) {
      return ((packet.tsval - tsval) | 0) < 0 ? EVIDENCE.olderTimestamp : EVIDENCE.none
    }
    const since = time - (after === NONE ? times[(d >> 1) + SEND_TIME] : this.#sent.time(after))
    return since < REORDER_NS ? EVIDENCE.quickAfterHole : EVIDENCE.none
  }

  #reordered(row: number, time: number, evidence: number, after: number): number {
    this.#verdicts.enter(row, VERDICT.reordered, evidence, this.#sent.row(after), this.#sent.since(after, time))
    return VERDICT.reordered
  }

  #repetition(
    packet: Packet,
    row: number,
    time: number,
    d: number,
    verdict: number,
    evidence: number,
    earlier: number,
  ): number {
    const entry = this.#verdicts.enter(row, verdict, evidence, this.#sent.row(earlier), this.#sent.since(earlier, time))
    const end = packet.seq + packet.payloadLength + (packet.tcpFlags & (SYN | FIN) ? 1 : 0)
    this.#needs.ask(d, entry, packet, end, time)
    return verdict
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
    missing: number,
  ): void {
    const { words, times, bytes } = this.#senders
    if (flags & SYN) {
      if (flags & ACK && ipId !== 0) bytes[d * 4 + FOREIGN_IDS] = 255
      words[d + STATE] |= (packet.sackPermitted ? SACK_OK : NO_SACK) | (flags & ACK ? SERVER : 0)
      // SACK is in use only when both ends offered it (RFC 2018 section 2).
      if (flags & ACK && !packet.sackPermitted) words[other + STATE] = (words[other + STATE] & ~SACK_OK) | NO_SACK
      if (flags & ACK && words[other + STATE] & NO_SACK) words[d + STATE] = (words[d + STATE] & ~SACK_OK) | NO_SACK
    }
    const lastId = words[d + LAST_IP_ID]
    noteIpId(this.#senders, d, ipId, length)
    if (packet.hasTimestamps && ((words[d + STATE] & SEEN) === 0 || ((packet.tsval - words[d + LAST_TSVAL]) | 0) > 0)) {
      words[d + LAST_TSVAL] = packet.tsval
    }
    const takes = length + (flags & (SYN | FIN) ? 1 : 0)
    const { seq } = packet
    if ((words[d + STATE] & SEEN) === 0) {
      if (flags & RST) return
      words[d + STATE] |= SEEN
      words[d + FIRST] = words[d + NEXT] = seq
      words[d + HEAD] = words[d + TAIL] = NONE
      words[d + LAST_REPETITION] = NONE
    }
    if (flags & RST) return
    if (words[d + PROVOKED] > 0) words[d + PROVOKED]--
    const ahead = (seq - words[d + NEXT]) | 0
    if (takes === 0) {
      if (words[d + COUNTS] !== 0) bytes[d * 4 + HIDDEN] = 0
      if (words[d + STATE] & LAST_FIN) words[d + STATE] &= ~LAST_FIN
      if (ahead === -1) words[other + PROVOKED]++
      else if (ahead > 0) {
        // A mere ACK says how far its sender is.
        words[d + NEXT] = seq
        times[(d >> 1) + SEND_TIME] = time
      }
      return
    }
    if (ahead >= 0 && flags & FIN && (packet.ack - words[other + UNA]) | 0) words[d + STATE] |= LAST_FIN
    if (ahead >= 0) {
      if (words[d + COUNTS] !== 0) bytes[d * 4 + HIDDEN] = 0
    } else if (isOlderThan(lastId, ipId)) bytes[d * 4 + HIDDEN] -= bytes[d * 4 + HIDDEN] > 0 ? 1 : 0
    else if (missing > 0) {
      const hidden = bytes[d * 4 + HIDDEN] + missingSegments(this.#senders, this.#sent, packet, d, missing)
      bytes[d * 4 + HIDDEN] = Math.min(255, hidden)
    }
    const end = (seq + takes) | 0
    times[(d >> 1) + SEND_TIME] = time
    if (((end - words[d + NEXT]) | 0) > 0) words[d + NEXT] = end
    if (words[d + STATE] & ACKED && ((end - words[d + UNA]) | 0) <= 0) {
      words[other + PROVOKED]++
      return
    }
    this.#sent.add(d, seq, end, row, time, ipId, packet.hasTimestamps ? packet.tsval : 0, (flags & (SYN | FIN)) !== 0)
  }

  /** An ACK of the other side, `d` being the direction whose data it acknowledges. */
  #acknowledge(
    packet: Packet,
    time: number,
    d: number,
    other: number,
    length: number,
    flags: number,
    lostAcks: number,
  ): void {
    const { words, times } = this.#senders
    const { ack } = packet
    if ((words[d + STATE] & SEEN) === 0) return
    const first = words[d + HEAD]
    if (flags & SYN) {
      // SYN-ACK: from here to the server and back.
      if (first !== NONE) times[(other >> 1) + SENDER_SIDE] = this.#sent.since(first, time)
      this.#needs.answeredTwice(d, ack, time, false)
    } else if (
      (words[d + STATE] & ACKED) === 0 ||
      (times[(d >> 1) + SENDER_SIDE] === 0 && times[(other >> 1) + SENDER_SIDE] !== 0)
    ) {
      // The ACK of the SYN-ACK: from here to the client and back.
      if (first !== NONE && this.#sent.sentOnce(first) && this.#sent.end(first) === ack) {
        times[(other >> 1) + SENDER_SIDE] = this.#sent.since(first, time)
      }
    }
    const una = (words[d + STATE] & ACKED) === 0 ? words[d + FIRST] : words[d + UNA]
    const advance = (words[d + STATE] & ACKED) === 0 ? 1 : (ack - una) | 0
    if (packet.sackBlocks > 0) this.#selective(packet, time, d, advance >= 0 ? ack : una)
    if (advance > 0) {
      words[d + UNA] = ack
      words[d + STATE] |= ACKED
      times[(d >> 1) + NEWS_TIME] = time
      // ACKs that are missing, but for those of what was sent once: half of them, or all where each was answered.
      const once = lostAcks <= 0 ? 0 : this.#sent.countOnce(d, ack)
      const asked = words[d + STATE] & (SACKED | RECOVERY) || words[d + DUPLICATE_ACKS] > 0
      const spare = lostAcks <= 0 ? lostAcks : Math.max(-1, lostAcks - (asked ? once : once >> 1))
      words[d + DUPLICATE_ACKS] = 0
      this.#needs.acknowledged(packet, d, una, ack, time, spare)
      const last = this.#sent.acknowledge(d, ack)
      if (last !== NONE && this.#sent.sentOnce(last)) this.#noteRoundTrip(d, this.#sent.since(last, time))
      const state = words[d + STATE]
      if (state & SACKED && ((ack - words[d + SACKED_EDGE]) | 0) >= 0) words[d + STATE] &= ~SACKED
      if (state & (RECOVERY | LOSS) && ((ack - words[d + RECOVERY_END]) | 0) >= 0)
        words[d + STATE] &= ~(RECOVERY | LOSS)
      if (state & PROBED && ((ack - words[d + PROBE_END]) | 0) >= 0) words[d + STATE] &= ~PROBED
    } else if (advance === 0 && length === 0 && (flags & (SYN | FIN | RST)) === 0) {
      // A keep-alive acknowledges again what it asks about.
      const asks = ((packet.seq - words[other + NEXT]) | 0) < 0
      if (!asks) this.#acknowledgedAgain(packet, time, d, packet.window === words[other + WINDOW])
    }
    words[other + WINDOW] = packet.window
  }

  /** An ACK that says nothing new: a hole without SACK, the answer to a keep-alive, or that something arrived twice. */
  #acknowledgedAgain(packet: Packet, time: number, d: number, sameWindow: boolean): void {
    const { words, times } = this.#senders
    const state = words[d + STATE]
    words[d + STATE] = state & ~KEPT_ALIVE
    if (words[d + HEAD] !== NONE && (state & SACK_OK) === 0) {
      // With SACK a duplicate ACK without blocks tells the sender nothing of holes (RFC 6675 section 2).
      if (!sameWindow) return
      if (words[d + DUPLICATE_ACKS] < 255) words[d + DUPLICATE_ACKS]++
      if (words[d + DUPLICATE_ACKS] >= 3) times[(d >> 1) + NEWS_TIME] = time
    } else if (packet.sackBlocks === 0 && packet.window !== 0 && (state & KEPT_ALIVE) === 0) {
      // The window of a SYN is not scaled.
      const afterSyn = ((packet.ack - words[d + FIRST]) | 0) === 1
      if (sameWindow || afterSyn) this.#needs.acknowledgedAgain(d, packet.ack, time)
    }
  }

  /**
   * A reset with the sequence number that an old segment of `d` acknowledged (RFC 9293 section 3.10.7.1): it came to a closed connection,
   * when all that `d` had sent was acknowledged, so it, too, came twice.
   */
  #refused(seq: number, time: number, d: number, other: number): void {
    const { words } = this.#senders
    if ((words[d + STATE] & ACKED) === 0 || words[d + HEAD] !== NONE || ((seq - words[other + NEXT]) | 0) >= 0) return
    this.#needs.acknowledgedAgain(d, words[d + UNA], time)
  }

  #noteRoundTrip(d: number, roundTrip: number): void {
    const { times } = this.#senders
    const shortest = times[(d >> 1) + ROUND_TRIP]
    if (shortest === 0 || roundTrip < shortest) times[(d >> 1) + ROUND_TRIP] = roundTrip
  }

  #selective(packet: Packet, time: number, d: number, ack: number): void {
    const { words, times } = this.#senders
    const { sack } = packet
    // RFC 2883: a first block below the ACK, or inside the second block, reports bytes that arrived twice.
    let first = 0
    const left = sack[0]
    const right = sack[1]
    const below = ((left - ack) | 0) < 0
    const inside = packet.sackBlocks > 1 && ((left - sack[2]) | 0) >= 0 && ((right - sack[3]) | 0) <= 0
    if (below || inside) {
      this.#needs.arrivedTwice(d, left, right)
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
}
