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

/**
 * The most there can be, whatever the limits: the longest array (192 bytes a conversation, in verdicts.ts) stays below 2^32 bytes when it
 * has doubled, and a list of all rows below 2^31.
 */
export const MOST = { packets: 2 ** 28, conversations: 2 ** 24 } as const
