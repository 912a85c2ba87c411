/** Why a connection was reset, by number: 0 = it was not. */
export const RESET_CAUSES = ['', 'refused', 'after-fin', 'data-unread', 'mid-stream', 'unknown-connection'] as const
export type ResetCauseName = Exclude<(typeof RESET_CAUSES)[number], ''>

/** Longest that Linux delays an ACK: data that came this shortly before a reset had hardly been read. */
export const UNREAD_WITHIN_NS = 200e6

/** What is known when a RST arrives. "Sender" sent it, "peer" is the other end. */
export interface ResetEvidence {
  /** The RST has the ACK flag. */
  readonly acks: boolean
  readonly seq: number
  readonly peerSentSyn: boolean
  /** The sender had sent a packet other than a RST before. */
  readonly senderSpoke: boolean
  readonly anyFin: boolean
  readonly peerSpoke: boolean
  /** Acknowledgment number of the peer's last packet. */
  readonly peerAck: number
  /** New data has come from the peer since the sender's last new data. */
  readonly peerSpokeLast: boolean
  /** Data of the peer had not been acknowledged before the RST. */
  readonly unackedData: boolean
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
  if (evidence.acks && evidence.peerSpokeLast && (evidence.unackedData || evidence.sincePeerData <= UNREAD_WITHIN_NS))
    return 'data-unread'
  return 'mid-stream'
}
