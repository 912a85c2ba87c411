import type { ConversationState } from '../answers.ts'
import { FLAG } from '../columns/packet-table.ts'
import { grown } from '../columns/conversation-table.ts'

/** What was seen of a connection, as bits. The pairs are for A and, one bit higher, for B: shift by the direction. */
export const SEEN = {
  /** SYN without ACK. */
  syn: 1 << 0,
  synAck: 1 << 2,
  fin: 1 << 4,
  /** The FIN of this end was acknowledged. */
  finAcked: 1 << 6,
  rst: 1 << 8,
  /** The end that sent the SYN has answered the SYN-ACK. */
  handshake: 1 << 12,
  /** A SYN was seen and no ACK after it: the initial round-trip time is still open. */
  rttOpen: 1 << 13,
  /** A RST or a FIN with ACK: a SYN begins another connection even with the same sequence number. */
  ending: 1 << 14,
} as const

const BOTH = 3

/** How far each connection got, its initial round-trip time, and where its troubles are noted; one row a conversation. */
export class ConnectionTable {
  /** See SEEN. */
  seen = new Uint16Array(64)
  /** 1 + row of the newest SYN (without ACK). */
  synRow = new Uint32Array(64)
  /** 1 + row of the first ACK without SYN after it, which ends the initial round-trip time. */
  rttRow = new Uint32Array(64)
  /** 1 + record in TroubleTable. */
  trouble = new Uint32Array(64)

  get capacity(): number {
    return this.seen.length
  }

  /** Twice the capacity. */
  grow(): void {
    this.seen = grown(this.seen)
    this.synRow = grown(this.synRow)
    this.rttRow = grown(this.rttRow)
    this.trouble = grown(this.trouble)
  }

  /** The old connection is over, so that a SYN begins another one even with the same sequence number. */
  isEnding(conversation: number): boolean {
    return (this.seen[conversation] & SEEN.ending) !== 0
  }

  /** The first SYN of a direction: what ended before it was another connection. */
  begin(conversation: number): void {
    this.seen[conversation] &= ~SEEN.ending
  }

  /**
   * Notes a segment of the direction (0 = from A) whose flags may move the connection on. `acksAll`: it acknowledges everything
   * seen from the other end, and so its FIN if there was one.
   */
  note(conversation: number, direction: number, flags: number, acksAll: boolean): void {
    let seen = this.seen[conversation]
    const other = direction ^ 1
    const acks = (flags & FLAG.ack) !== 0
    if ((flags & FLAG.syn) !== 0) seen |= (acks ? SEEN.synAck : SEEN.syn) << direction
    else if (acks && (seen & (SEEN.synAck << other)) !== 0) seen |= SEEN.handshake
    if ((flags & FLAG.fin) !== 0) seen |= SEEN.fin << direction
    if ((flags & FLAG.rst) !== 0 || (acks && (flags & FLAG.fin) !== 0)) seen |= SEEN.ending
    if ((flags & FLAG.rst) !== 0) seen |= SEEN.rst << direction
    else if (acks && acksAll && (seen & (SEEN.fin << other)) !== 0) seen |= SEEN.finAcked << other
    this.seen[conversation] = seen
  }

  /** Nothing but payload and ACKs is to be expected for now. */
  isSettled(conversation: number): boolean {
    const seen = this.seen[conversation]
    if ((seen & (SEEN.rttOpen | (BOTH * SEEN.fin))) !== 0) return false
    return (seen & (BOTH * SEEN.synAck)) === 0 || (seen & SEEN.handshake) !== 0
  }

  /** Where the connection stood after its last packet. */
  state(conversation: number, refused: boolean, hasData: boolean): ConversationState {
    const seen = this.seen[conversation]
    if (refused) return 'refused'
    if ((seen & (BOTH * SEEN.finAcked)) === BOTH * SEEN.finAcked) return 'closed'
    if ((seen & (BOTH * SEEN.rst)) !== 0) return 'reset'
    if ((seen & (BOTH * SEEN.fin)) !== 0) return 'closing'
    if (!hasData && (seen & SEEN.handshake) === 0) {
      if ((seen & (BOTH * SEEN.synAck)) !== 0) return 'syn-received'
      if ((seen & (BOTH * SEEN.syn)) !== 0) return 'syn-sent'
    }
    return (seen & (BOTH * (SEEN.syn | SEEN.synAck))) === 0 ? 'mid-stream' : 'established'
  }
}
