import { TABLE } from '../../kernel-tables.ts'
import { doubleTable, newTable, tableBytes } from '../memory.ts'
import { packet } from '../packet.ts'
import { provoke, Sender } from './sender-table.ts'

// What each direction has sent, as its last transmission seen here, and the other side has not acknowledged: linked lists in sequence order,
// in one arena. A segment is named by where in the arena it lies; 0 = none.

@unmanaged
class Segment {
  seq: i32
  end: i32
  row: i32
  tsval: i32
  next: i32
  /** [from, to) is what its last transmission held, which may be a part of it. */
  from: i32
  to: i32
  ipId: u16
  /** How often it was sent, up to 255. */
  sent: u16
  time: f64
}

const NONE: i32 = 0
const SEGMENT_BYTES: i32 = offsetof<Segment>()
const LIST_LIMIT: i32 = 10_000
/** The pieces of a segment follow it within this time. */
const PIECES_NS: f64 = 10e6
/** Longest payload that is no super-segment, which its receiver got in pieces. */
const LARGEST_PIECE: i32 = 1461

let arena: usize = newTable(TABLE.sentWords, SEGMENT_BYTES * 256)
let capacity: i32 = SEGMENT_BYTES * 256
let free: i32 = NONE
let used: i32 = SEGMENT_BYTES

function at(segment: i32): Segment {
  return changetype<Segment>(arena + <usize>segment)
}

export function end(segment: i32): i32 {
  return at(segment).end
}
export function tsval(segment: i32): i32 {
  return at(segment).tsval
}
export function sentOnce(segment: i32): bool {
  return at(segment).sent === 1
}
export function time(segment: i32): f64 {
  return at(segment).time
}
/** The row of its last transmission seen; -1 for no segment. */
export function row(segment: i32): i32 {
  return segment === NONE ? -1 : at(segment).row
}
/** Nanoseconds since its last transmission seen; 0 for no segment. */
export function since(segment: i32, time: f64): f64 {
  return segment === NONE ? 0 : max<f64>(0, time - at(segment).time)
}

/** Adds [seq, end), or marks the segment that holds it as sent again. Beyond a limit only `always`. */
export function add(d: Sender, seq: i32, end: i32, row: i32, time: f64, ipId: i32, tsval: i32, always: bool): void {
  // In order, at the tail: nearly always.
  let before = d.tail
  if (before !== NONE && seq - at(before).seq <= 0) {
    before = NONE
    for (let name = d.head; name !== NONE;) {
      const s = at(name)
      const offset = seq - s.seq
      if (offset === 0 || (offset > 0 && end - s.end <= 0)) {
        if (offset === 0 && end - s.end > 0) s.end = end
        s.time = time
        s.row = row
        s.from = seq
        s.to = end
        s.ipId = <u16>ipId
        s.tsval = tsval
        if (s.sent < 255) s.sent++
        return
      }
      if (offset < 0) break
      before = name
      name = s.next
    }
  }
  if (d.listed >= LIST_LIMIT && !always) return
  const name = allocate()
  const s = at(name)
  s.seq = seq
  s.end = end
  s.time = time
  s.row = row
  s.from = seq
  s.to = end
  s.ipId = <u16>ipId
  s.tsval = tsval
  s.sent = 1
  d.listed++
  let next: i32
  if (before === NONE) {
    next = d.head
    d.head = name
  } else {
    next = at(before).next
    at(before).next = name
  }
  s.next = next
  if (next === NONE) d.tail = name
}

/**
 * Removes what lies wholly below `ack`; returns the last of it, which can be asked about until the next is added. The other side
 * may still answer each repetition of it.
 */
export function acknowledge(d: Sender, other: Sender, ack: i32): i32 {
  let last = NONE
  let name = d.head
  while (name !== NONE) {
    const s = at(name)
    if (ack - s.end < 0) break
    const next = s.next
    s.next = free
    free = name
    d.listed--
    if (s.sent > 1) provoke(other, <i32>s.sent - 1)
    last = name
    name = next
  }
  d.head = name
  if (name === NONE) d.tail = NONE
  return last
}

/** The first that has a byte of [seq, end). */
export function overlapping(d: Sender, seq: i32, end: i32): i32 {
  for (let name = d.head; name !== NONE; name = at(name).next) {
    if (at(name).seq - end >= 0) return NONE
    if (at(name).end - seq > 0) return name
  }
  return NONE
}

/** Nothing that is listed begins before `seq`. */
export function isFirst(d: Sender, seq: i32): bool {
  return d.head === NONE || seq - at(d.head).seq <= 0
}

/** The first that begins after `seq`. */
export function firstAfter(d: Sender, seq: i32): i32 {
  let name = d.head
  while (name !== NONE && at(name).seq - seq <= 0) name = at(name).next
  return name
}

/** How many ACKs the receiver can have sent for what is listed if it has all up to `ack`: none for the first that it lacks. */
export function answers(d: Sender, ack: i32): i32 {
  let answers = 0
  let lacks = 0
  for (let name = d.head; name !== NONE;) {
    const s = at(name)
    const arrived = ack - s.end >= 0
    answers += arrived ? <i32>s.sent : 1
    answers += (s.end - s.seq) / LARGEST_PIECE
    if (!arrived) lacks = 1
    name = s.next
  }
  return answers - lacks
}

/** How many listed segments begin before `seq`, a super-segment as its pieces. */
export function countBefore(d: Sender, seq: i32): i32 {
  let count = 0
  for (let name = d.head; name !== NONE;) {
    const s = at(name)
    if (s.seq - seq >= 0) break
    count += 1 + (s.end - s.seq) / LARGEST_PIECE
    name = s.next
  }
  return count
}

/** How many of those up to `ack` were sent once. */
export function countOnce(d: Sender, ack: i32): i32 {
  let count = 0
  for (let name = d.head; name !== NONE;) {
    const s = at(name)
    if (ack - s.end < 0) break
    if (s.sent === 1) count += 1 + (s.end - s.seq) / LARGEST_PIECE
    name = s.next
  }
  return count
}

/** The packet is a piece of what was last sent of `segment`, seen before the network card or a router cut it (or the other way round). */
export function isPartOf(segment: i32, ipId: i32, time: f64): bool {
  const s = at(segment)
  const length = packet.payloadLength
  const offset = packet.seq - s.from
  if (offset < 0 || packet.seq - s.to >= 0 || length === 0 || time - s.time > PIECES_NS) return false
  if (s.to - s.from === length && offset === 0) return false
  const index = ((ipId - <i32>s.ipId) << 16) >> 16
  if (index < 0 || (packet.hasTimestamps !== 0 && packet.tsval !== s.tsval)) return false
  return index === 0 ? offset === 0 : offset % index === 0 && offset / index >= length
}

function allocate(): i32 {
  const name = free
  if (name !== NONE) {
    free = at(name).next
    return name
  }
  if (used === capacity) {
    arena = doubleTable(TABLE.sentWords)
    capacity = tableBytes(TABLE.sentWords)
  }
  used += SEGMENT_BYTES
  return used - SEGMENT_BYTES
}
