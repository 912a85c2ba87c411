import type { ConversationState } from '../answers.ts'
import type { Kernel } from '../kernel.ts'
import { TABLE } from '../kernel-tables.ts'

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
  /** A packet had the label partial_ack, which is no trouble and so is counted nowhere else. */
  partialAck: 1 << 15,
} as const

const BOTH = 3

/** How far each connection got, its initial round-trip time, and where its troubles are noted; one row a conversation. */
export class ConnectionTable {
  readonly #kernel: Kernel

  constructor(kernel: Kernel) {
    this.#kernel = kernel
  }

  /** See SEEN. */
  get seen(): Uint16Array {
    return this.#kernel.halves(TABLE.connectionSeen)
  }

  /** 1 + row of the newest SYN (without ACK). */
  get synRow(): Uint32Array {
    return this.#kernel.unsigned(TABLE.connectionSynRow)
  }

  /** 1 + row of the first ACK without SYN after it, which ends the initial round-trip time. */
  get rttRow(): Uint32Array {
    return this.#kernel.unsigned(TABLE.connectionRttRow)
  }

  /** 1 + record in TroubleTable. */
  get trouble(): Uint32Array {
    return this.#kernel.unsigned(TABLE.connectionTrouble)
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
