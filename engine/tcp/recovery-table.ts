/**
 * What only directions with loss, reordering or closed windows need, so that the others do not pay for it: records of sixteen
 * words, handed out at the first need and kept.
 */
export const RECOVERY_WORDS = 16

/** Up to four SACK blocks of the direction's last packet: left edge, right edge, left, right, ... */
export const SACK_EDGES = 0
export const SACK_BLOCKS = 8
/** Duplicate ACKs sent since the acknowledgment field last changed. */
export const DUPLICATE_ACKS = 9
/** Lowest and highest sequence number of the unacknowledged segments while they are disordered. */
export const LOWEST = 10
export const HIGHEST = 11
/** 1 + row of the packet that closed the window, while it is closed. */
export const ZERO_WINDOW_ROW = 12
