import { TABLE } from '../../kernel-tables.ts'
import { doubleTable, F64s, I32s, newTable, tableBytes } from '../memory.ts'

// Intervals in which conversations stood still, as one list a conversation, newest first, that do not overlap: waiting for two
// things at once is lost once, and charged to the cause that was recorded first.

/** What a conversation can lose time to, by number in LOST_TIME_CAUSES; and how many there are. */
export const RETRANSMISSION: i32 = 0
export const SYN_TIMEOUT: i32 = 1
export const ZERO_WINDOW: i32 = 2
export const RESET: i32 = 3
export const CAUSES: i32 = 4

let froms = changetype<F64s>(newTable(TABLE.lostTimeFrom, 64 * 8))
let tos = changetype<F64s>(newTable(TABLE.lostTimeTo, 64 * 8))
/** 1 + interval before this one; 0 = none. */
let olders = changetype<I32s>(newTable(TABLE.lostTimeOlder, 64 * 4))
let count: i32 = 0
let free: i32 = 0
/** Nanoseconds that the last add() covered and no interval had covered before. */
export let added: f64 = 0

/**
 * Adds [from, to) to the list that begins with `head`, 0 for an empty one, and returns the new head. Intervals it touches melt
 * into it. Where the clock was set back to before the newest interval nothing is added.
 */
export function add(head: i32, from: f64, to: f64): i32 {
  added = 0
  if (!(to > from) || (head !== 0 && froms[head - 1] > to)) return head
  added = uncovered(head, from, to)
  let link = head
  while (link !== 0 && tos[link - 1] >= from) {
    const older = olders[link - 1]
    if (froms[link - 1] < from) from = froms[link - 1]
    if (tos[link - 1] > to) to = tos[link - 1]
    olders[link - 1] = free
    free = link
    link = older
  }
  return allocate(from, to, link)
}

/** Nanoseconds of [from, to) that the list does not cover. */
export function uncovered(head: i32, from: f64, to: f64): f64 {
  let uncovered = to > from ? to - from : 0
  for (let link = head; link !== 0 && tos[link - 1] > from; link = olders[link - 1]) {
    const overlap = min<f64>(to, tos[link - 1]) - max<f64>(from, froms[link - 1])
    if (overlap > 0) uncovered -= overlap
  }
  return uncovered
}

function allocate(from: f64, to: f64, older: i32): i32 {
  let link = free
  if (link !== 0) free = olders[link - 1]
  else {
    link = ++count
    if (link * 8 > tableBytes(TABLE.lostTimeFrom)) {
      froms = changetype<F64s>(doubleTable(TABLE.lostTimeFrom))
      tos = changetype<F64s>(doubleTable(TABLE.lostTimeTo))
      olders = changetype<I32s>(doubleTable(TABLE.lostTimeOlder))
    }
  }
  froms[link - 1] = from
  tos[link - 1] = to
  olders[link - 1] = older
  return link
}
