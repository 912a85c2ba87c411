import { TABLE } from '../../kernel-tables.ts'
import { WORDS } from '../../tcp/trouble-table.ts'
import { doubleTable, F64s, I32s, newTable, tableBytes } from '../memory.ts'
import { CAUSES } from './lost-time.ts'

// What went wrong in a conversation: a record for those where something did. Record numbers start at 1; 0 = nothing.

let words: usize = newTable(TABLE.troubleWords, WORDS * 64 * 4)
let lost = changetype<F64s>(newTable(TABLE.troubleLost, CAUSES * 64 * 8))
let count: i32 = 0

export function create(): i32 {
  const record = ++count
  if (record * WORDS * 4 >= tableBytes(TABLE.troubleWords)) words = doubleTable(TABLE.troubleWords)
  if (record * CAUSES * 8 >= tableBytes(TABLE.troubleLost)) lost = changetype<F64s>(doubleTable(TABLE.troubleLost))
  return record
}

/** The words of a record. They stay where they are until the next create(). */
export function at(record: i32): I32s {
  return changetype<I32s>(words + record * (WORDS * 4))
}

/** Counts each label in the set, and returns those that had been counted before: the word of a label's count is the number of its bit. */
export function countLabels(record: i32, labels: i32): i32 {
  const counts = at(record)
  let known = 0
  for (let rest = labels; rest !== 0; rest &= rest - 1) {
    const label = ctz(rest)
    if (counts[label] !== 0) known |= 1 << label
    counts[label] = counts[label] + 1
  }
  return known
}

/** Nanoseconds lost to the cause, one of lost-time.ts. */
export function lostTo(record: i32, cause: i32): f64 {
  return lost[record * CAUSES + cause]
}

export function addLost(record: i32, cause: i32, nanoseconds: f64): void {
  lost[record * CAUSES + cause] += nanoseconds
}
