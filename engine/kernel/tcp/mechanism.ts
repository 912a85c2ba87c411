import { EVIDENCE, VERDICT } from '../../tcp/verdict-codes.ts'
import { packet } from '../packet.ts'
import { isNext, missingSegments } from './missing-ids.ts'
import * as needs from './needs.ts'
import * as hosts from './hosts.ts'
import { ACKED, LOSS, NO_SACK, PROBED, RECOVERY, SACK_OK, SACKED, Sender } from './sender-table.ts'
import * as sent from './sent-segments.ts'

/** Linux TCP_RTO_MIN, 200 ms, less what a capture point's view may be off. */
export const TIMER_NS: f64 = 150e6
/** A first time-out comes no later than this and a round trip, where round trips hardly vary: Linux TCP_RTO_MIN, and ticks. */
const SHORTEST_TIMEOUT_NS: f64 = 250e6
/** A segment this soon after news (and the way to the sender and back) was sent because of it: Linux's timers wait 2 ms and more. */
const ACK_CLOCKED_NS: f64 = 1e6
/**
 * RACK's timer sends what had been sent before that which an ACK told of (RFC 8985 section 6.2). It strikes within a round trip and this, Linux
 * TCP_TIMEOUT_MIN and a tick; a probe no sooner than two round trips after an ACK (section 7.2), a time-out after TCP_RTO_MIN.
 */
const RACK_TIMER_NS: f64 = 6e6

/**
 * Which of the sender's mechanisms sent the packet, a retransmission up to `end`, by Linux's states as far as this point can follow
 * them; an EVIDENCE, which decides the verdict (verdictOf). `missing` packets are before it by the IP IDs.
 */
export function mechanismOf(d: Sender, other: Sender, time: f64, end: i32, missing: i32): i32 {
  const state = d.state
  const hasSackNews = (state & SACKED) !== 0
  const sackAbove = hasSackNews && d.sackedEdge - packet.seq > 0
  const duplicates = d.duplicateAcks >= 3
  const quiet = time - d.newsTime
  if ((state & ACKED) !== 0 && quiet < d.senderSide * 1.5 + ACK_CLOCKED_NS) {
    return sackAbove ? EVIDENCE.sacked : duplicates ? EVIDENCE.duplicateAcks : EVIDENCE.partialAck
  }
  if ((state & LOSS) !== 0) return EVIDENCE.timerInLoss
  if (sackAbove || (state & RECOVERY) !== 0 || duplicates) {
    const timer = TIMER_NS + d.senderSide
    // Without SACK duplicate ACKs that make it send anything do so at once (Linux tcp_newreno_mark_lost), and no later one restarts the timer.
    const isQuiet = quiet > timer || (state & NO_SACK) !== 0
    if (isQuiet && time - d.sendTime > timer) return EVIDENCE.timerInRecovery
    return sackAbove ? EVIDENCE.sacked : (state & RECOVERY) !== 0 ? EVIDENCE.partialAck : EVIDENCE.duplicateAcks
  }
  // A probe repeats the last segment alone, a time-out what is first, also merged with what follows (Linux tcp_retrans_try_collapse).
  const isOnly = d.head === d.tail
  const isTail = end === d.next && !hasSackNews && (isOnly || !sent.isFirst(d, packet.seq))
  // An ACK of the segment itself had not come to its sender yet.
  if ((state & (ACKED | SACK_OK)) === (ACKED | SACK_OK) && packet.seq - d.una >= 0) {
    const latest = d.senderSide + d.roundTrip + (isTail ? 0 : RACK_TIMER_NS)
    if (quiet < latest) return EVIDENCE.partialAck
  }
  // What a probe repeated comes again where its answer got lost behind this point.
  const isProbed = (state & PROBED) !== 0 || end === d.probeEnd
  if (isProbed && (!isTail || isOnly)) {
    if (
      isOnly &&
      isNext(d, packet.ipId) &&
      needs.hasDoubled(d, time, SHORTEST_TIMEOUT_NS + d.senderSide + d.roundTrip)
    ) {
      hosts.doesNot(hosts.PROBES)
    }
    return EVIDENCE.timerAfterProbe
  }
  if ((state & (SACK_OK | NO_SACK)) === NO_SACK) return EVIDENCE.noSack
  if (!isTail) {
    if (isBeforeProbe(d, time)) hosts.doesNot(hosts.PROBES)
    return EVIDENCE.timerNotTail
  }
  // What was sent since, and is missing here, was the probe.
  if (isOnly && missingSegments(d, other, missing) > 0) return EVIDENCE.timerAfterProbe
  if (!isOnly) hosts.does(hosts.PROBES)
  return isOnly && hosts.isWithout(hosts.PROBES) ? EVIDENCE.noProbes : EVIDENCE.tail
}

/**
 * A time-out repeats the first of several segments, and no probe was sent before, though one is due two round trips after the last of them (RFC
 * 8985 section 7.2). It was not sent as new data, as all were sent at once, nor lost before this point, as no IP ID is missing.
 */
function isBeforeProbe(d: Sender, time: f64): bool {
  if (packet.seq !== d.una || (d.state & (SACK_OK | SACKED)) !== SACK_OK || d.duplicateAcks > 0) return false
  if (time - max(d.sendTime, d.newsTime) < TIMER_NS + d.senderSide) return false
  const atOnce = d.senderSide + d.roundTrip + ACK_CLOCKED_NS
  return isNext(d, packet.ipId) && d.sendTime - max(sent.time(d.head), d.newsTime) < atOnce
}

/** The verdict that follows from what mechanismOf answers. */
export function verdictOf(evidence: i32): i32 {
  if (evidence === EVIDENCE.tail) return VERDICT.tlp
  const asked = evidence === EVIDENCE.sacked || evidence === EVIDENCE.duplicateAcks || evidence === EVIDENCE.partialAck
  return asked ? VERDICT.fast : VERDICT.rto
}

/** The sender did so: it is in recovery, in loss, or a probe is out. */
export function enterState(d: Sender, verdict: i32): void {
  const state = d.state
  if (verdict === VERDICT.tlp) {
    d.state = state | PROBED
    d.probeEnd = d.next
  } else if (verdict === VERDICT.rto && (state & LOSS) === 0) {
    d.state = (state & ~(RECOVERY | PROBED)) | LOSS
    d.recoveryEnd = d.next
  } else if (verdict === VERDICT.fast && (state & RECOVERY) === 0) {
    d.state = (state & ~PROBED) | RECOVERY
    d.recoveryEnd = d.next
  }
}
