import { NEED, VERDICT } from '../../tcp/verdict-codes.ts'
import { packet } from '../packet.ts'
import * as hosts from './hosts.ts'
import { isFromTimeWait } from './missing-ids.ts'
import { isByTimer, LOOKED_AT, newestBefore, NONE, Repetition, repetitionAt as at } from './repetition-table.ts'
import { ACKED, SACK_OK, Sender } from './sender-table.ts'
import { HANDSHAKE_TIMER_NS } from './sighting-table.ts'
import * as verdicts from './verdicts.ts'

// What came twice is answered twice: what such an answer tells of repetitions.

/** An original that comes later than that after its repetition is not waited for. */
const LATEST_NS: f64 = 5e9

/**
 * An ACK up to `ack` that nothing else explains: the receiver says so of bytes that it had, if it says nothing in a DSACK (SYN and
 * SYN-ACK: RFC 5961 section 4.2, TIME-WAIT: RFC 9293 section 3.10.7.4). That is the newest repetition not yet answered so.
 */
export function acknowledgedAgain(d: Sender, other: Sender, ack: i32, time: f64): void {
  answeredAgain(d, other, ack, time, false)
}

/**
 * A reset with the sequence number `seq`, of an end without the connection: what it answers has that as its acknowledgment (RFC 9293
 * section 3.10.7.1), and is the newest such repetition, or else a mere ACK.
 */
export function refused(d: Sender, other: Sender, seq: i32, time: f64): void {
  answeredAgain(d, other, seq, time, true)
}

/**
 * A mere ACK of the newest repetition of `d`, from a host that sends no DSACKs, comes after `ahead` sequence numbers that are missing here: `missing`
 * packets. What they were sent in had acknowledged already what `d` had sent first, so this answers what came again, if they were the response to
 * it: the other side had sent nothing since `quietSince`, before that. A FIN (or data) may have been sent for any reason; but then before, and a
 * timer would have repeated it as often (both ends see the same round trip).
 */
export function responded(d: Sender, quietSince: f64, ahead: i32, missing: i32): void {
  const newest = d.lastRepetition
  if (newest === NONE || (d.state & ACKED) === 0 || at(newest).end - d.una <= 0 || packet.ack - at(newest).end < 0)
    return
  const entry = at(newest).entry
  const wait = verdicts.cost(entry)
  if (!isByTimer(at(newest))) return
  const isResponse = ahead > 1 && wait > 0 && at(newest).time - wait > quietSince
  if (!isResponse && missing > countAlike(newest)) return
  at(newest).answered = 1
  verdicts.setNeed(entry, NEED.spurious)
}

/** How often the bytes of the repetition were repeated, up to it. */
function countAlike(newest: i32): i32 {
  let count = 0
  for (let name = newest; name !== NONE && count < LOOKED_AT && at(name).seq === at(newest).seq; name = at(name).before)
    count++
  return count
}

/** The SYN-ACK was refused twice, so the one before its last repetition had come. */
export function refusedAgain(d: Sender): void {
  if (d.lastRepetition === NONE) return
  const entry = at(d.lastRepetition).entry
  if (verdicts.verdict(entry) === VERDICT.synack) verdicts.setNeed(entry, NEED.spurious)
}

function answeredAgain(d: Sender, other: Sender, number: i32, time: f64, byReset: bool): void {
  let name = byReset ? d.lastRepetition : newestBefore(d, number)
  for (let n = 0; n < LOOKED_AT && name !== NONE; n++) {
    const repetition = at(name)
    if (time - repetition.time >= LATEST_NS) return
    if (repetition.answered === 0 && (byReset ? repetition.ack === number : number - repetition.end >= 0)) {
      if (!byReset && (isDoubled(d, other, repetition, number, time) || wouldBeTold(d, other, repetition, number)))
        return
      repetition.answered = 1
      if (!byReset) noteAnswer(d, repetition)
      if (verdicts.need(repetition.entry) !== NEED.acknowledged) verdicts.setNeed(repetition.entry, NEED.spurious)
      return
    }
    name = repetition.before
  }
}

/**
 * What was answered in its time, as needed, and more than it was acknowledged since: had it come twice, the other side would say so in a DSACK, and
 * this answers something else, as a packet that was overtaken (RFC 7323 section 5.3 R1). Of a SYN there is no DSACK.
 */
function wouldBeTold(d: Sender, other: Sender, repetition: Repetition, number: i32): bool {
  const verdict = verdicts.verdict(repetition.entry)
  if (verdict === VERDICT.syn || verdict === VERDICT.synack) return false
  const isNeeded = verdicts.need(repetition.entry) === NEED.needed
  return isNeeded && number !== repetition.end && tellsTwice(d, other)
}

function isSelected(d: Sender, repetition: Repetition): bool {
  if (verdicts.verdict(repetition.entry) !== VERDICT.fast || (d.state & SACK_OK) === 0) return false
  return verdicts.need(repetition.entry) === NEED.needed
}

/** Where data had come twice, this ACK would have a DSACK. */
export function tellsTwice(d: Sender, other: Sender): bool {
  return (d.state & SACK_OK) !== 0 && !isFromTimeWait(other) && !hosts.isWithout(hosts.DSACKS)
}

/**
 * The other side acknowledged the repetition in its time, and again, up to `number`, within a round trip: what a network doubled comes twice like that,
 * an original that is late any time. Of what is no handshake a timer must have sent it, and the first answer echoed its timestamp: by then the original
 * had not come for as long as the timer waited, so only by chance would it so soon behind it. From TIME-WAIT a FIN may be answered that was doubled.
 * Of a handshake: what acknowledges data as well is no answer to data that was doubled where a DSACK would say so, and a mere ACK that echoes the SYN
 * is to an older one, as that one doubled is answered with a SYN-ACK (Linux tcp_check_req).
 */
function isDoubled(d: Sender, other: Sender, repetition: Repetition, number: i32, time: f64): bool {
  if (verdicts.need(repetition.entry) !== NEED.needed) return false
  const verdict = verdicts.verdict(repetition.entry)
  if (verdict === VERDICT.syn || verdict === VERDICT.synack) {
    if (number !== repetition.end && tellsTwice(d, other)) return false
    const echoes = packet.hasTimestamps !== 0 && packet.tsecr === repetition.tsval
    if (verdict === VERDICT.syn && echoes && d.lastTsval !== repetition.tsval) return false
  } else if ((!isFromTimeWait(other) || !isSelected(d, repetition)) && !isAwaited(repetition)) return false
  return isAtOnce(d, repetition, time)
}

/** A DSACK tells of a repetition that a network doubled, as far as above. */
export function isDoubledData(d: Sender, repetition: Repetition, time: f64): bool {
  return verdicts.need(repetition.entry) === NEED.needed && isAwaited(repetition) && isAtOnce(d, repetition, time)
}

/** A timer sent it, and it was echoed before anything of its original. */
function isAwaited(repetition: Repetition): bool {
  return isByTimer(repetition) && repetition.tsval !== 0 && repetition.older === 0
}

/** Within a round trip of the last news. */
function isAtOnce(d: Sender, repetition: Repetition, time: f64): bool {
  const roundTrip = d.roundTrip !== 0 ? d.roundTrip : d.newsTime - repetition.time
  return time - d.newsTime < roundTrip
}

/**
 * The other side says nothing new but echoes the newest repetition, whose bytes it had acknowledged with an older echo: that came afterwards,
 * so twice. A receiver keeps the timestamp of what begins at or below what it has acknowledged (RFC 7323 section 4.3), and Linux of what ends
 * there as well (tcp_sequence); had the repetition been in time, it would have begun above. False where that is not said.
 */
export function echoed(d: Sender, ack: i32): bool {
  const repetition = at(d.lastRepetition)
  if (repetition.tsval !== packet.tsecr || repetition.end !== ack || repetition.older === 0) return false
  repetition.answered = 1
  noteAnswer(d, repetition)
  if (verdicts.need(repetition.entry) !== NEED.acknowledged) verdicts.setNeed(repetition.entry, NEED.spurious)
  return true
}

/** What came twice is answered: with a DSACK, unless in a handshake, or from TIME-WAIT, whose ACKs have no IP ID. */
function noteAnswer(d: Sender, repetition: Repetition): void {
  const verdict = verdicts.verdict(repetition.entry)
  if (verdict === VERDICT.syn || verdict === VERDICT.synack || packet.ipId === 0 || packet.sackBlocks > 0) return
  if ((d.state & SACK_OK) !== 0) hosts.doesNot(hosts.DSACKS)
}
