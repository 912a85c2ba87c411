import { FLAG } from '../../columns/packet-columns.ts'
import { PAGE_RECORDS, TABLE } from '../../kernel-tables.ts'
import { LABEL } from '../../tcp/labels.ts'
import { ANSWERED, ROUND_TRIP } from '../../tcp/round-trips.ts'
import { VERDICT } from '../../tcp/verdict-codes.ts'
import { acked, flagsOf, labels, labelsOf, payloadLengthOf, setRoundTrip, timeOf } from '../columns/packet-columns.ts'
import { addRow, newColumns } from '../columns/sparse-columns.ts'
import { doubleTable, newTable, tableBytes } from '../memory.ts'
import { packet } from '../packet.ts'
import { addPage, newPages, recordAt } from '../pages.ts'
import { after, lengthOf } from './sequence.ts'

// Measures round trips while the capture is read, the only ones there are: every view takes them from the columns. What a packet is, is
// told by what was seen before it, so that what is counted stays right while a capture grows.
//
// By ACKs as RFC 6298 section 3 wants it (Karn's rule): none of what was sent again, as nobody knows which copy was acknowledged, nor of
// what is acknowledged together with it, as that waited behind the hole. By timestamps as RFC 7323 section 4 has them, where the echo
// names the copy that was answered, unless two copies of the same bytes have the same TSval.

/** Linux waits 40 ms at least before it sends a delayed ACK, less a timer tick of 4 ms; RFC 9293 section 3.8.6.3 allows half a second. */
const SHORTEST_DELAYED_ACK_NS: f64 = 36e6
const LONGEST_DELAYED_ACK_NS: f64 = 500e6
/** Segments below it are never full ones (RFC 9293 section 3.7.1). */
const DEFAULT_MSS: i32 = 536
/** A receiver that waited for another segment that much of the time did not answer at once. */
const WAITED: f64 = 0.1
/** A round trip is slow that is longer than the shortest by so much, and by half of it. */
const SLOW_NS: f64 = 2e6
/** TSvals that wait for their echo in one direction. A sender that nobody echoes must not fill the memory. */
const MOST_WAITING: i32 = 1024

/** A direction's record, which RoundTrips reads: 32 bytes, so that those of a conversation are one cache line. */
@unmanaged
class Direction {
  /** The shortest round trip that the direction's packets have ended, 0 = none. */
  shortest: f64
  /** Its longest payload. */
  longest: i32
  /** Behind the highest byte that it has sent again; valid with RESENT. */
  resentTo: i32
  /** First and last of the TSvals whose echo is awaited; 0 = none. */
  head: i32
  tail: i32
  /** Its newest TSval; valid with STAMPED. */
  newest: i32
  /** Bits: KNOWN and so on. */
  state: i32
}

const KNOWN: i32 = 1
/** It sent something again that was not acknowledged since. */
const RESENT: i32 = 2
const STAMPED: i32 = 4
const CLIENT: i32 = 8
/** It sends timestamps, so that it echoes those of the other end. */
const ECHOES: i32 = 16
/** From here on up to bit 15: how many TSvals wait. */
const ONE_WAITING: i32 = 32
const WAITING_MASK: i32 = 0xffe0
/** From here on up to bit 30: how many round trips were slow. */
const ONE_SLOW: i32 = 0x10000
const MOST_SLOW: i32 = 0x7fff0000

/** A TSval that waits. It is named by where in the table it lies; 0 = none. */
@unmanaged
class Waiting {
  tsval: i32
  /** 1 + the row that had it first; negative if copies of the same bytes have it: its echo tells nothing. */
  row: i32
  next: i32
}

const DIRECTION_BYTES: i32 = offsetof<Direction>()
const WAITING_BYTES: i32 = offsetof<Waiting>()

let pages: usize = newPages(TABLE.roundTripPages)
/** Directions that there is room for. */
let capacity: i32 = 0
let nodes: usize = newTable(TABLE.roundTripNodes, WAITING_BYTES * 256)
let room: i32 = WAITING_BYTES * 256
/** The place of the first is not used, so that 0 is none. */
let used: i32 = WAITING_BYTES
/** Those that are free, linked like a list. */
let free: i32 = 0
/** By row: the segment whose TSval it echoes, where that is not the one that it acknowledges. */
const echoes = newColumns(TABLE.echoes)

/**
 * Takes the TCP packet whose row is being written, after its labels; it travels in direction `d` (find() of the conversations). Writes the
 * column roundTrip.
 */
export function segment(row: i32, time: f64, d: i32, verdict: i32): void {
  while (d >= capacity) grow()
  const own = directionAt(d)
  const other = directionAt(d ^ 1)
  if (own.state === 0) begin(own, other)
  if (packet.hasPayloadLength === 0 || verdict === VERDICT.copy) return
  const flags = packet.tcpFlags
  const length = packet.payloadLength
  if (length > own.longest) own.longest = length
  const isResent = (labels() & LABEL.retransmission) !== 0
  if ((isResent || verdict !== VERDICT.none) && verdict !== VERDICT.reordered) sentAgain(own)

  const acknowledged = acked()
  let found = acknowledged !== 0 ? byAck(acknowledged - 1, time, own, other) : 0
  if (packet.hasTimestamps !== 0 && (flags & FLAG.rst) === 0) {
    const state = own.state
    if ((state & ECHOES) === 0) own.state = state | ECHOES
    const waiting = other.head
    if (waiting !== 0 && at(waiting).tsval - packet.tsecr <= 0 && (flags & FLAG.ack) !== 0) {
      found |= byEcho(acknowledged, row, time, own, other)
    }
    // What takes up no sequence number is echoed whenever the other end speaks next.
    if (lengthOf(flags, length) > 0) {
      const since = packet.tsval - own.newest
      if (since > 0 || (state & STAMPED) === 0) awaitEcho(row, own, other)
      else if (since === 0 && isResent) doubt(own)
    }
  }
  if (found !== 0) setRoundTrip((own.state & CLIENT) === 0 ? found : found | ROUND_TRIP.client)
}

/** The record of a direction, which is `conversation * 2 + direction`. */
function directionAt(d: i32): Direction {
  return changetype<Direction>(recordAt(pages, d, DIRECTION_BYTES))
}

/** Makes room for both directions of a conversation, of which this is one. */
function grow(): void {
  pages = addPage(TABLE.roundTripPages, capacity, DIRECTION_BYTES)
  capacity += PAGE_RECORDS
}

function at(name: i32): Waiting {
  return changetype<Waiting>(nodes + <usize>name)
}

/** The first packet of a conversation tells who asks: its SYN, else the higher port. clientIsB decides alike. */
function begin(own: Direction, other: Direction): void {
  const flags = packet.tcpFlags
  const isClient = (flags & FLAG.syn) !== 0 ? (flags & FLAG.ack) === 0 : packet.sourcePort >= packet.destinationPort
  own.state = isClient ? KNOWN | CLIENT : KNOWN
  other.state = isClient ? KNOWN : KNOWN | CLIENT
}

function sentAgain(own: Direction): void {
  const end = packet.seq + lengthOf(packet.tcpFlags, packet.payloadLength)
  if ((own.state & RESENT) !== 0 && !after(end, own.resentTo)) return
  own.state |= RESENT
  own.resentTo = end
}

/** `segment` is the row that the packet acknowledges. */
function byAck(segment: i32, time: f64, own: Direction, other: Direction): i32 {
  if ((other.state & RESENT) !== 0) {
    if (!after(other.resentTo, packet.ack)) other.state &= ~RESENT
    return 0
  }
  const ns = time - timeOf(segment)
  // A clock may have been set back.
  if (!(ns > 0)) return 0
  const shortest = own.shortest
  if (shortest === 0 || ns < shortest) own.shortest = ns
  else if (isDelay(ns - shortest) && mayWait(segment, other)) return answered(segment, ANSWERED.late)
  else countSlow(own, ns - shortest, shortest)
  return answered(segment, ANSWERED.prompt)
}

function countSlow(own: Direction, later: f64, shortest: f64): void {
  if (later < SLOW_NS || later * 2 < shortest || own.state >= MOST_SLOW) return
  own.state += ONE_SLOW
}

/** `acknowledged` is 1 + the row that the packet acknowledges, or 0. */
function byEcho(acknowledged: i32, row: i32, time: f64, own: Direction, other: Direction): i32 {
  const segment = echoed(other)
  if (segment < 0) return 0
  const sent = timeOf(segment)
  const ns = time - sent
  if (!(ns > 0)) return 0
  const shortest = own.shortest
  if (shortest === 0 || ns < shortest) own.shortest = ns
  const isLate =
    (acknowledged - 1 > segment && timeOf(acknowledged - 1) - sent > WAITED * ns) ||
    (shortest !== 0 && isDelay(ns - shortest) && mayWait(segment, other))
  const kind = answered(segment, isLate ? ANSWERED.late : ANSWERED.prompt)
  if (segment + 1 !== acknowledged) addRow(echoes, row, segment, 0)
  const resent = (labelsOf(segment) & LABEL.retransmission) === 0 ? 0 : ROUND_TRIP.resent
  return (kind << ROUND_TRIP.echoShift) | resent | (segment + 1 === acknowledged ? ROUND_TRIP.same : 0)
}

/** What is not full may be followed by more: its ACK can wait. */
function mayWait(segment: i32, other: Direction): bool {
  const length = payloadLengthOf(segment)
  return length > 0 && length < max(other.longest, DEFAULT_MSS)
}

/** The row that had the echoed TSval first, which then is answered, as are all older ones; -1 if it waits for no echo. */
function echoed(from: Direction): i32 {
  const tsecr = packet.tsecr
  let name = from.head
  let row = 0
  while (name !== 0) {
    const waiting = at(name)
    if (waiting.tsval - tsecr > 0) break
    if (waiting.tsval === tsecr) row = waiting.row
    const next = waiting.next
    waiting.next = free
    free = name
    from.state -= ONE_WAITING
    name = next
  }
  from.head = name
  return row > 0 ? row - 1 : -1
}

/** The row's TSval is to be echoed. Without a timestamp of the other end so far, one is enough to wait for. */
function awaitEcho(row: i32, own: Direction, other: Direction): void {
  const state = own.state | STAMPED
  own.state = state
  own.newest = packet.tsval
  if ((state & WAITING_MASK) >= ((other.state & ECHOES) === 0 ? 1 : MOST_WAITING) * ONE_WAITING) return
  const name = allocate()
  const waiting = at(name)
  waiting.tsval = packet.tsval
  waiting.row = row + 1
  waiting.next = 0
  if (own.head === 0) own.head = name
  else at(own.tail).next = name
  own.tail = name
  own.state = state + ONE_WAITING
}

/** Copies of the same bytes have the newest TSval: its echo will not tell them apart. */
function doubt(own: Direction): void {
  if (own.head === 0) return
  const tail = at(own.tail)
  if (tail.tsval === packet.tsval) tail.row = -abs(tail.row)
}

function allocate(): i32 {
  const name = free
  if (name !== 0) {
    free = at(name).next
    return name
  }
  if (used === room) {
    nodes = doubleTable(TABLE.roundTripNodes)
    room = tableBytes(TABLE.roundTripNodes)
  }
  used += WAITING_BYTES
  return used - WAITING_BYTES
}

/** So much later than the network needs comes an ACK that was delayed. */
function isDelay(later: f64): bool {
  return later >= SHORTEST_DELAYED_ACK_NS && later <= LONGEST_DELAYED_ACK_NS
}

/** What the packet is as the answer to the segment: `kind`, if its kernel alone has given it. */
function answered(segment: i32, kind: i32): i32 {
  const flags = packet.tcpFlags
  if (packet.payloadLength !== 0 || (flags & FLAG.fin) !== 0) return ANSWERED.withData
  // Of resets only those that refuse a connection are the kernel's own.
  return (flags & FLAG.rst) !== 0 && (flagsOf(segment) & FLAG.syn) === 0 ? ANSWERED.withData : kind
}
