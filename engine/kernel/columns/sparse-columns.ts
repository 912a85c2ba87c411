import { doubleTable, newTable, tableAt, tableBytes } from '../memory.ts'

// A column or two of numbers for the few rows that have them, added in ascending order. Columns are named by the number of their table of rows;
// the tables that follow it have the first and the second numbers, and how many there are.

const FIRST: i32 = 1
const SECOND: i32 = 2
const COUNT: i32 = 3
const FIRST_ROWS: i32 = 64

/** Makes the tables; returns `columns`. */
export function newColumns(columns: i32): i32 {
  newTable(columns, FIRST_ROWS * 4)
  newTable(columns + FIRST, FIRST_ROWS * 4)
  newTable(columns + SECOND, FIRST_ROWS * 4)
  newTable(columns + COUNT, 4)
  return columns
}

/** Gives the row two numbers. */
export function addRow(columns: i32, row: i32, first: i32, second: i32): void {
  const count = tableAt(columns + COUNT)
  const n = load<i32>(count)
  if (n * 4 === tableBytes(columns)) {
    doubleTable(columns)
    doubleTable(columns + FIRST)
    doubleTable(columns + SECOND)
  }
  store<i32>(count, n + 1)
  const at = (<usize>n) << 2
  store<i32>(tableAt(columns) + at, row)
  // Memory that is not written to is not taken.
  if (first !== 0) store<i32>(tableAt(columns + FIRST) + at, first)
  if (second !== 0) store<i32>(tableAt(columns + SECOND) + at, second)
}

/** Where the first row is that is not before `row`. */
export function placeOf(columns: i32, row: i32): i32 {
  let low = 0
  let high = load<i32>(tableAt(columns + COUNT))
  while (low < high) {
    const middle = (low + high) >>> 1
    if (rowAt(columns, middle) < row) low = middle + 1
    else high = middle
  }
  return low
}

export function rowAt(columns: i32, place: i32): i32 {
  return load<i32>(tableAt(columns) + ((<usize>place) << 2))
}
export function firstAt(columns: i32, place: i32): i32 {
  return load<i32>(tableAt(columns + FIRST) + ((<usize>place) << 2))
}
