import { FLAG } from '../../columns/packet-columns.ts'
import { packet } from '../packet.ts'
import * as again from './answered-again.ts'
import * as closing from './closing.ts'
import * as handshakes from './handshakes.ts'
import * as hosts from './hosts.ts'
import { isOlderThan, mayUpdateWindow, missingSegments, noteIpId } from './missing-ids.ts'
import * as needs from './needs.ts'
import {
  ACKED,
  KEPT_ALIVE,
  LAST_FIN,
  LOSS,
  MOST_ARRIVED,
  NO_SACK,
  noteRoundTrip,
  PROBED,
  provoke,
  RECOVERY,
  REFUSED,
  SACK_OK,
  SACKED,
  SEEN,
  Sender,
  SERVER,
} from './sender-table.ts'
import { lengthOf } from './sequence.ts'
import * as sent from './sent-segments.ts'

// Keeps what the sender of each direction can know (sender-table.ts), by what it sends and what it is answered, to judge later packets by.
// Of the two directions of a connection `d` is the one asked about, `other` the other.

const ACK: i32 = FLAG.ack
const SYN: i32 = FLAG.syn
const FIN: i32 = FLAG.fin
const RST: i32 = FLAG.rst

/** No segment. */
const NONE: i32 = 0

/** Keeps what is needed to judge later packets of this direction. */
export function note(
  row: i32,
  time: f64,
  d: Sender,
  other: Sender,
  ipId: i32,
  flags: i32,
  length: i32,
  missing: i32,
): void {
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
    d.synId = (flags & SYN) !== 0 ? orderOfSyn(ipId) : 0
  }
  if (d.provoked > 0) d.provoked--
  const ahead = seq - d.next
  const takes = lengthOf(flags, length)
  if (takes === 0) {
    if (d.hidden !== 0) d.hidden = 0
    if ((state & LAST_FIN) !== 0) d.state = state & ~LAST_FIN
    if (ahead === -1) provoke(other, 1)
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
  } else if (missing > 0 && (state & ACKED) !== 0 && seq - d.una <= 0) {
    // Behind the first hole it may have been sent to fill that.
    d.hidden = <u8>min(255, <i32>d.hidden + missingSegments(d, other, missing))
  }
  const end = seq + takes
  d.sendTime = time
  if (end - d.next > 0) d.next = end
  if ((state & ACKED) !== 0 && end - d.una <= 0) {
    provoke(other, 1)
    return
  }
  sent.add(d, seq, end, row, time, ipId, hasTimestamps ? packet.tsval : 0, (flags & (SYN | FIN)) !== 0)
}

/** What tells which of a direction's SYNs was sent first (`synId`). */
export function orderOfSyn(ipId: i32): u16 {
  return <u16>(ipId !== 0 ? ipId : packet.hasTimestamps !== 0 ? packet.tsval : 0)
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
export function acknowledge(time: f64, d: Sender, other: Sender, length: i32, flags: i32, lostAcks: i32): void {
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
  if ((state & ACKED) === 0 && (flags & SYN) === 0) {
    if ((flags & RST) === 0) {
      if (answersHandshake(ack, d, other)) return
    } else if ((other.state & SEEN) === 0) {
      // Whoever refuses a SYN did not take it.
      if (d.lastRepetition !== NONE) needs.acknowledged(d, other, d.first, ack, time, 0, false)
      return
    }
  }
  const una = (state & ACKED) === 0 ? d.first : d.una
  const advance = (state & ACKED) === 0 ? 1 : ack - una
  // What was selected before this.
  const selected = (state & SACKED) !== 0 ? d.sackedEdge : una
  if (packet.sackBlocks > 0) selective(time, d, advance >= 0 ? ack : una, lostAcks)
  if (advance > 0) {
    d.una = ack
    d.state |= ACKED
    d.newsTime = time
    let spare = lostAcks
    let mayBeOnce = false
    if (lostAcks > 0) {
      // ACKs that are missing, but for those of what was sent once: half of them, or all where each was answered.
      const once = sent.countOnce(d, ack)
      mayBeOnce = lostAcks <= once
      const asked = (d.state & (SACKED | RECOVERY)) !== 0 || d.duplicateAcks > 0
      spare = max(-1, lostAcks - (asked ? once : once >> 1))
    }
    d.duplicateAcks = 0
    if (d.lastRepetition !== NONE) needs.acknowledged(d, other, una, ack, time, spare, mayBeOnce)
    // The first was the hole, the others had arrived (Linux tcp_remove_reno_sacks).
    if ((d.state & NO_SACK) !== 0 && d.arrived > 0) d.arrived = max(0, d.arrived - sent.countBefore(d, ack) + 1)
    const last = sent.acknowledge(d, other, ack)
    if (last !== NONE && sent.sentOnce(last)) {
      noteRoundTrip(d, sent.since(last, time))
      if ((d.lastRepetition | other.lastRepetition) !== NONE) handshakes.review(d, other)
      if ((d.state & (LOSS | SACK_OK)) === (LOSS | SACK_OK)) endLoss(d, sent.end(last), selected)
    }
    endStates(d, ack)
  } else if (advance === 0) {
    if ((state & PROBED) !== 0 && ack === d.probeEnd && isDuplicate(other, length, flags)) d.state &= ~PROBED
    const isExplained = d.lastRepetition !== NONE && packet.hasTimestamps !== 0 && again.echoed(d, ack)
    // A keep-alive acknowledges again what it asks about.
    const asks = packet.seq - other.next < 0
    if (length === 0 && (flags & (SYN | FIN | RST)) === 0 && !asks && !isExplained) {
      const isSame = packet.window === <i32>other.window
      acknowledgedAgain(time, d, other)
      // What is missing between two ACKs that say the same said that as well.
      if (isSame && (d.state & SACK_OK) === 0) {
        for (let n = 0; n < lostAcks; n++) acknowledgedAgain(time, d, other)
      }
    }
  }
  other.window = <u16>packet.window
}

/** The ACK says nothing but that something came which had come before. */
function isDuplicate(other: Sender, length: i32, flags: i32): bool {
  return lengthOf(flags, length) === 0 && packet.sackBlocks === 0 && packet.window === <i32>other.window
}

/**
 * An ACK while `d` waits for its handshake's answer. Of a SYN, before any SYN-ACK, it says that an older SYN came as well, late (Linux
 * tcp_check_req, by its timestamp). True for one of something else than the SYN-ACK, which had come to TIME-WAIT or another
 * connection, and so acknowledges nothing (RFC 9293 section 3.10.7.4).
 */
function answersHandshake(ack: i32, d: Sender, other: Sender): bool {
  const state = d.state
  const length = d.next - d.first
  const acknowledges = ack - d.first
  if ((state & SERVER) !== 0 && (acknowledges < 1 || acknowledges > length)) {
    refuse(d)
    return true
  }
  const isSyn = (state & (SACK_OK | NO_SACK)) !== 0 && length === 1 && acknowledges === 1
  if (isSyn && ((state | other.state) & SERVER) === 0) needs.arrivedTwice(d, d.first, ack)
  return false
}

/**
 * What is acknowledged up to `end` was sent once. Sent before the time-out, and behind what was `selected`, it says that not all was lost (F-RTO, RFC
 * 5682 section 3.1 step 3b): the sender goes back to where SACKs and RACK tell what to send again (Linux tcp_process_loss).
 */
function endLoss(d: Sender, end: i32, selected: i32): void {
  if (end - d.recoveryEnd > 0 || end - selected <= 0) return
  d.state = (d.state & ~(LOSS | MOST_ARRIVED)) | RECOVERY
}

/** An ACK up to `ack` ends the states that last until then. */
function endStates(d: Sender, ack: i32): void {
  const state = d.state
  if ((state & (SACKED | RECOVERY | LOSS | PROBED)) === 0) return
  let ended = 0
  if ((state & SACKED) !== 0 && ack - d.sackedEdge >= 0) ended |= SACKED
  if ((state & (RECOVERY | LOSS)) !== 0 && ack - d.recoveryEnd >= 0) ended |= RECOVERY | LOSS | MOST_ARRIVED
  // An ACK of no more than was sent leaves it open whether the probe was needed (Linux tcp_process_tlp_ack).
  if ((state & PROBED) !== 0 && ack - d.probeEnd > 0) ended |= PROBED
  d.state = state & ~ended
}

/** An ACK that says nothing new: a hole without SACK, the answer to a keep-alive, or that something arrived twice. */
function acknowledgedAgain(time: f64, d: Sender, other: Sender): void {
  const state = d.state
  const sameWindow = packet.window === <i32>other.window
  d.state = state & ~KEPT_ALIVE
  if (d.head !== NONE && (state & SACK_OK) === 0) {
    // With SACK a duplicate ACK without blocks tells the sender nothing of holes (RFC 6675 section 2).
    if (!sameWindow) return
    if (d.lastRepetition !== NONE && (state & KEPT_ALIVE) === 0 && packet.window !== 0 && tellsNoHole(d)) {
      again.acknowledgedAgain(d, other, packet.ack, time)
    }
    if (d.duplicateAcks < 255) d.duplicateAcks++
    // After a time-out they may answer what was sent again.
    if ((state & (NO_SACK | LOSS)) === NO_SACK) d.arrived++
    if (d.duplicateAcks >= 3) d.newsTime = time
  } else if (packet.sackBlocks === 0 && packet.window !== 0 && (state & KEPT_ALIVE) === 0) {
    // The window of a SYN is not scaled.
    const afterSyn = packet.ack - d.first === 1
    if (sameWindow || afterSyn || !mayUpdateWindow(other)) again.acknowledgedAgain(d, other, packet.ack, time)
  }
}

/**
 * Of what is unacknowledged so many segments as there were duplicate ACKs cannot have arrived behind a hole (Linux tcp_limit_reno_sacked), so another one
 * tells of something that came twice. A hole that is not listed was not seen here.
 */
function tellsNoHole(d: Sender): bool {
  if (d.listed - 1 > <i32>d.duplicateAcks) return false
  const hole = sent.firstAfter(d, packet.ack) === d.head ? 0 : 1
  return sent.countBefore(d, d.next) - hole <= <i32>d.duplicateAcks
}

/** The SYN-ACK came to an end that has no such connection; the second to say so says it of the repetition. */
function refuse(d: Sender): void {
  if ((d.state & REFUSED) !== 0) again.refusedAgain(d)
  d.state |= REFUSED
}

/**
 * A reset of an end without the connection: of the SYN-ACK, which has its number as acknowledgment, of what came twice, when all that `d` had
 * sent was acknowledged, or of the one segment that is not.
 */
export function refused(seq: i32, time: f64, d: Sender, other: Sender): void {
  if ((d.state & (SERVER | ACKED)) === SERVER && seq - other.first === 1) refuse(d)
  if ((d.state & ACKED) === 0) return
  if (d.head === NONE) {
    if (seq - other.next < 0) again.refused(d, other, seq, time)
  } else if (d.head === d.tail && (packet.tcpFlags & ACK) === 0 && d.lastRepetition !== NONE) closing.ended(d, seq)
}

function selective(time: f64, d: Sender, ack: i32, lostAcks: i32): void {
  const sack = packet.sack
  // RFC 2883: a first block below the ACK, or inside the second block, reports bytes that arrived twice.
  let first = 0
  const left = sack[0]
  const right = sack[1]
  const below = left - ack < 0
  const inside = packet.sackBlocks > 1 && left - sack[2] >= 0 && right - sack[3] <= 0
  if (below || inside) {
    needs.arrivedTwice(d, left, right, time)
    if (right === d.probeEnd) d.state &= ~PROBED
    hosts.does(hosts.DSACKS)
    first = 2
  }
  // The first block has what made the other side send a mere ACK (RFC 2018 section 4), also in a hole below the highest edge.
  if (packet.payloadLength === 0 && first < packet.sackBlocks * 2) d.newsTime = time
  for (let i = first; i < packet.sackBlocks * 2; i += 2) {
    const edge = sack[i + 1]
    if (edge - ack <= 0) continue
    if ((d.state & SACKED) === 0 || edge - d.sackedEdge > 0) {
      d.state |= SACKED
      d.sackedEdge = edge
      d.newsTime = time
      if (d.lastRepetition !== NONE) needs.selected(d, sack[i], edge, lostAcks)
    }
  }
  if (d.lastRepetition !== NONE) needs.selectedSooner(d, first, time)
}
