import { PAGE_RECORDS } from '../kernel-tables.ts'
import { allocate, doubleTable, newTable, tableAt, tableBytes } from './memory.ts'

// Records of connections, in pages that stay where they are: a table that doubles would be copied, and leave a hole of its old size behind.
// Number `table` of the directory holds the addresses of the pages.

const SHIFT: i32 = 10
const MASK: i32 = PAGE_RECORDS - 1

/** Makes the table; returns its address. */
export function newPages(table: i32): usize {
  return newTable(table, 64 * 4)
}

/** The record of that number, which has `bytes` bytes; `pages` is the address of the table. */
export function recordAt(pages: usize, record: i32, bytes: i32): usize {
  return load<usize>(pages + ((<usize>(record >>> SHIFT)) << 2)) + (record & MASK) * bytes
}

/** Adds a page of zeros for the records from `first` on; returns the table's address, which may be another one. */
export function addPage(table: i32, first: i32, bytes: i32): usize {
  const at = (first >>> SHIFT) * 4
  const pages = at === tableBytes(table) ? doubleTable(table) : tableAt(table)
  store<usize>(pages + at, allocate(bytes << SHIFT))
  return pages
}
