import { EVIDENCE, VERDICT } from '../../tcp/verdict-codes.ts'
import { packet } from '../packet.ts'
import { ACKED, LOSS, NO_SACK, PROBED, RECOVERY, SACK_OK, SACKED, Sender } from './sender-table.ts'

/** Linux TCP_RTO_MIN, 200 ms, less what a capture point's view may be off. */
export const TIMER_NS: f64 = 150e6
/** A segment this soon after news (and the way to the sender and back) was sent because of it: Linux's timers wait 2 ms and more. */
const ACK_CLOCKED_NS: f64 = 1e6

/**
 * Which of the sender's mechanisms sent the packet, a retransmission up to `end`, by Linux's states as far as this point can follow
 * them; an EVIDENCE, which decides the verdict (verdictOf).
 */
export function mechanismOf(d: Sender, time: f64, end: i32): i32 {
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
    if (quiet > timer && time - d.sendTime > timer) return EVIDENCE.timerInRecovery
    return sackAbove ? EVIDENCE.sacked : (state & RECOVERY) !== 0 ? EVIDENCE.partialAck : EVIDENCE.duplicateAcks
  }
  if ((state & PROBED) !== 0) return EVIDENCE.timerAfterProbe
  if ((state & (SACK_OK | NO_SACK)) === NO_SACK) return EVIDENCE.noSack
  return end === d.next && !hasSackNews ? EVIDENCE.tail : EVIDENCE.timerNotTail
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
