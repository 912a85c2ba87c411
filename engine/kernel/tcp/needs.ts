import { TABLE } from '../../kernel-tables.ts'
import { NEED, VERDICT } from '../../tcp/verdict-codes.ts'
import { doubleTable, freeTable, newTable, tableBytes } from '../memory.ts'
import { packet } from '../packet.ts'
import { ACKED, LOSS, PROBED, RECOVERY, SACKED, Sender } from './sender-table.ts'
import * as verdicts from './verdicts.ts'

// Whether the receiver already had what was sent again. Nearly always that is known only later, from how the receiver answers, so the
// repetitions of each direction are kept as a chain from the newest back. A repetition is named by where in the table it lies; 0 = none.

@unmanaged
class Repetition {
  /** Its entry among the verdicts. */
  entry: i32
  seq: i32
  end: i32
  tsval: i32
  /** 1 = the receiver has said that it arrived twice. */
  answered: i32
  /** The direction's repetition before. */
  before: i32
  time: f64
}

const NONE: i32 = 0
const REPETITION_BYTES: i32 = offsetof<Repetition>()
/** Repetitions looked at for one piece of evidence, from the newest back. */
const LOOKED_AT: i32 = 32
/** Round trips below this are mostly how long a host takes, which varies. */
const SHORTEST_ROUND_TRIP_NS: f64 = 1e6
/** Of the shortest round trip so far: no later one is shorter than that. */
const SURELY_LESS: f64 = 0.75
/** So many ACKs that are missing, and so many for each segment, mean that it is the way back that loses packets. */
const LOSSY: i32 = 2
/** An original that comes later than that after its repetition is not waited for. */
const LATEST_NS: f64 = 5e9
/** No server answers a SYN again on its own before this: RFC 6298 waits a second. */
const HANDSHAKE_TIMER_NS: f64 = 0.9e9

let repetitions: usize = newTable(TABLE.needs, REPETITION_BYTES * 64)
let capacity: i32 = REPETITION_BYTES * 64
let used: i32 = REPETITION_BYTES

function at(name: i32): Repetition {
  return changetype<Repetition>(repetitions + <usize>name)
}

/** Asks it of the packet just entered as `entry`, which takes the sequence numbers up to `end`. */
export function ask(d: Sender, other: Sender, entry: i32, end: i32, time: f64): void {
  if (used === capacity) {
    repetitions = doubleTable(TABLE.needs)
    capacity = tableBytes(TABLE.needs)
  }
  const repetition = at(used)
  const before = d.lastRepetition
  repetition.entry = entry
  repetition.seq = packet.seq
  repetition.end = end
  repetition.tsval = packet.hasTimestamps !== 0 ? packet.tsval : 0
  repetition.before = before
  repetition.time = time
  d.lastRepetition = used
  used += REPETITION_BYTES
  if (verdicts.verdict(entry) !== VERDICT.fast && isLikely(d, other, before)) verdicts.setNeed(entry, NEED.likely)
}

/** Nothing says that a segment of `d` is lacking, and the way back loses more than this way does. `before` is the repetition before. */
function isLikely(d: Sender, other: Sender, before: i32): bool {
  if (before !== NONE && at(before).end - d.una > 0 && !verdicts.isSpurious(at(before).entry)) return false
  const lostAcks = <i32>other.lostAcks
  if (lostAcks < LOSSY || lostAcks < LOSSY * 2 * <i32>d.needed) return false
  return d.duplicateAcks === 0 && (d.state & SACKED) === 0
}

/**
 * A second SYN-ACK sooner than any timer, or one with another sequence number, answers the second SYN, so the first one had arrived
 * as well, or was late.
 */
export function answeredTwice(d: Sender, ack: i32, time: f64, another: bool): void {
  if ((d.state & ACKED) === 0 || ack - d.first !== 1) return
  if (!another && (d.una !== ack || time - d.newsTime >= HANDSHAKE_TIMER_NS)) return
  for (let name = d.lastRepetition; name !== NONE; name = at(name).before) {
    const entry = at(name).entry
    if (verdicts.verdict(entry) !== VERDICT.syn) continue
    verdicts.setNeed(entry, NEED.spurious)
    return
  }
}

/**
 * An ACK up to `ack` that nothing else explains: the receiver says so of bytes that it had, if it says nothing in a DSACK (SYN and
 * SYN-ACK: RFC 5961 section 4.2, TIME-WAIT: RFC 9293 section 3.10.7.4). That is the newest repetition not yet answered so.
 */
export function acknowledgedAgain(d: Sender, ack: i32, time: f64): void {
  let name = d.lastRepetition
  for (let n = 0; n < LOOKED_AT && name !== NONE; n++) {
    const repetition = at(name)
    if (time - repetition.time >= LATEST_NS) return
    if (repetition.answered === 0 && ack - repetition.end >= 0) {
      repetition.answered = 1
      if (verdicts.need(repetition.entry) !== NEED.acknowledged) verdicts.setNeed(repetition.entry, NEED.spurious)
      return
    }
    name = repetition.before
  }
}

/** [left, right) arrived twice (a DSACK says so, or the original was seen): the newest repetition of these bytes was not needed. */
export function arrivedTwice(d: Sender, left: i32, right: i32): bool {
  let name = d.lastRepetition
  for (let n = 0; n < LOOKED_AT && name !== NONE; n++) {
    const repetition = at(name)
    const entry = repetition.entry
    const overlaps = repetition.seq - right < 0 && left - repetition.end < 0
    if (overlaps && verdicts.need(entry) !== NEED.spurious) {
      verdicts.setNeed(entry, NEED.spurious)
      repetition.answered = 1
      const verdict = verdicts.verdict(entry)
      if (verdict === VERDICT.rto || verdict === VERDICT.tlp) d.state &= ~(LOSS | PROBED)
      return true
    }
    name = repetition.before
  }
  return false
}

/**
 * An ACK from `una` up to `ack`: whose transmission did it answer? The original's if it came sooner than a round trip after the
 * repetition, or if it echoes a timestamp older than the repetition's (RFC 3522, Eifel). The echo is of the segment that holds `una`
 * (RFC 7323 section 4.3: the earliest that the ACK covers), so of others it says nothing. `spareAcks` are missing before this one
 * and answered nothing else: a receiver answers each transmission that comes, so as many came before the last. -1 = some may be.
 */
export function acknowledged(d: Sender, una: i32, ack: i32, time: f64, spareAcks: i32): void {
  const roundTrip = d.roundTrip
  const tooSoon: f64 = roundTrip < SHORTEST_ROUND_TRIP_NS ? 0 : roundTrip * SURELY_LESS
  let name = d.lastRepetition
  for (let n = 0; n < LOOKED_AT && name !== NONE; n++) {
    const repetition = at(name)
    const entry = repetition.entry
    const before = verdicts.need(entry)
    if ((before === NEED.unknown || before === NEED.likely) && ack - repetition.end >= 0) {
      const isEchoed = packet.hasTimestamps !== 0 && repetition.tsval !== 0 && repetition.seq - una <= 0
      const echoesOriginal = isEchoed && packet.tsecr - repetition.tsval < 0
      const answered = isEchoed ? echoesOriginal : time - repetition.time < tooSoon
      const asked = verdicts.verdict(entry) === VERDICT.fast
      const spurious = answered || (spareAcks > 0 && !asked)
      const need = spurious ? NEED.spurious : spareAcks < 0 ? NEED.open : NEED.needed
      if (spareAcks > 0) spareAcks--
      verdicts.setNeed(entry, need)
      if (need === NEED.needed && d.needed < 255) d.needed++
      if (echoesOriginal) d.state &= ~(LOSS | RECOVERY)
    }
    name = repetition.before
  }
}

export function release(): void {
  freeTable(TABLE.needs)
}
