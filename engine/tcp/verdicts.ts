import { firstNotBefore } from '../binary-search.ts'
import type { Kernel } from '../kernel.ts'
import { TABLE } from '../kernel-tables.ts'
import { NEED, VERDICT } from './verdict-codes.ts'

export { EVIDENCE, NEED, VERDICT } from './verdict-codes.ts'

/** What a segment really was; its number is the value in the packet table's `verdict` column. */
export const VERDICTS = ['', 'fast', 'rto', 'tlp', 'syn', 'synack', 'retransmission', 'copy', 'reordered'] as const
export type Verdict = Exclude<(typeof VERDICTS)[number], ''>

/** The segment was sent again, whatever for; not one captured twice, or late. */
export const isRepetition = (verdict: number): boolean => verdict >= VERDICT.fast && verdict <= VERDICT.retransmission

const NONE = -1

/**
 * The packets with a verdict, in file order; the kernel enters them. What a packet was mostly stays, but a probe may turn out to be a time-out; whether
 * it was needed may be known later.
 */
export class Verdicts {
  readonly #kernel: Kernel

  constructor(kernel: Kernel) {
    this.#kernel = kernel
  }

  get count(): number {
    return this.#kernel.unsigned(TABLE.verdictCount)[0]
  }

  /** The entry of `row`, or -1. */
  find(row: number): number {
    const rows = this.#kernel.unsigned(TABLE.verdictRow)
    const { count } = this
    const place = firstNotBefore(rows, row, 0, count)
    return place < count && rows[place] === row ? place : NONE
  }

  row(entry: number): number {
    return this.#kernel.unsigned(TABLE.verdictRow)[entry]
  }
  conversation(entry: number): number {
    return this.#kernel.unsigned(TABLE.verdictConversation)[entry]
  }
  verdict(entry: number): number {
    return this.#kernel.bytes(TABLE.verdictVerdict)[entry]
  }
  evidence(entry: number): number {
    return this.#kernel.bytes(TABLE.verdictEvidence)[entry]
  }
  /** A value of NEED. */
  need(entry: number): number {
    return this.#kernel.bytes(TABLE.verdictNeed)[entry]
  }
  /** The receiver had the bytes already; undefined = cannot tell. */
  isSpurious(entry: number): boolean | undefined {
    const need = this.need(entry)
    return need === NEED.unknown || need === NEED.open ? undefined : need !== NEED.needed
  }
  /** The bytes had been acknowledged, seen from here, before they came again. */
  wasAcknowledged(entry: number): boolean {
    return this.need(entry) === NEED.acknowledged
  }
  /** Row of the earlier transmission seen here, undefined = none. */
  original(entry: number): number | undefined {
    // 1 + the row; 0 = none here.
    const original = this.#kernel.unsigned(TABLE.verdictOriginal)[entry]
    return original === 0 ? undefined : original - 1
  }
  /** Nanoseconds between the transmission before and this one, 0 where the one before was not seen. */
  cost(entry: number): number {
    return this.#kernel.doubles(TABLE.verdictCost)[entry]
  }
}
