import type { LostTimeCause } from './lost-time.ts'
import { LOST_TIME_CAUSES } from './lost-time.ts'

/** Words of a record: how often each label occurred, in the order of the bits, then these. */
export const LABEL_COUNTS = 16
export const SYN_RETRANSMISSIONS = 16
export const SYN_ACK_RETRANSMISSIONS = 17
export const RESETS = 18
/** Cause of the first reset, see resets.ts. */
export const RESET_CAUSE = 19
/** Head of the conversation's list in LostTime. */
export const INTERVALS = 20
const WORDS = 21

/** What went wrong in a conversation: a record for those where something did. Record numbers start at 1; 0 = nothing. */
export class TroubleTable {
  #words = new Uint32Array(WORDS * 64)
  #lost = new Float64Array(LOST_TIME_CAUSES.length * 64)
  #count = 0

  create(): number {
    const record = ++this.#count
    if (record * WORDS >= this.#words.length) {
      const words = new Uint32Array(this.#words.length * 2)
      words.set(this.#words)
      this.#words = words
    }
    if (record * LOST_TIME_CAUSES.length >= this.#lost.length) {
      const lost = new Float64Array(this.#lost.length * 2)
      lost.set(this.#lost)
      this.#lost = lost
    }
    return record
  }

  get(record: number, word: number): number {
    return this.#words[record * WORDS + word]
  }

  set(record: number, word: number, value: number): void {
    this.#words[record * WORDS + word] = value
  }

  increment(record: number, word: number): void {
    this.#words[record * WORDS + word]++
  }

  /** Counts each label in the set. */
  countLabels(record: number, labels: number): void {
    for (let rest = labels; rest !== 0; rest &= rest - 1) this.increment(record, 31 - Math.clz32(rest & -rest))
  }

  /** Nanoseconds lost to the cause. */
  lost(record: number, cause: LostTimeCause): number {
    return this.#lost[record * LOST_TIME_CAUSES.length + LOST_TIME_CAUSES.indexOf(cause)]
  }

  /** `cause` is an index into LOST_TIME_CAUSES. */
  addLost(record: number, cause: number, nanoseconds: number): void {
    this.#lost[record * LOST_TIME_CAUSES.length + cause] += nanoseconds
  }
}
