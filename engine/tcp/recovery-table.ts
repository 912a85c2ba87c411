import { RECOVERY, type Directions } from './directions.ts'

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

export class RecoveryTable {
  words = new Int32Array(RECOVERY_WORDS * 64)
  #count = 0

  /** Where the record of the direction at `at` starts in `words`; made if there is none. */
  of(directions: Directions, at: number): number {
    const known = directions.words[at + RECOVERY]
    if (known !== 0) return (known - 1) * RECOVERY_WORDS
    const record = this.#count++
    if (this.#count * RECOVERY_WORDS > this.words.length) {
      const words = new Int32Array(this.words.length * 2)
      words.set(this.words)
      this.words = words
    }
    directions.words[at + RECOVERY] = record + 1
    return record * RECOVERY_WORDS
  }

  /** A word of the direction's record; 0 if there is none. */
  get(directions: Directions, at: number, word: number): number {
    const known = directions.words[at + RECOVERY]
    return known === 0 ? 0 : this.words[(known - 1) * RECOVERY_WORDS + word]
  }
}
