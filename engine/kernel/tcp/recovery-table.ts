import { TABLE } from '../../kernel-tables.ts'
import { RECOVERY } from '../../tcp/directions.ts'
import { RECOVERY_WORDS } from '../../tcp/recovery-table.ts'
import { doubleTable, I32s, newTable, tableBytes } from '../memory.ts'

// What only directions with loss, reordering or closed windows need: records of the words that tcp/recovery-table.ts names.

const RECORD_BYTES: i32 = RECOVERY_WORDS * 4

let records: usize = newTable(TABLE.recovery, RECORD_BYTES * 64)
let count: i32 = 0

/** The direction's record; made if there is none. Stays where it is until one is made for another direction. */
export function recordOf(direction: I32s): I32s {
  const known = direction[RECOVERY]
  return recordAt(known !== 0 ? known : create(direction))
}

/** A word of the direction's record; 0 if there is none. */
export function get(direction: I32s, word: i32): i32 {
  const known = direction[RECOVERY]
  return known === 0 ? 0 : recordAt(known)[word]
}

function recordAt(number: i32): I32s {
  return changetype<I32s>(records + (number - 1) * RECORD_BYTES)
}

function create(direction: I32s): i32 {
  if (++count * RECORD_BYTES > tableBytes(TABLE.recovery)) records = doubleTable(TABLE.recovery)
  direction[RECOVERY] = count
  return count
}
