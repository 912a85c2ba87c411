import { ROOM } from '../kernel-tables.ts'
import { DIRECTORY, MOST_PIECES, PIECES } from './layout.ts'

// Arrays without a length and without checks: the reference is the address of the first element.

@unmanaged
export class U8s {
  @operator('[]') get(i: i32): i32 {
    return load<u8>(changetype<usize>(this) + i)
  }
  @operator('[]=') set(i: i32, value: i32): void {
    store<u8>(changetype<usize>(this) + i, value)
  }
}

@unmanaged
export class U16s {
  @operator('[]') get(i: i32): i32 {
    return load<u16>(changetype<usize>(this) + ((<usize>i) << 1))
  }
  @operator('[]=') set(i: i32, value: i32): void {
    store<u16>(changetype<usize>(this) + ((<usize>i) << 1), value)
  }
}

@unmanaged
export class I32s {
  @operator('[]') get(i: i32): i32 {
    return load<i32>(changetype<usize>(this) + ((<usize>i) << 2))
  }
  @operator('[]=') set(i: i32, value: i32): void {
    store<i32>(changetype<usize>(this) + ((<usize>i) << 2), value)
  }
}

@unmanaged
export class F64s {
  @operator('[]') get(i: i32): f64 {
    return load<f64>(changetype<usize>(this) + ((<usize>i) << 3))
  }
  @operator('[]=') set(i: i32, value: f64): void {
    store<f64>(changetype<usize>(this) + ((<usize>i) << 3), value)
  }
}

/** Where each table lies, and how many bytes it has: two words a table. */
export function tableDirectory(): usize {
  return DIRECTORY
}

/** Makes table number `table` of `bytes` zeros and returns its address. */
export function newTable(table: i32, bytes: i32): usize {
  const at = allocate(bytes)
  enter(table, at, <i32>whole(bytes))
  return at
}

/** Places in tables are counted in 31 bits. */
const LARGEST_TABLE: i32 = 1 << 30

/** Makes the table twice as long, with zeros behind what it holds. It lies elsewhere then: the new address is returned. Traps as `allocate`. */
export function doubleTable(table: i32): usize {
  const old = tableAt(table)
  const bytes = tableBytes(table)
  if (bytes >= LARGEST_TABLE) unreachable()
  const at = allocate(bytes * 2)
  memory.copy(at, old, bytes)
  giveBack(old, bytes)
  enter(table, at, bytes * 2)
  return at
}

/** Bytes of the table. */
export function tableBytes(table: i32): i32 {
  return load<i32>(DIRECTORY + ((<usize>table) << 3), 4)
}

/** Address of the table. */
export function tableAt(table: i32): usize {
  return load<usize>(DIRECTORY + ((<usize>table) << 3))
}

function enter(table: i32, at: usize, bytes: i32): void {
  store<usize>(DIRECTORY + ((<usize>table) << 3), at)
  store<i32>(DIRECTORY + ((<usize>table) << 3), bytes, 4)
}

const PAGE: usize = 65_536
/** So much is asked for at a time, if it can be had. */
const STEP: usize = 1 << 24

/** Behind what was ever taken: zeros, that no page was taken for yet. */
let end: usize = whole(__heap_base)
/** What was given back: address and bytes of each piece, by address; no two touch one another. */
const pieces = changetype<I32s>(PIECES)
let pieceCount: i32 = 0

/** All that is taken and given back is a multiple of 16, and so aligned. */
function whole(bytes: usize): usize {
  return (bytes + 15) & ~15
}

/** So many zeros, and the few that make them whole: of the smallest piece that has as many, else from the end. Traps when there is no memory. */
export function allocate(wanted: usize): usize {
  const bytes = whole(wanted)
  let best = -1
  for (let i = 0; i < pieceCount; i++) {
    const has = <usize>pieces[2 * i + 1]
    if (has >= bytes && (best < 0 || has < <usize>pieces[2 * best + 1])) best = i
  }
  if (best >= 0) {
    const at = <usize>pieces[2 * best]
    const left = <usize>pieces[2 * best + 1] - bytes
    if (left === 0) removePiece(best)
    else {
      pieces[2 * best] = <i32>(at + bytes)
      pieces[2 * best + 1] = <i32>left
    }
    memory.fill(at, 0, bytes)
    return at
  }
  const at = end
  const need = at + bytes
  const have = <usize>memory.size() * PAGE
  if (need < at) unreachable()
  if (need > have && memory.grow(<i32>((need - have + STEP) / PAGE)) < 0) {
    if (memory.grow(<i32>((need - have + PAGE - 1) / PAGE)) < 0) unreachable()
  }
  end = need
  return at
}

/** Takes back what `allocate` gave. */
export function giveBack(at: usize, wanted: usize): void {
  const bytes = whole(wanted)
  if (bytes === 0) return
  let i = 0
  while (i < pieceCount && <usize>pieces[2 * i] < at) i++
  if (i > 0 && <usize>pieces[2 * i - 2] + <usize>pieces[2 * i - 1] === at) {
    i--
    pieces[2 * i + 1] += <i32>bytes
  } else {
    // Beyond that many it is lost: there are fewer tables.
    if (pieceCount === MOST_PIECES) return
    memory.copy(PIECES + 8 * (i + 1), PIECES + 8 * i, 8 * (pieceCount - i))
    pieceCount++
    pieces[2 * i] = <i32>at
    pieces[2 * i + 1] = <i32>bytes
  }
  if (i + 1 < pieceCount && pieces[2 * i] + pieces[2 * i + 1] === pieces[2 * i + 2]) {
    pieces[2 * i + 1] += pieces[2 * i + 3]
    removePiece(i + 1)
  }
}

function removePiece(i: i32): void {
  pieceCount--
  memory.copy(PIECES + 8 * i, PIECES + 8 * (i + 1), 8 * (pieceCount - i))
}

// As large as is mostly needed from the start: positions are counted in 31 bits, and lengths on the wire are behind them, so there is no room in
// the upper half of this memory.
const FIRST_ROOM: i32 = 1 << 20
const HIGHEST_ROOM: usize = 0x5fff_ffff

let readingBytes: i32 = FIRST_ROOM
let reading: usize = allocate(FIRST_ROOM)
let placedBytes: i32 = FIRST_ROOM
let placed: usize = allocate(FIRST_ROOM)

/** Where `bytes` bytes of a capture can be put, in the room of that number (ROOM); what was there is gone. Traps when there is no memory. */
export function room(number: i32, bytes: i32): usize {
  if (number === ROOM.reading) {
    if (bytes > readingBytes) {
      reading = moved(reading, readingBytes, bytes)
      readingBytes = bytes
    }
    return reading
  }
  if (bytes > placedBytes) {
    placed = moved(placed, placedBytes, bytes)
    placedBytes = bytes
  }
  return placed
}

function moved(at: usize, from: i32, to: i32): usize {
  giveBack(at, from)
  const fresh = allocate(to)
  if (fresh + to > HIGHEST_ROOM) unreachable()
  return fresh
}
