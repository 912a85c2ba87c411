/** Why a connection was reset, by number: 0 = it was not. */
export const RESET_CAUSES = ['', 'refused', 'after-fin', 'data-unread', 'mid-stream', 'unknown-connection'] as const
export type ResetCauseName = Exclude<(typeof RESET_CAUSES)[number], ''>

/** A server that resets this soon after a request, and answered nothing, has hardly read it. */
export const UNREAD_WITHIN_NS = 1e9
/** What lay unread is thrown away before the reset is sent (Linux tcp_close), which so opens the window; reading moves it less. */
const WINDOW_OPENS = 1.01

/** What is known when a RST arrives. "Sender" sent it, "peer" is the other end. */
export interface ResetEvidence {
  /** The RST has the ACK flag. */
  readonly acks: boolean
  readonly seq: number
  readonly peerSentSyn: boolean
  /** The sender opened the connection: what came last is an answer, which it may have read. */
  readonly sentSyn: boolean
  /** The sender had sent a packet other than a RST before. */
  readonly senderSpoke: boolean
  readonly anyFin: boolean
  readonly peerSpoke: boolean
  /** Acknowledgment number of the peer's last packet. */
  readonly peerAck: number
  /** New data has come from the peer since the sender's last new data. */
  readonly peerSpokeLast: boolean
  /** Unscaled: the RST's, and that of the sender's packet before. */
  readonly window: number
  readonly windowBefore: number
  /** Nanoseconds since the peer's last new data. */
  readonly sincePeerData: number
}

/**
 * RFC 9293 section 3.10.7.1: an end without such a connection answers a segment that has ACK with a RST without ACK whose
 * sequence number is that segment's acknowledgment, and one without ACK (a SYN) with sequence number 0 and ACK. An end that
 * aborts its connection (closed with unread data, RFC 2525 section 2.17; SO_LINGER of 0; a time-out) sends RST with ACK.
 */
export function resetCause(evidence: ResetEvidence): ResetCauseName {
  if (evidence.peerSentSyn ? !evidence.senderSpoke : evidence.acks && evidence.seq === 0) return 'refused'
  if (evidence.anyFin) return 'after-fin'
  if (!evidence.acks && evidence.peerSpoke && evidence.seq === evidence.peerAck) return 'unknown-connection'
  const unanswered = evidence.peerSpokeLast && evidence.sincePeerData <= UNREAD_WITHIN_NS
  const opens = evidence.sincePeerData !== Infinity && evidence.window > evidence.windowBefore * WINDOW_OPENS
  if (evidence.acks && !evidence.sentSyn && (unanswered || opens)) return 'data-unread'
  return 'mid-stream'
}
