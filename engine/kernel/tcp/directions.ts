import { TABLE } from '../../kernel-tables.ts'
import { DIRECTION_WORDS } from '../../tcp/directions.ts'
import { doubleTable, I32s, newTable } from '../memory.ts'

const RECORD_BYTES: i32 = DIRECTION_WORDS * 4

let records: usize = newTable(TABLE.directions, RECORD_BYTES * 2 * 64)

/** The record of direction `conversation * 2 + direction`. Stays where it is until the next grow(). */
export function directionAt(found: i32): I32s {
  return changetype<I32s>(records + found * RECORD_BYTES)
}

/** Twice the capacity, which is that of 64 conversations at first. */
export function grow(): void {
  records = doubleTable(TABLE.directions)
}
