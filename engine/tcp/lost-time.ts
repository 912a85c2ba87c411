import { grown } from '../columns/conversation-table.ts'

/** What a conversation can lose time to. */
export const LOST_TIME_CAUSES = ['retransmission', 'syn-timeout', 'zero-window', 'reset'] as const
export type LostTimeCause = (typeof LOST_TIME_CAUSES)[number]

/**
 * Intervals in which conversations stood still, as one list a conversation, newest first, that do not overlap: waiting for two
 * things at once is lost once, and charged to the cause that was recorded first.
 */
export class LostTime {
  #from = new Float64Array(64)
  #to = new Float64Array(64)
  /** 1 + interval before this one; 0 = none. */
  #older = new Int32Array(64)
  #count = 0
  #free = 0
  /** Nanoseconds that the last add() covered and no interval had covered before. */
  added = 0

  /**
   * Adds [from, to) to the list that begins with `head`, 0 for an empty one, and returns the new head. Intervals it touches melt
   * into it. Where the clock was set back to before the newest interval nothing is added.
   */
  add(head: number, from: number, to: number): number {
    this.added = 0
    if (!(to > from) || (head !== 0 && this.#from[head - 1] > to)) return head
    this.added = this.uncovered(head, from, to)
    let link = head
    while (link !== 0 && this.#to[link - 1] >= from) {
      const older = this.#older[link - 1]
      if (this.#from[link - 1] < from) from = this.#from[link - 1]
      if (this.#to[link - 1] > to) to = this.#to[link - 1]
      this.#older[link - 1] = this.#free
      this.#free = link
      link = older
    }
    return this.#allocate(from, to, link)
  }

  /** Nanoseconds of [from, to) that the list does not cover. */
  uncovered(head: number, from: number, to: number): number {
    let uncovered = to > from ? to - from : 0
    for (let link = head; link !== 0 && this.#to[link - 1] > from; link = this.#older[link - 1]) {
      const overlap = Math.min(to, this.#to[link - 1]) - Math.max(from, this.#from[link - 1])
      if (overlap > 0) uncovered -= overlap
    }
    return uncovered
  }

  /** The intervals of a list, newest first. */
  *intervals(head: number): Generator<{ readonly from: number; readonly to: number }> {
    for (let link = head; link !== 0; link = this.#older[link - 1]) {
      yield { from: this.#from[link - 1], to: this.#to[link - 1] }
    }
  }

  #allocate(from: number, to: number, older: number): number {
    let link = this.#free
    if (link !== 0) this.#free = this.#older[link - 1]
    else {
      link = ++this.#count
      if (link > this.#from.length) {
        this.#from = grown(this.#from)
        this.#to = grown(this.#to)
        this.#older = grown(this.#older)
      }
    }
    this.#from[link - 1] = from
    this.#to[link - 1] = to
    this.#older[link - 1] = older
    return link
  }
}
