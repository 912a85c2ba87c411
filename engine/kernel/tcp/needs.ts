import { FLAG } from '../../columns/packet-columns.ts'
import { NEED, VERDICT } from '../../tcp/verdict-codes.ts'
import { packet } from '../packet.ts'
import { isDoubledData, tellsTwice } from './answered-again.ts'
import * as closing from './closing.ts'
import * as hosts from './hosts.ts'
import { isNumbered, isOlderThan } from './missing-ids.ts'
import {
  addRepetition,
  isByTimer,
  LOOKED_AT,
  newestBefore,
  NONE,
  Repetition,
  repetitionAt as at,
} from './repetition-table.ts'
import { ACKED, LAST_FIN, LOSS, MOST_ARRIVED, NO_SACK, PROBED, RECOVERY, SACKED, Sender } from './sender-table.ts'
import * as sent from './sent-segments.ts'
import { HANDSHAKE_TIMER_NS } from './sighting-table.ts'
import * as verdicts from './verdicts.ts'

// Whether the receiver already had what was sent again. Nearly always that is known only later, from how the receiver answers, so the
// repetitions of each direction are kept (repetition-table.ts).

/** Round trips below this are mostly how long a host takes, which varies. */
const SHORTEST_ROUND_TRIP_NS: f64 = 1e6
/** Of the shortest round trip so far: no later one is shorter than that. */
const SURELY_LESS: f64 = 0.75
/** So many ACKs missing for each repetition that was needed, and two at least, mean that it is the way back that loses packets. */
const LOSSY: i32 = 4
/** The same, or so many at all, where one more of either is in question. */
const VERY_LOSSY: i32 = 8
/** From here to there a wait is twice as long as the one before; clocks tick in some milliseconds. */
const DOUBLED_FROM: f64 = 1.7
const DOUBLED_TO: f64 = 2.35

/** Asks it of the packet just entered as `entry`, which takes the sequence numbers up to `end`. */
export function ask(d: Sender, other: Sender, entry: i32, end: i32, time: f64): void {
  const before = d.lastRepetition
  addRepetition(d, entry, end, time)
  const verdict = verdicts.verdict(entry)
  if (other.lastRepetition !== NONE) closing.takeBackHeeded(other)
  if (verdict === VERDICT.synack && isEarly(entry)) verdicts.setNeed(entry, NEED.early)
  else if (arrivedBehindHole(d, packet.seq)) verdicts.setNeed(entry, NEED.arrived)
  else if (before !== NONE && closing.isHeeded(d, other, before, time)) closing.setHeeded(d, other)
  else if (verdict !== VERDICT.fast && isLikely(d, other, before)) verdicts.setNeed(entry, NEED.likely)
}

/** Of the bytes [seq, end) a repetition was seen that was sent after the packet with this IP ID. */
export function hasOvertaken(d: Sender, seq: i32, end: i32, ipId: i32): bool {
  let name = newestBefore(d, end)
  for (let n = 0; n < LOOKED_AT && name !== NONE; n++) {
    const repetition = at(name)
    if (repetition.seq - end < 0 && seq - repetition.end < 0 && isOlderThan(repetition.ipId, ipId)) return true
    name = repetition.before
  }
  return false
}

/** The direction's last repetition is a SYN, behind `row`. */
export function hasSynSince(d: Sender, row: i32): bool {
  if (d.lastRepetition === NONE) return false
  const entry = at(d.lastRepetition).entry
  return verdicts.verdict(entry) === VERDICT.syn && verdicts.row(entry) > row
}

/**
 * The packet repeats what was repeated last, after twice the wait: as time-outs do (RFC 6298 section 5.5), but not the first one after a
 * probe, as it waits from the probe on. A time-out may be twice as long as the wait for a probe (RFC 8985 section 7.2) if round trips vary a lot, so the
 * first wait must be no longer than `longest`.
 */
export function hasDoubled(d: Sender, time: f64, longest: f64): bool {
  if (d.lastRepetition === NONE) return false
  const repetition = at(d.lastRepetition)
  const wait = verdicts.cost(repetition.entry)
  const isSame = repetition.seq === packet.seq && d.newsTime < repetition.time
  const since = time - repetition.time
  return isSame && wait < longest && since > wait * DOUBLED_FROM && since < wait * DOUBLED_TO
}

/** Sooner than any timer, so because a SYN came twice: nobody could know that the one before was lost. */
function isEarly(entry: i32): bool {
  const since = verdicts.cost(entry)
  return since > 0 && since < HANDSHAKE_TIMER_NS
}

/**
 * After a time-out without SACK everything is sent again (Linux tcp_enter_loss), though duplicate ACKs may have told that most of
 * it had arrived; they tell the least number, as some get lost. What is first has not.
 */
function arrivedBehindHole(d: Sender, seq: i32): bool {
  const state = d.state
  if ((state & (LOSS | ACKED | NO_SACK)) !== (LOSS | ACKED | NO_SACK)) return false
  if (seq !== d.una) return (state & MOST_ARRIVED) !== 0
  const behind = sent.countBefore(d, d.recoveryEnd) - 1
  if (d.arrived > behind >> 1) d.state = state | MOST_ARRIVED
  return false
}

/**
 * Nothing says that a segment of `d` is lacking, and the way back loses far more than this way does. `before` is the repetition before;
 * one that the other side had asked for was needed, whatever became of it.
 */
function isLikely(d: Sender, other: Sender, before: i32): bool {
  const unanswered = before !== NONE && at(before).end - d.una > 0
  const asked = unanswered && !verdicts.isSpurious(at(before).entry)
  if (asked && verdicts.verdict(at(before).entry) !== VERDICT.fast) return false
  if (asked ? <i32>other.lostAcks < VERY_LOSSY * (1 + <i32>d.needed) : !losesAcks(d, other)) return false
  return (unanswered || d.duplicateAcks === 0) && (d.state & SACKED) === 0
}

/** Far more ACKs are known to be lost than segments of `d`. */
function losesAcks(d: Sender, other: Sender): bool {
  return <i32>other.lostAcks >= max(2, LOSSY * <i32>d.needed)
}

/**
 * A second SYN-ACK sooner after the second SYN than any timer, or one with another sequence number, answers the second SYN, so the first one had
 * arrived as well, or was late. Linux echoes the SYN that came first (tcp_check_req keeps `ts_recent`): if that is the second, a network doubled one of
 * them.
 */
export function answeredTwice(d: Sender, ack: i32, time: f64, another: bool): void {
  if ((d.state & ACKED) === 0 || ack - d.first !== 1 || (!another && d.una !== ack)) return
  for (let name = d.lastRepetition; name !== NONE; name = at(name).before) {
    const repetition = at(name)
    if (verdicts.verdict(repetition.entry) !== VERDICT.syn) continue
    const hasEcho = packet.hasTimestamps !== 0 && repetition.tsval !== 0
    const isOfFirst = hasEcho
      ? packet.tsecr - repetition.tsval < 0
      : another || time - repetition.time < HANDSHAKE_TIMER_NS
    if (isOfFirst && verdicts.need(repetition.entry) !== NEED.acknowledged)
      verdicts.setNeed(repetition.entry, NEED.spurious)
    return
  }
}

/**
 * [left, right) arrived twice (a DSACK says so, or the original was seen): of any of these bytes the newest repetition that this was not yet said of
 * was not needed, as may be known already. `time`: of a DSACK, which may be of what a network doubled.
 */
export function arrivedTwice(d: Sender, left: i32, right: i32, time: f64 = Infinity): bool {
  // Of these bytes it was found already.
  let from = right
  let to = right
  let name = newestBefore(d, right)
  for (let n = 0; n < LOOKED_AT && name !== NONE && (from - left > 0 || to - right < 0); n++) {
    const repetition = at(name)
    const entry = repetition.entry
    const begin = repetition.seq - left > 0 ? repetition.seq : left
    const end = repetition.end - right < 0 ? repetition.end : right
    if (begin - end < 0 && (begin - from < 0 || end - to > 0) && repetition.answered === 0) {
      const isKnown = verdicts.need(entry) === NEED.acknowledged || (n === 0 && isDoubledData(d, repetition, time))
      if (!isKnown) verdicts.setNeed(entry, NEED.spurious)
      repetition.answered = 1
      if (isByTimer(repetition)) d.state &= ~(LOSS | MOST_ARRIVED | PROBED)
      // What is before it was repeated earlier.
      if (from === right || end - to > 0) to = end
      if (begin - from < 0) from = begin
    }
    name = repetition.before
  }
  return from - right < 0
}

/**
 * An ACK from `una` up to `ack`: whose transmission did it answer? The original's if it came sooner than a round trip after the
 * repetition, or if it echoes a timestamp older than the repetition's (RFC 3522, Eifel). The echo is of the segment that holds `una`
 * (RFC 7323 section 4.3: the earliest that the ACK covers), so of others it says nothing. `spareAcks` are missing before this one
 * and answered nothing else: a receiver answers each transmission that comes, so as many came before the last. -1 = some may be. `mayBeOnce`: if each
 * segment that was sent once was answered on its own, those are the missing ones.
 */
export function acknowledged(
  d: Sender,
  other: Sender,
  una: i32,
  ack: i32,
  time: f64,
  spareAcks: i32,
  mayBeOnce: bool,
): void {
  const tooSoon = tooSoonFor(d, una)
  const isLossy = <i32>other.lostAcks >= VERY_LOSSY
  // A FIN that alone acknowledged the other side's leaves TIME-WAIT behind: what is answered with an IP ID still came to a connection.
  const cameFirst = (d.state & LAST_FIN) !== 0 && packet.ipId !== 0 && isNumbered(other)
  // Whether the repetition after came twice, and where it began.
  let cameTwice = false
  let twice = 0
  let name = newestBefore(d, ack)
  for (let n = 0; n < LOOKED_AT && name !== NONE;) {
    const repetition = at(name)
    const entry = repetition.entry
    const seq = repetition.seq
    const end = repetition.end
    // What this acknowledges is looked at once, however much that is.
    const isNew = ack - end >= 0 && end - una > 0
    if (!isNew) n++
    else if (isUndecided(entry, seq - una <= 0)) {
      if (packet.payloadLength === 0) repetition.answerTime = time
      const before = verdicts.need(entry)
      const isEchoed = packet.hasTimestamps !== 0 && repetition.tsval !== 0 && seq - una <= 0
      const echoesOriginal = isEchoed && packet.tsecr - repetition.tsval < 0
      const answered = isEchoed ? echoesOriginal : time - repetition.time < tooSoon
      // The receiver itself had told of a gap, whatever ACKs are missing since.
      const asked = verdicts.verdict(entry) === VERDICT.fast
      // Nothing new: an earlier one of what came twice, on a way back that loses ACKs, and a SYN-ACK that no timestamp tells from the one
      // before.
      const stays =
        before === NEED.early
          ? !isEchoed || repetition.ticks === 0
          : before === NEED.heeded || (before === NEED.likely && isLossy && cameTwice && twice === seq)
      // A probe before a time-out that was not needed: the same missing ACKs made both.
      const isAlike = cameTwice && seq - twice > 0 && verdicts.verdict(entry) === VERDICT.tlp && losesAcks(d, other)
      const otherwise = stays ? before : isAlike ? NEED.likely : spareAcks < 0 && !asked ? NEED.open : NEED.needed
      const wasAnswered = spareAcks > 0 && !asked && !isFirstAnswer(d, other, repetition, mayBeOnce)
      const need = answered ? NEED.spurious : cameFirst ? NEED.needed : wasAnswered ? NEED.spurious : otherwise
      if (need === NEED.needed && spareAcks >= 0 && d.needed < 255) d.needed++
      // From TIME-WAIT, whose ACKs have no IP ID, nothing tells how many there were.
      if (spareAcks > 0) spareAcks = packet.ipId !== 0 ? spareAcks - 1 : -1
      if (packet.hasTimestamps !== 0 && packet.tsecr - repetition.tsval < 0) repetition.older = 1
      verdicts.setNeed(entry, need)
      if (echoesOriginal) d.state &= ~(LOSS | MOST_ARRIVED | RECOVERY)
    }
    cameTwice = verdicts.isSpurious(entry)
    twice = seq
    name = repetition.before
  }
}

/**
 * The mere ACK answers the repetition and echoes it, but says in no DSACK that its bytes had come before. If more had come, which is missing here,
 * the echo alone tells: what ends below that would have been outside the window (RFC 7323 section 5.3, R2 before R3).
 */
function isFirstAnswer(d: Sender, other: Sender, repetition: Repetition, mayBeOnce: bool): bool {
  if (packet.hasTimestamps === 0 || repetition.tsval === 0 || packet.tsecr !== repetition.tsval) return false
  if (packet.payloadLength !== 0 || (packet.tcpFlags & FLAG.fin) !== 0 || packet.sackBlocks > 0) return false
  const cameBefore = d.sendTime === repetition.time && packet.ack - repetition.end > 0
  return cameBefore || (mayBeOnce && tellsTwice(d, other))
}

/** An answer within this time answers something older. The handshake's round trip alone may be a slow one: addresses were asked for, entries made. */
function tooSoonFor(d: Sender, una: i32): f64 {
  const isKnown = una - d.first > 1 && d.roundTrip >= SHORTEST_ROUND_TRIP_NS
  return isKnown ? d.roundTrip * SURELY_LESS : 0
}

/** SACK blocks of the packet, `from` one on: bytes in them that were repeated less than a round trip ago came the first time. */
export function selectedSooner(d: Sender, from: i32, time: f64): void {
  const tooSoon = tooSoonFor(d, d.una)
  let name = d.lastRepetition
  for (let n = 0; n < LOOKED_AT && name !== NONE && time - at(name).time < tooSoon; n++, name = at(name).before) {
    const repetition = at(name)
    if (verdicts.need(repetition.entry) !== NEED.unknown) continue
    for (let i = from; i < packet.sackBlocks * 2; i += 2) {
      const isIn = repetition.seq - packet.sack[i] >= 0 && packet.sack[i + 1] - repetition.end >= 0
      if (isIn) verdicts.setNeed(repetition.entry, NEED.spurious)
    }
  }
}

/**
 * The first SACK block that reaches to `right`, from `left` on. If that is what a probe repeated, and before this answer to either one is
 * missing (`lostAcks`), it came the first time, where no DSACK would say so.
 */
export function selected(d: Sender, left: i32, right: i32, lostAcks: i32): void {
  const last = at(d.lastRepetition)
  if (lostAcks <= 0 || left !== last.seq || right !== last.end || !isByTimer(last)) return
  if (hosts.isWithout(hosts.DSACKS)) verdicts.setNeed(last.entry, NEED.spurious)
}

/** An ACK may say more of it. What duplicate ACKs told of was a gap after all if ACKs stop in front of it. */
function isUndecided(entry: i32, isGap: bool): bool {
  const need = verdicts.need(entry)
  if (need === NEED.arrived) return isGap
  return need === NEED.unknown || need === NEED.likely || need === NEED.early || need === NEED.heeded
}
