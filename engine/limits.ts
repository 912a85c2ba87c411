/** How much of a capture is kept. A capture that has more is read up to there, see CaptureFacts.unread. */
export interface Limits {
  readonly packets?: number
  readonly conversations?: number
}

/**
 * What one packet and one conversation take, in bytes, with all that is kept about them and the room that arrays have to grow: for those who
 * choose limits by memory. Measured; see ARCHITECTURE.md.
 */
export const COST = { packet: 80, conversation: 800 } as const

/** The most there can be, whatever the limits: the kernel's memory has 4 GiB, of which a packet takes 65 bytes and a conversation some 400. */
export const MOST = { packets: 50_000_000, conversations: 2_500_000 } as const
