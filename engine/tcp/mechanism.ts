import type { Packet } from '../decode/packet.ts'
import {
  ACKED,
  DUPLICATE_ACKS,
  LOSS,
  NEWS_TIME,
  NEXT,
  NO_SACK,
  PROBE_END,
  PROBED,
  RECOVERY,
  RECOVERY_END,
  SACK_OK,
  SACKED,
  SACKED_EDGE,
  SEND_TIME,
  SENDER_SIDE,
  STATE,
  type SenderTable,
} from './sender-table.ts'
import { EVIDENCE, VERDICT } from './verdicts.ts'

/** Linux TCP_RTO_MIN, 200 ms, less what a capture point's view may be off. */
export const TIMER_NS = 150e6
/** A segment this soon after news (and the way to the sender and back) was sent because of it: Linux's timers wait 2 ms and more. */
const ACK_CLOCKED_NS = 1e6

/**
 * Which of the sender's mechanisms sent the packet, a retransmission up to `end`, by Linux's states as far as this point can follow
 * them; an EVIDENCE, which decides the verdict (VERDICT_OF).
 */
export function mechanismOf(senders: SenderTable, packet: Packet, time: number, d: number, end: number): number {
  const { words, times } = senders
  const state = words[d + STATE]
  const hasSackNews = (state & SACKED) !== 0
  const sackAbove = hasSackNews && ((words[d + SACKED_EDGE] - packet.seq) | 0) > 0
  const duplicates = words[d + DUPLICATE_ACKS] >= 3
  const quiet = time - times[(d >> 1) + NEWS_TIME]
  if (state & ACKED && quiet < times[(d >> 1) + SENDER_SIDE] * 1.5 + ACK_CLOCKED_NS) {
    return sackAbove ? EVIDENCE.sacked : duplicates ? EVIDENCE.duplicateAcks : EVIDENCE.partialAck
  }
  if (state & LOSS) return EVIDENCE.timerInLoss
  if (sackAbove || state & RECOVERY || duplicates) {
    const timer = TIMER_NS + times[(d >> 1) + SENDER_SIDE]
    if (quiet > timer && time - times[(d >> 1) + SEND_TIME] > timer) return EVIDENCE.timerInRecovery
    return sackAbove ? EVIDENCE.sacked : state & RECOVERY ? EVIDENCE.partialAck : EVIDENCE.duplicateAcks
  }
  if (state & PROBED) return EVIDENCE.timerAfterProbe
  if ((state & SACK_OK) === 0 && state & NO_SACK) return EVIDENCE.noSack
  return end === words[d + NEXT] && !hasSackNews ? EVIDENCE.tail : EVIDENCE.timerNotTail
}

/** The verdict that follows from what mechanismOf answers. */
export function verdictOf(evidence: number): number {
  if (evidence === EVIDENCE.tail) return VERDICT.tlp
  const asked = evidence === EVIDENCE.sacked || evidence === EVIDENCE.duplicateAcks || evidence === EVIDENCE.partialAck
  return asked ? VERDICT.fast : VERDICT.rto
}

/** The sender did so: it is in recovery, in loss, or a probe is out. */
export function enterState(senders: SenderTable, d: number, verdict: number): void {
  const { words } = senders
  const state = words[d + STATE]
  if (verdict === VERDICT.tlp) {
    words[d + STATE] = state | PROBED
    words[d + PROBE_END] = words[d + NEXT]
  } else if (verdict === VERDICT.rto && (state & LOSS) === 0) {
    words[d + STATE] = (state & ~(RECOVERY | PROBED)) | LOSS
    words[d + RECOVERY_END] = words[d + NEXT]
  } else if (verdict === VERDICT.fast && (state & RECOVERY) === 0) {
    words[d + STATE] = (state & ~PROBED) | RECOVERY
    words[d + RECOVERY_END] = words[d + NEXT]
  }
}
