import type { Kernel } from '../kernel.ts'
import { TABLE } from '../kernel-tables.ts'

/** What a conversation can lose time to. */
export const LOST_TIME_CAUSES = ['retransmission', 'syn-timeout', 'zero-window', 'reset'] as const
export type LostTimeCause = (typeof LOST_TIME_CAUSES)[number]

/**
 * Intervals in which conversations stood still, as one list a conversation, newest first, that do not overlap: waiting for two
 * things at once is lost once, and charged to the cause that was recorded first.
 */
export class LostTime {
  readonly #kernel: Kernel

  constructor(kernel: Kernel) {
    this.#kernel = kernel
  }

  /** Nanoseconds of [from, to) that the list that begins with `head` does not cover; 0 is an empty list. */
  uncovered(head: number, from: number, to: number): number {
    const starts = this.#kernel.doubles(TABLE.lostTimeFrom)
    const ends = this.#kernel.doubles(TABLE.lostTimeTo)
    const older = this.#kernel.words(TABLE.lostTimeOlder)
    let uncovered = to > from ? to - from : 0
    for (let link = head; link !== 0 && ends[link - 1] > from; link = older[link - 1]) {
      const overlap = Math.min(to, ends[link - 1]) - Math.max(from, starts[link - 1])
      if (overlap > 0) uncovered -= overlap
    }
    return uncovered
  }
}
