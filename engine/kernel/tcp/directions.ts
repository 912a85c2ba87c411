import { PAGE_RECORDS, TABLE } from '../../kernel-tables.ts'
import { DIRECTION_WORDS } from '../../tcp/directions.ts'
import { I32s } from '../memory.ts'
import { addPage, newPages, recordAt } from '../pages.ts'

// What is remembered of each direction of each TCP conversation: records of the words that tcp/directions.ts names.

const RECORD_BYTES: i32 = DIRECTION_WORDS * 4

let pages: usize = newPages(TABLE.directionPages)
let capacity: i32 = 0

/** The record of direction `conversation * 2 + direction`. */
export function directionAt(found: i32): I32s {
  return changetype<I32s>(recordAt(pages, found, RECORD_BYTES))
}

/** Makes room for both directions of a conversation, of which this is one. */
export function reserve(found: i32): void {
  while (found >= capacity) {
    pages = addPage(TABLE.directionPages, capacity, RECORD_BYTES)
    capacity += PAGE_RECORDS
  }
}
