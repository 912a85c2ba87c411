import { FLAG } from '../../columns/packet-columns.ts'
import { NETWORK } from '../../decode/packet-codes.ts'
import { EVIDENCE, NEED, VERDICT } from '../../tcp/verdict-codes.ts'
import { packet } from '../packet.ts'
import * as calm from './calm-sender.ts'
import * as follow from './follow-sender.ts'
import * as hosts from './hosts.ts'
import { enterState, mechanismOf, verdictOf } from './mechanism.ts'
import { isOlder, isOlderThan, missingBefore, noteLostAcks, repeatsUnseen } from './missing-ids.ts'
import * as needs from './needs.ts'
import { addRepetition } from './repetition-table.ts'
import * as resets from './reset-sightings.ts'
import {
  ACKED,
  COPIED,
  COPIED_SINCE,
  KEPT_ALIVE,
  LAST_FIN,
  REFUSED,
  reserve,
  SEEN,
  Sender,
  sender,
  SYN_TTL_SHIFT,
} from './sender-table.ts'
import { lengthOf } from './sequence.ts'
import * as sent from './sent-segments.ts'
import * as sightings from './sighting-table.ts'
import * as verdicts from './verdicts.ts'

// Says what each repeated segment is: the same packet seen again, an original that came late, or a retransmission and which kind. Only what
// passed this capture point is used. Of the two directions of a connection `d` is the one asked about, `other` the other.

const ACK: i32 = FLAG.ack
const SYN: i32 = FLAG.syn
const FIN: i32 = FLAG.fin
const RST: i32 = FLAG.rst
const PSH: i32 = FLAG.psh

/** No row. */
const NOWHERE: i32 = -1
/** No segment. */
const NONE: i32 = 0
/** A network reorders by less than this; only used where neither IP ID nor timestamps can tell. */
const REORDER_NS: f64 = 3e6
/** So many hops are within one capture point, at most. */
const MOST_HOPS_HERE: i32 = 8
/** A network keeps no packet back for so long that nothing was sent: with an older IP ID the sender's counter, of all its packets, went round. */
const ROUND_NS: f64 = 1e9

/**
 * Returns the VERDICT of the packet, which travels in `direction` (find() of the conversations). `before` differs from it when the labels
 * began a new stream with this SYN, as Wireshark does once a FIN or RST was seen: with the same initial sequence number it is the
 * old SYN all the same, late or sent again. To be called for every analysed TCP packet, in file order.
 */
export function segment(row: i32, time: f64, direction: i32, before: i32): i32 {
  reserve(direction)
  const ipId = packet.network === NETWORK.ipv4 ? packet.ipId : 0
  const isReset = ipId === 0 && (packet.tcpFlags & RST) !== 0
  const seen = isReset ? resets.see(row, time, direction) : sightings.see(ipId, row, time)
  if (packet.isPlain !== 0 && seen === sightings.UNSEEN) {
    if (calm.note(row, time, sender(direction), sender(direction ^ 1))) return VERDICT.none
  }
  return any(row, time, direction, before, ipId, seen)
}

/** The same of any packet, which was `seen` before as sightings tells. */
function any(row: i32, time: f64, direction: i32, before: i32, ipId: i32, seen: i32): i32 {
  const d = sender(direction)
  const other = sender(direction ^ 1)
  const flags = packet.tcpFlags
  const length = packet.payloadLength
  if (isOlder(d, ipId) && lengthOf(flags, length) !== 0 && time - d.sendTime > ROUND_NS) d.lastIpId = 0
  const missing = missingBefore(d, ipId)
  const isSynAck = (flags & (SYN | ACK)) === (SYN | ACK)
  // Of which it is judged: mostly its own.
  let judged = d
  let judgedOther = other
  let judgedMissing = missing
  if (before !== direction && isFirstAgain(sender(before))) {
    d.state = 0
    judged = sender(before)
    judgedOther = sender(before ^ 1)
    judgedMissing = 0
  }
  const verdict = judge(row, time, judged, judgedOther, ipId, flags, length, judgedMissing, seen)
  if (before !== direction && isSynAck) needs.answeredTwice(sender(before ^ 1), packet.ack, time, true)
  if (verdict !== VERDICT.copy || isSynAck) {
    let lostAcks = 0
    if (missing !== 0) lostAcks = noteLostAcks(d, other, time, missing, verdict)
    else if (ipId === 0) lostAcks = closed(d, other)
    follow.note(row, time, d, other, ipId, flags, length, verdict === VERDICT.fast ? missing : 0)
    if ((flags & ACK) !== 0) follow.acknowledge(time, other, d, length, flags, lostAcks)
    else if ((flags & RST) !== 0) follow.refused(packet.seq, time, other, d)
  }
  return verdict
}

/**
 * 1 for an ACK from TIME-WAIT (Linux gives it no IP ID) of a FIN that the other side could acknowledge only as a connection: what it
 * answered so is missing.
 */
function closed(d: Sender, other: Sender): i32 {
  return d.lastIpId !== 0 && (other.state & LAST_FIN) !== 0 ? 1 : 0
}

function isFirstAgain(before: Sender): bool {
  return (before.state & SEEN) !== 0 && before.first === packet.seq
}

function judge(
  row: i32,
  time: f64,
  d: Sender,
  other: Sender,
  ipId: i32,
  flags: i32,
  length: i32,
  missing: i32,
  seen: i32,
): i32 {
  const isReset = ipId === 0 && (flags & RST) !== 0
  // Then it says nothing of when this was sent.
  if (seen === sightings.RETAINED) ipId = 0
  const isForwarded = (flags & SYN) !== 0 && noteSynTtl(d)
  if (seen >= 0 && ((flags & SYN) === 0 || isForwarded || !answersSyn(d, other, ipId, seen))) {
    if ((flags & (SYN | ACK)) === SYN && !isForwarded) noteSynCopied(d, other)
    const evidence = isReset
      ? EVIDENCE.sameReset
      : ipId !== 0
        ? EVIDENCE.sameIpId
        : packet.hasTimestamps !== 0
          ? EVIDENCE.sameTimestamp
          : EVIDENCE.sooner
    verdicts.enter(row, VERDICT.copy, evidence, seen, 0)
    return VERDICT.copy
  }
  if ((flags & SYN) !== 0) other.syns &= ~COPIED_SINCE
  const takes = lengthOf(flags, length)
  const state = d.state
  if ((flags & RST) !== 0) return VERDICT.none
  if ((state & SEEN) === 0) return first(row, time, d, other, flags)
  const seq = packet.seq
  const ahead = seq - d.next
  if (takes === 0) {
    if (ahead === -1) d.state = state | KEPT_ALIVE
    return VERDICT.none
  }
  if (ahead >= 0) {
    if (ahead > 0 || !repeatsUnseen(d, other, time, missing)) return VERDICT.none
    enterRepetition(row, time, d, other, VERDICT.retransmission, EVIDENCE.ipIdGap, NONE)
    return VERDICT.retransmission
  }
  return judgeBehind(row, time, d, other, ipId, flags, length, missing)
}

/**
 * What is alike within a tick of the timestamps, or has none, and was seen at `seen`, may be a SYN-ACK by timer, and one that answers a SYN which its
 * timer repeated or the network doubled, or one that was not seen. One with an IP ID would have its own then.
 */
function answersSyn(d: Sender, other: Sender, ipId: i32, seen: i32): bool {
  const isBare = ipId === 0 && packet.hasTimestamps === 0
  if (isBare && ((other.state & SEEN) === 0 || (other.syns & COPIED) !== 0)) return true
  if (needs.hasSynSince(other, isBare ? NOWHERE : seen)) return true
  return ipId === 0 && (d.state & SEEN) !== 0 && (other.syns & COPIED_SINCE) !== 0
}

/** Of a SYN or SYN-ACK: it has been forwarded since the last one of its direction passed here, which its TTL tells. No end sends one with less. */
function noteSynTtl(d: Sender): bool {
  const hops = (((<i32>d.syns) >> SYN_TTL_SHIFT) - packet.ttl) & 63
  d.syns = <u8>((packet.ttl << SYN_TTL_SHIFT) | ((<i32>d.syns) & (COPIED | COPIED_SINCE)))
  return hops > 0 && hops < MOST_HOPS_HERE
}

/** The SYN of `d` was seen again, or came late. */
function noteSynCopied(d: Sender, other: Sender): void {
  d.syns |= (other.state & ACKED) === 0 ? COPIED | COPIED_SINCE : COPIED
}

/** What begins below what was sent. */
function judgeBehind(
  row: i32,
  time: f64,
  d: Sender,
  other: Sender,
  ipId: i32,
  flags: i32,
  length: i32,
  missing: i32,
): i32 {
  const seq = packet.seq
  const end = seq + lengthOf(flags, length)
  const state = d.state
  const delivered = (state & ACKED) !== 0 && end - d.una <= 0
  if ((flags & SYN) !== 0) return synAgain(row, time, d, other, ipId, delivered)
  // A keep-alive repeats one byte that was acknowledged long ago, or its place; it is never pushed.
  if (length <= 1 && (flags & (FIN | PSH)) === 0 && seq - d.next === -1 && (state & ACKED) !== 0 && seq - d.una < 0) {
    d.state = state | KEPT_ALIVE
    return VERDICT.none
  }
  const earlier = sent.overlapping(d, seq, end)
  if (isOlder(d, ipId)) {
    // Late, not repeated. If its bytes were repeated meanwhile, that was not needed.
    const repeated = needs.arrivedTwice(d, seq, end) || needs.hasOvertaken(d, seq, end, ipId)
    // Its bytes came before, and not as a repetition: so it is one, overtaken by what was sent later.
    if (repeated || (earlier === NONE && !delivered)) {
      return enterReordered(row, time, EVIDENCE.olderIpId, sent.firstAfter(d, seq))
    }
  }
  if (earlier === NONE && !delivered) {
    const after = sent.firstAfter(d, seq)
    const evidence = overtaken(time, d, ipId, after)
    if (evidence !== EVIDENCE.none) return enterReordered(row, time, evidence, after)
  } else if (earlier !== NONE && ipId !== 0 && sent.isPartOf(earlier, ipId, time)) {
    verdicts.enter(row, VERDICT.copy, EVIDENCE.partOfSegment, sent.row(earlier), 0)
    return VERDICT.copy
  }
  const evidence = mechanismOf(d, other, time, end, missing)
  const verdict = verdictOf(evidence)
  enterState(d, verdict)
  const entry = enterRepetition(row, time, d, other, verdict, evidence, earlier)
  if (evidence === EVIDENCE.tail && d.head === d.tail) hosts.noteLone(d.lastRepetition)
  if (delivered) verdicts.setNeed(entry, NEED.acknowledged)
  return verdict
}

/**
 * The first packet of its direction is a repetition where a SYN-ACK echoes the timestamp of a SYN that was sent again since: the
 * server answered that one, too, and keeps its timestamp (Linux tcp_check_req).
 */
function first(row: i32, time: f64, d: Sender, other: Sender, flags: i32): i32 {
  if ((flags & (SYN | ACK)) !== (SYN | ACK) || packet.hasTimestamps === 0) return VERDICT.none
  const syn = (other.state & SEEN) !== 0 ? other.head : NONE
  if (syn === NONE || sent.sentOnce(syn) || sent.end(syn) !== packet.ack) return VERDICT.none
  if (packet.tsecr - sent.tsval(syn) >= 0) return VERDICT.none
  const entry = verdicts.enter(row, VERDICT.synack, EVIDENCE.echoesFirstSyn, NOWHERE, 0)
  addRepetition(d, entry, packet.seq + 1, time)
  verdicts.setNeed(entry, NEED.needed)
  return VERDICT.synack
}

/** A SYN or SYN-ACK whose sequence number was seen before: sent again, or the first one, late. */
function synAgain(row: i32, time: f64, d: Sender, other: Sender, ipId: i32, delivered: bool): i32 {
  const seq = packet.seq
  const end = seq + 1
  const earlier = sent.overlapping(d, seq, end)
  const olderTimestamp = packet.hasTimestamps !== 0 && packet.tsval - d.lastTsval < 0
  if (olderTimestamp || isOlder(d, ipId)) {
    needs.arrivedTwice(d, seq, end)
    if ((packet.tcpFlags & ACK) === 0) d.syns |= COPIED
    // Newer than the SYN that came first it was sent again all the same.
    if (d.synId === 0 || !isOlderThan(follow.orderOfSyn(ipId), <i32>d.synId)) {
      return enterReordered(row, time, olderTimestamp ? EVIDENCE.olderTimestamp : EVIDENCE.olderIpId, earlier)
    }
  }
  const verdict = (packet.tcpFlags & ACK) !== 0 ? VERDICT.synack : VERDICT.syn
  const entry = enterRepetition(row, time, d, other, verdict, EVIDENCE.handshake, earlier)
  if (delivered) verdicts.setNeed(entry, NEED.acknowledged)
  else if ((d.state & REFUSED) !== 0) verdicts.setNeed(entry, NEED.spurious)
  return verdict
}

/**
 * What says that bytes that fill a hole before `after`, or before what a mere ACK showed to be sent, are late, and not a
 * retransmission of what was lost before this point.
 */
function overtaken(time: f64, d: Sender, ipId: i32, after: i32): i32 {
  // Newer than all that is here: sent again.
  if (ipId !== 0 && d.lastIpId !== 0) return EVIDENCE.none
  const tsval = after === NONE ? d.lastTsval : sent.tsval(after)
  if (packet.hasTimestamps !== 0 && tsval !== 0 && packet.tsval !== tsval) {
    return packet.tsval - tsval < 0 ? EVIDENCE.olderTimestamp : EVIDENCE.none
  }
  const since = time - (after === NONE ? d.sendTime : sent.time(after))
  return since < REORDER_NS ? EVIDENCE.quickAfterHole : EVIDENCE.none
}

function enterReordered(row: i32, time: f64, evidence: i32, after: i32): i32 {
  verdicts.enter(row, VERDICT.reordered, evidence, sent.row(after), sent.since(after, time))
  return VERDICT.reordered
}

/** Returns the entry. */
function enterRepetition(
  row: i32,
  time: f64,
  d: Sender,
  other: Sender,
  verdict: i32,
  evidence: i32,
  earlier: i32,
): i32 {
  const entry = verdicts.enter(row, verdict, evidence, sent.row(earlier), sent.since(earlier, time))
  const end = packet.seq + lengthOf(packet.tcpFlags, packet.payloadLength)
  needs.ask(d, other, entry, end, time)
  return entry
}
