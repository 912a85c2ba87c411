import type { Kernel } from '../kernel.ts'
import { TABLE } from '../kernel-tables.ts'

/** Words of a record: how often each label occurred, in the order of the bits, then these. */
export const SYN_RETRANSMISSIONS = 16
export const SYN_ACK_RETRANSMISSIONS = 17
export const RESETS = 18
/** Cause of the first reset, see resets.ts. */
export const RESET_CAUSE = 19
/** Head of the conversation's list of intervals (kernel/tcp/lost-time.ts). */
export const INTERVALS = 20
/** 1 + row of that reset, as long as it is open whether the end that it seems to come from goes on; its sequence number and direction. */
export const RESET_ROW = 21
export const RESET_SEQ = 22
export const RESET_DIRECTION = 23
export const WORDS = 24

/** What went wrong in a conversation: a record for those where something did. Record numbers start at 1; 0 = nothing. */
export class TroubleTable {
  readonly #kernel: Kernel

  constructor(kernel: Kernel) {
    this.#kernel = kernel
  }

  get(record: number, word: number): number {
    return this.#kernel.unsigned(TABLE.troubleWords)[record * WORDS + word]
  }
}
