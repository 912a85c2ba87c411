import { FLAG } from '../../columns/packet-columns.ts'
import { NETWORK } from '../../decode/packet-codes.ts'
import { EVIDENCE, NEED, VERDICT } from '../../tcp/verdict-codes.ts'
import { packet } from '../packet.ts'
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
import * as needs from './needs.ts'
import * as senders from './sender-table.ts'
import {
  ACKED,
  KEPT_ALIVE,
  LAST_FIN,
  LOSS,
  MOST_ARRIVED,
  NO_SACK,
  PROBED,
  RECOVERY,
  REFUSED,
  SACK_OK,
  SACKED,
  SEEN,
  Sender,
  sender,
  SERVER,
} from './sender-table.ts'
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

/** No more packets will come: what they would be judged by is let go. */
export function release(): void {
  senders.release()
  sent.release()
  sightings.release()
  needs.release()
}

/**
 * Returns the VERDICT of the packet, which travels in `direction` (find() of the conversations). `before` differs from it when the labels
 * began a new stream with this SYN, as Wireshark does once a FIN or RST was seen: with the same initial sequence number it is the
 * old SYN all the same, late or sent again. To be called for every analysed TCP packet, in file order.
 */
export function segment(row: i32, time: f64, direction: i32, before: i32): i32 {
  senders.reserve(direction)
  const d = sender(direction)
  const other = sender(direction ^ 1)
  const ipId = packet.network === NETWORK.ipv4 ? packet.ipId : 0
  const missing = missingBefore(d, ipId)
  const flags = packet.tcpFlags
  const length = packet.payloadLength
  const isSynAck = (flags & (SYN | ACK)) === (SYN | ACK)
  // Of which it is judged: mostly its own.
  let judged = d
  let judgedOther = other
  let judgedMissing = missing
  if (before !== direction && isFirstAgain(sender(before), d)) {
    judged = sender(before)
    judgedOther = sender(before ^ 1)
    judgedMissing = 0
  }
  const verdict = judge(row, time, judged, judgedOther, ipId, flags, length, judgedMissing)
  if (before !== direction && isSynAck) needs.answeredTwice(sender(before ^ 1), packet.ack, time, true)
  if (verdict !== VERDICT.copy || isSynAck) {
    let lostAcks = 0
    if (missing !== 0) lostAcks = noteLostAcks(d, other, time, missing, verdict)
    else if (ipId === 0) lostAcks = closed(d, other)
    note(row, time, d, other, ipId, flags, length, verdict === VERDICT.fast ? missing : 0)
    if ((flags & ACK) !== 0) acknowledge(time, other, d, length, flags, lostAcks)
    else if ((flags & RST) !== 0) refused(packet.seq, time, other, d)
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

function isFirstAgain(before: Sender, d: Sender): bool {
  if ((before.state & SEEN) === 0 || before.first !== packet.seq) return false
  d.state = 0
  return true
}

function judge(row: i32, time: f64, d: Sender, other: Sender, ipId: i32, flags: i32, length: i32, missing: i32): i32 {
  // Resets to several segments at once are alike and have no IP ID: nothing tells them from one seen twice.
  const seen = ipId === 0 && (flags & RST) !== 0 ? NOWHERE : sightings.see(ipId, row, time)
  if (seen !== NOWHERE) {
    verdicts.enter(row, VERDICT.copy, ipId !== 0 ? EVIDENCE.sameIpId : EVIDENCE.sameTimestamp, seen, 0)
    return VERDICT.copy
  }
  const takes = length + ((flags & (SYN | FIN)) !== 0 ? 1 : 0)
  const state = d.state
  if ((flags & RST) !== 0) return VERDICT.none
  if ((state & SEEN) === 0) return first(row, other, flags)
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
  return judgeBehind(row, time, d, other, ipId, flags, length)
}

/** What begins below what was sent. */
function judgeBehind(row: i32, time: f64, d: Sender, other: Sender, ipId: i32, flags: i32, length: i32): i32 {
  const seq = packet.seq
  const end = seq + length + ((flags & (SYN | FIN)) !== 0 ? 1 : 0)
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
    const repeated = needs.arrivedTwice(d, seq, end)
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
  const evidence = mechanismOf(d, time, end)
  const verdict = verdictOf(evidence)
  enterState(d, verdict)
  const entry = enterRepetition(row, time, d, other, verdict, evidence, earlier)
  if (delivered) verdicts.setNeed(entry, NEED.acknowledged)
  return verdict
}

/**
 * The first packet of its direction is a repetition where a SYN-ACK echoes the timestamp of a SYN that was sent again since: the
 * server answered that one, too, and keeps its timestamp (Linux tcp_check_req).
 */
function first(row: i32, other: Sender, flags: i32): i32 {
  if ((flags & (SYN | ACK)) !== (SYN | ACK) || packet.hasTimestamps === 0) return VERDICT.none
  const syn = (other.state & SEEN) !== 0 ? other.head : NONE
  if (syn === NONE || sent.sentOnce(syn) || sent.end(syn) !== packet.ack) return VERDICT.none
  if (packet.tsecr - sent.tsval(syn) >= 0) return VERDICT.none
  const entry = verdicts.enter(row, VERDICT.synack, EVIDENCE.echoesFirstSyn, NOWHERE, 0)
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
    return enterReordered(row, time, olderTimestamp ? EVIDENCE.olderTimestamp : EVIDENCE.olderIpId, earlier)
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
  const end = packet.seq + packet.payloadLength + ((packet.tcpFlags & (SYN | FIN)) !== 0 ? 1 : 0)
  needs.ask(d, other, entry, end, time)
  return entry
}

/** Keeps what is needed to judge later packets of this direction. */
function note(row: i32, time: f64, d: Sender, other: Sender, ipId: i32, flags: i32, length: i32, missing: i32): void {
  if ((flags & SYN) !== 0) noteSyn(d, other, ipId, flags)
  const lastId = <i32>d.lastIpId
  noteIpId(d, ipId, length)
  const hasTimestamps = packet.hasTimestamps !== 0
  let state = d.state
  if (hasTimestamps && ((state & SEEN) === 0 || packet.tsval - d.lastTsval > 0)) d.lastTsval = packet.tsval
  const seq = packet.seq
  if ((flags & RST) !== 0) return
  if ((state & SEEN) === 0) {
    state |= SEEN
    d.state = state
    d.first = seq
    d.next = seq
    d.head = NONE
    d.tail = NONE
    d.lastRepetition = NONE
  }
  if (d.provoked > 0) d.provoked--
  const ahead = seq - d.next
  const takes = length + ((flags & (SYN | FIN)) !== 0 ? 1 : 0)
  if (takes === 0) {
    if (d.hidden !== 0) d.hidden = 0
    if ((state & LAST_FIN) !== 0) d.state = state & ~LAST_FIN
    if (ahead === -1) other.provoked++
    else if (ahead > 0) {
      // A mere ACK says how far its sender is.
      d.next = seq
      d.sendTime = time
    }
    return
  }
  if (ahead >= 0) {
    if ((flags & FIN) !== 0 && packet.ack !== other.una) d.state = state | LAST_FIN
    if (d.hidden !== 0) d.hidden = 0
  } else if (isOlderThan(lastId, ipId)) {
    if (d.hidden !== 0) d.hidden--
  } else if (missing > 0) d.hidden = <u8>min(255, <i32>d.hidden + missingSegments(d, other, missing))
  const end = seq + takes
  d.sendTime = time
  if (end - d.next > 0) d.next = end
  if ((state & ACKED) !== 0 && end - d.una <= 0) {
    other.provoked++
    return
  }
  sent.add(d, seq, end, row, time, ipId, hasTimestamps ? packet.tsval : 0, (flags & (SYN | FIN)) !== 0)
}

function noteSyn(d: Sender, other: Sender, ipId: i32, flags: i32): void {
  const isAck = (flags & ACK) !== 0
  const permitted = packet.sackPermitted !== 0
  if (isAck && ipId !== 0) d.foreignIds = 255
  d.state |= (permitted ? SACK_OK : NO_SACK) | (isAck ? SERVER : 0)
  if (!isAck) return
  // SACK is in use only when both ends offered it (RFC 2018 section 2).
  if (!permitted) other.state = (other.state & ~SACK_OK) | NO_SACK
  if ((other.state & NO_SACK) !== 0) d.state = (d.state & ~SACK_OK) | NO_SACK
}

/** An ACK of the other side, `d` being the direction whose data it acknowledges. */
function acknowledge(time: f64, d: Sender, other: Sender, length: i32, flags: i32, lostAcks: i32): void {
  const ack = packet.ack
  const state = d.state
  if ((state & SEEN) === 0) return
  const first = d.head
  if ((flags & SYN) !== 0) {
    // SYN-ACK: from here to the server and back.
    if (first !== NONE) other.senderSide = sent.since(first, time)
    needs.answeredTwice(d, ack, time, false)
  } else if ((state & ACKED) === 0 || (d.senderSide === 0 && other.senderSide !== 0)) {
    // The ACK of the SYN-ACK: from here to the client and back.
    if (first !== NONE && sent.sentOnce(first) && sent.end(first) === ack) other.senderSide = sent.since(first, time)
  }
  if ((state & ACKED) === 0 && (flags & (SYN | RST)) === 0 && answersHandshake(ack, d, other)) return
  const una = (state & ACKED) === 0 ? d.first : d.una
  const advance = (state & ACKED) === 0 ? 1 : ack - una
  if (packet.sackBlocks > 0) selective(time, d, advance >= 0 ? ack : una)
  if (advance > 0) {
    d.una = ack
    d.state |= ACKED
    d.newsTime = time
    let spare = lostAcks
    if (lostAcks > 0) {
      // ACKs that are missing, but for those of what was sent once: half of them, or all where each was answered.
      const once = sent.countOnce(d, ack)
      const asked = (d.state & (SACKED | RECOVERY)) !== 0 || d.duplicateAcks > 0
      spare = max(-1, lostAcks - (asked ? once : once >> 1))
    }
    d.duplicateAcks = 0
    if (d.lastRepetition !== NONE) needs.acknowledged(d, other, una, ack, time, spare)
    // The first was the hole, the others had arrived (Linux tcp_remove_reno_sacks).
    if ((d.state & NO_SACK) !== 0 && d.arrived > 0) d.arrived = max(0, d.arrived - sent.countBefore(d, ack) + 1)
    const last = sent.acknowledge(d, other, ack)
    if (last !== NONE && sent.sentOnce(last)) noteRoundTrip(d, sent.since(last, time))
    endStates(d, ack)
  } else if (advance === 0 && length === 0 && (flags & (SYN | FIN | RST)) === 0) {
    // A keep-alive acknowledges again what it asks about.
    const asks = packet.seq - other.next < 0
    if (!asks) acknowledgedAgain(time, d, packet.window === <i32>other.window)
  }
  other.window = <u16>packet.window
}

/**
 * An ACK while `d` waits for its handshake's answer. Of a SYN, before any SYN-ACK, it says that an older SYN came as well, late (Linux
 * tcp_check_req, by its timestamp). True for one of something else than the SYN-ACK, which had come to TIME-WAIT or another
 * connection, and so acknowledges nothing (RFC 9293 section 3.10.7.4).
 */
function answersHandshake(ack: i32, d: Sender, other: Sender): bool {
  const state = d.state
  const sent = d.next - d.first
  const acknowledges = ack - d.first
  if ((state & SERVER) !== 0 && (acknowledges < 1 || acknowledges > sent)) {
    d.state = state | REFUSED
    return true
  }
  const isSyn = (state & (SACK_OK | NO_SACK)) !== 0 && sent === 1 && acknowledges === 1
  if (isSyn && ((state | other.state) & SERVER) === 0) needs.arrivedTwice(d, d.first, ack)
  return false
}

/** An ACK up to `ack` ends the states that last until then. */
function endStates(d: Sender, ack: i32): void {
  const state = d.state
  if ((state & (SACKED | RECOVERY | LOSS | PROBED)) === 0) return
  let ended = 0
  if ((state & SACKED) !== 0 && ack - d.sackedEdge >= 0) ended |= SACKED
  if ((state & (RECOVERY | LOSS)) !== 0 && ack - d.recoveryEnd >= 0) ended |= RECOVERY | LOSS | MOST_ARRIVED
  if ((state & PROBED) !== 0 && ack - d.probeEnd >= 0) ended |= PROBED
  d.state = state & ~ended
}

/** An ACK that says nothing new: a hole without SACK, the answer to a keep-alive, or that something arrived twice. */
function acknowledgedAgain(time: f64, d: Sender, sameWindow: bool): void {
  const state = d.state
  d.state = state & ~KEPT_ALIVE
  if (d.head !== NONE && (state & SACK_OK) === 0) {
    // With SACK a duplicate ACK without blocks tells the sender nothing of holes (RFC 6675 section 2).
    if (!sameWindow) return
    if (d.duplicateAcks < 255) d.duplicateAcks++
    // After a time-out they may answer what was sent again.
    if ((state & (NO_SACK | LOSS)) === NO_SACK) d.arrived++
    if (d.duplicateAcks >= 3) d.newsTime = time
  } else if (packet.sackBlocks === 0 && packet.window !== 0 && (state & KEPT_ALIVE) === 0) {
    // The window of a SYN is not scaled.
    const afterSyn = packet.ack - d.first === 1
    if (sameWindow || afterSyn) needs.acknowledgedAgain(d, packet.ack, time)
  }
}

/**
 * A reset with the sequence number that an old segment of `d` acknowledged (RFC 9293 section 3.10.7.1): it came to a closed connection,
 * when all that `d` had sent was acknowledged, so it, too, came twice.
 */
function refused(seq: i32, time: f64, d: Sender, other: Sender): void {
  if ((d.state & ACKED) === 0 || d.head !== NONE || seq - other.next >= 0) return
  needs.acknowledgedAgain(d, d.una, time)
}

function noteRoundTrip(d: Sender, roundTrip: f64): void {
  const shortest = d.roundTrip
  if (shortest === 0 || roundTrip < shortest) d.roundTrip = roundTrip
}

function selective(time: f64, d: Sender, ack: i32): void {
  const sack = packet.sack
  // RFC 2883: a first block below the ACK, or inside the second block, reports bytes that arrived twice.
  let first = 0
  const left = sack[0]
  const right = sack[1]
  const below = left - ack < 0
  const inside = packet.sackBlocks > 1 && left - sack[2] >= 0 && right - sack[3] <= 0
  if (below || inside) {
    needs.arrivedTwice(d, left, right)
    first = 2
  }
  for (let i = first; i < packet.sackBlocks * 2; i += 2) {
    const edge = sack[i + 1]
    if (edge - ack <= 0) continue
    if ((d.state & SACKED) === 0 || edge - d.sackedEdge > 0) {
      d.state |= SACKED
      d.sackedEdge = edge
      d.newsTime = time
    }
  }
}
