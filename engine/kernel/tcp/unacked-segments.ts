import { TABLE } from '../../kernel-tables.ts'
import {
  BASE_SEQ,
  BIT_BELOW_ACK,
  BIT_DISORDERED,
  BITS,
  NEWEST,
  OLDEST,
  WINDOW_AND_COUNT,
} from '../../tcp/directions.ts'
import { HIGHEST, LOWEST } from '../../tcp/recovery-table.ts'
import { doubleTable, I32s, newTable, tableBytes } from '../memory.ts'
import * as recovery from './recovery-table.ts'
import { after, atOrBefore, before } from './sequence.ts'

// The segments of each direction that the other side has not acknowledged, in the order they were seen: linked lists in one
// arena. Nearly always each segment begins where the one before ended or later ("ordered"); then an ACK pops from the old end
// and the bytes in flight are a subtraction. A retransmission makes the list disordered, with its extremes kept in the recovery
// table; ACKs then walk it, until a walk finds it ordered again.
//
// Order and extremes are those of `sequence - base`, unsigned, as Wireshark counts its bytes in flight.

/** Segments remembered per direction; Wireshark adds no more beyond that, so neither do we. */
const MAX_UNACKED: i32 = 10_000
/** Bytes in flight from here on are taken for an artefact of odd sequence numbers. */
export const FLIGHT_LIMIT: i32 = 2_000_000_000

// A node is four words: 1 + row, first and one past last sequence number, the next newer node. Nodes are named by where they
// begin; the place of the first is not used, so that 0 is none.
const NODE_WORDS: i32 = 4
const ROW: i32 = 0
const SEQ: i32 = 1
const END: i32 = 2
const NEWER: i32 = 3

const ONE_SEGMENT: i32 = 1 << 16

let nodes: usize = newTable(TABLE.unackedSegments, NODE_WORDS * 256 * 4)
/** Where the next new node begins. */
let unused: i32 = NODE_WORDS
/** The free nodes, linked like a list. */
let free: i32 = 0

/** The ACK of the last acknowledge() ended inside a segment. */
export let partial: bool = false

export function isFull(direction: I32s): bool {
  return direction[WINDOW_AND_COUNT] >>> 16 >= MAX_UNACKED
}

/** Adds the segment of `row` that occupies [seq, end) to the direction, which must not be full. Returns the span(). */
export function add(direction: I32s, row: i32, seq: i32, end: i32): i32 {
  const node = allocate()
  const at = nodeAt(node)
  at[ROW] = row + 1
  at[SEQ] = seq
  at[END] = end
  at[NEWER] = 0
  direction[WINDOW_AND_COUNT] += ONE_SEGMENT
  const base = direction[BASE_SEQ]
  const from = <u32>(seq - base)
  const to = <u32>(end - base)
  const newest = direction[NEWEST]
  direction[NEWEST] = node
  if (newest === 0) {
    direction[OLDEST] = node
    if (to >= from) direction[BITS] &= ~BIT_DISORDERED
    else disorder(direction, from, to)
    return to - from
  }
  const previous = nodeAt(newest)
  previous[NEWER] = node
  if ((direction[BITS] & BIT_DISORDERED) === 0) {
    const lowest = nodeAt(direction[OLDEST])[SEQ]
    const lastEnd = <u32>(previous[END] - base)
    if (from >= lastEnd && to >= from && after(end, lowest)) return end - lowest
    disorder(direction, lowest - base, lastEnd)
  }
  const extremes = recovery.recordOf(direction)
  if (from < <u32>extremes[LOWEST]) extremes[LOWEST] = from
  if (to > <u32>extremes[HIGHEST]) extremes[HIGHEST] = to
  return extremes[HIGHEST] - extremes[LOWEST]
}

/**
 * Takes `ack` as acknowledgment of the segments of the direction: those at or below it are dropped, one that it ends inside is
 * trimmed. Returns 1 + row of the oldest segment that ends at it or holds it, or 0; see also `partial`.
 */
export function acknowledge(direction: I32s, ack: i32): i32 {
  partial = false
  const bits = direction[BITS] & ~BIT_BELOW_ACK
  direction[BITS] = bits
  if ((bits & BIT_DISORDERED) !== 0) return walk(direction, ack, 0)
  let acked = 0
  let node = direction[OLDEST]
  while (node !== 0) {
    const at = nodeAt(node)
    const end = at[END]
    if (end === ack) {
      if (acked === 0) acked = at[ROW]
    } else if (after(end, ack)) {
      // All newer ones lie above the ACK as well, unless they are so far away that the sequence space wraps.
      if (!after(nodeAt(direction[NEWEST])[END], ack)) return walk(direction, ack, acked)
      return after(ack, at[SEQ]) ? trim(at, ack, acked) : acked
    }
    const newer = at[NEWER]
    at[NEWER] = free
    free = node
    direction[OLDEST] = newer
    direction[WINDOW_AND_COUNT] -= ONE_SEGMENT
    node = newer
  }
  direction[NEWEST] = 0
  return acked
}

/** Some listed segment holds all of [seq, end). */
export function holds(direction: I32s, seq: i32, end: i32): bool {
  for (let node = direction[OLDEST]; node !== 0; node = nodeAt(node)[NEWER]) {
    const at = nodeAt(node)
    if (atOrBefore(at[SEQ], seq) && atOrBefore(end, at[END])) return true
  }
  return false
}

/** 1 + row of the oldest listed segment that begins at `seq` or later, or 0. */
export function oldestFrom(direction: I32s, seq: i32): i32 {
  for (let node = direction[OLDEST]; node !== 0; node = nodeAt(node)[NEWER]) {
    const at = nodeAt(node)
    if (atOrBefore(seq, at[SEQ])) return at[ROW]
  }
  return 0
}

/** 1 + row of the oldest listed segment that reaches beyond `seq`, or 0. */
export function oldestBeyond(direction: I32s, seq: i32): i32 {
  for (let node = direction[OLDEST]; node !== 0; node = nodeAt(node)[NEWER]) {
    const at = nodeAt(node)
    if (after(at[END], seq)) return at[ROW]
  }
  return 0
}

/** Where the listed segments that follow `ack` without a hole, in the order they were seen, end; `ack` if none does. */
export function endOfRun(direction: I32s, ack: i32): i32 {
  let end = ack
  for (let node = direction[OLDEST]; node !== 0; node = nodeAt(node)[NEWER]) {
    const at = nodeAt(node)
    if (!before(at[SEQ], ack)) {
      if (at[SEQ] !== end) break
      end = at[END]
    }
  }
  return end
}

/** 1 + row of the oldest listed segment, or 0. */
export function oldest(direction: I32s): i32 {
  const node = direction[OLDEST]
  return node === 0 ? 0 : nodeAt(node)[ROW]
}

/** From the lowest to the highest listed sequence number, unsigned; the list must not be empty. */
export function span(direction: I32s): i32 {
  if ((direction[BITS] & BIT_DISORDERED) !== 0) {
    const extremes = recovery.recordOf(direction)
    return extremes[HIGHEST] - extremes[LOWEST]
  }
  return nodeAt(direction[NEWEST])[END] - nodeAt(direction[OLDEST])[SEQ]
}

/** acknowledge() over all of the list, given what was found so far; finds the extremes anew and whether it is ordered now. */
function walk(direction: I32s, ack: i32, acked: i32): i32 {
  const base = direction[BASE_SEQ]
  let lowest = u32.MAX_VALUE
  let highest: u32 = 0
  let ordered = true
  let kept = 0
  let node = direction[OLDEST]
  while (node !== 0) {
    const at = nodeAt(node)
    const newer = at[NEWER]
    const end = at[END]
    if (end === ack || !after(end, ack)) {
      if (end === ack && acked === 0) acked = at[ROW]
      at[NEWER] = free
      free = node
      direction[WINDOW_AND_COUNT] -= ONE_SEGMENT
    } else {
      if (after(ack, at[SEQ])) acked = trim(at, ack, acked)
      const from = <u32>(at[SEQ] - base)
      const to = <u32>(end - base)
      if (from < highest || to < from) ordered = false
      if (from < lowest) lowest = from
      if (to > highest) highest = to
      if (kept === 0) direction[OLDEST] = node
      else nodeAt(kept)[NEWER] = node
      kept = node
    }
    node = newer
  }
  direction[NEWEST] = kept
  if (kept === 0) direction[OLDEST] = 0
  else nodeAt(kept)[NEWER] = 0
  if (ordered && (kept === 0 || <i32>(highest - lowest) > 0)) direction[BITS] &= ~BIT_DISORDERED
  else disorder(direction, lowest, highest)
  return acked
}

/** The ACK ends inside the segment. Returns what is acknowledged, given what was found so far. */
function trim(at: I32s, ack: i32, acked: i32): i32 {
  at[SEQ] = ack
  if (acked !== 0) return acked
  partial = true
  return at[ROW]
}

function disorder(direction: I32s, lowest: i32, highest: i32): void {
  const extremes = recovery.recordOf(direction)
  direction[BITS] |= BIT_DISORDERED
  extremes[LOWEST] = lowest
  extremes[HIGHEST] = highest
}

/** The words of a node. They stay where they are until the next allocate(). */
function nodeAt(node: i32): I32s {
  return changetype<I32s>(nodes + ((<usize>node) << 2))
}

function allocate(): i32 {
  const node = free
  if (node !== 0) {
    free = nodeAt(node)[NEWER]
    return node
  }
  return allocateNew()
}

function allocateNew(): i32 {
  const node = unused
  unused = node + NODE_WORDS
  if (node * 4 === tableBytes(TABLE.unackedSegments)) nodes = doubleTable(TABLE.unackedSegments)
  return node
}
