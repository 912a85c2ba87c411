import { PRESENCE } from './filter-field.ts'
import type { Quantifier } from './filter-syntax.ts'

/**
 * What columns say of a row: not, perhaps (its bytes must tell), or yes. The numbers make AND and OR of outcomes the bitwise ones, four
 * rows at a time (Kleene's logic of three values).
 *
 *     false 00    unknown 01    true 11
 */
export const OUTCOME = { false: 0, unknown: 1, true: 3 } as const

/** Outcome by presence * 2 + whether the known value fulfils the condition. */
const TABLES: Readonly<Record<Quantifier, Uint8Array>> = { any: new Uint8Array(8), all: new Uint8Array(8) }
for (const held of [0, 1]) {
  for (const table of Object.values(TABLES)) {
    table[PRESENCE.absent * 2 + held] = OUTCOME.false
    table[PRESENCE.unknown * 2 + held] = OUTCOME.unknown
    table[PRESENCE.present * 2 + held] = held ? OUTCOME.true : OUTCOME.false
  }
}
// One value that does is enough for any, one that does not for all; otherwise the values that are not known decide.
TABLES.any[PRESENCE.partial * 2] = OUTCOME.unknown
TABLES.any[PRESENCE.partial * 2 + 1] = OUTCOME.true
TABLES.all[PRESENCE.partial * 2] = OUTCOME.false
TABLES.all[PRESENCE.partial * 2 + 1] = OUTCOME.unknown

export function outcomeTable(quantifier: Quantifier): Uint8Array {
  return TABLES[quantifier]
}

// Places [from, to) of arrays as long as a chunk, widened to whole words: what is written beside them is never read.

const LOW_BITS = 0x01010101

function words(outcomes: Uint8Array, from: number, to: number): Uint32Array {
  const start = from & ~3
  return new Uint32Array(outcomes.buffer, outcomes.byteOffset + start, (((to + 3) & ~3) - start) >> 2)
}

/** `into` becomes `into` and `other`; false when nothing is left that could become true. */
export function andOutcomes(into: Uint8Array, other: Uint8Array, from: number, to: number): boolean {
  const a = words(into, from, to)
  const b = words(other, from, to)
  let left = 0
  for (let i = 0; i < a.length; i++) left |= a[i] &= b[i]
  return left !== 0
}

/** `into` becomes `into` or `other`; false when everything is true. */
export function orOutcomes(into: Uint8Array, other: Uint8Array, from: number, to: number): boolean {
  const a = words(into, from, to)
  const b = words(other, from, to)
  let all = -1
  for (let i = 0; i < a.length; i++) all &= a[i] |= b[i]
  return all !== 0x03030303
}

export function notOutcomes(outcomes: Uint8Array, from: number, to: number): void {
  const a = words(outcomes, from, to)
  for (let i = 0; i < a.length; i++) {
    const flipped = ~a[i]
    a[i] = ((flipped & LOW_BITS) << 1) | ((flipped >>> 1) & LOW_BITS)
  }
}

/** `into` becomes either `into` or `other`; true, as the next one always counts. */
export function xorOutcomes(into: Uint8Array, other: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    const known = into[i] !== OUTCOME.unknown && other[i] !== OUTCOME.unknown
    into[i] = known ? into[i] ^ other[i] : OUTCOME.unknown
  }
  return true
}
