import { FLAG } from '../../columns/packet-columns.ts'
import {
  BIT_DATA,
  BIT_SEEN,
  BIT_SYN_WINDOW,
  BIT_TTL_VARIES,
  BITS,
  LAST_ACK,
  LAST_ROW,
  NEXT_ROW,
  NEXT_SEQ,
  TTL_SHIFT,
  WINDOW_AND_COUNT,
} from '../../tcp/directions.ts'
import { SEEN } from '../../tcp/connection-table.ts'
import { timeOf } from '../columns/packet-columns.ts'
import { packet } from '../packet.ts'
import * as connections from './connection-table.ts'
import { directionAt } from './directions.ts'
import { atOrBefore, before } from './sequence.ts'

/** Why a connection was reset, by number in RESET_CAUSES. */
export const REFUSED: i32 = 1
const AFTER_FIN: i32 = 2
const DATA_UNREAD: i32 = 3
const MID_STREAM: i32 = 4
const UNKNOWN_CONNECTION: i32 = 5
export const INJECTED: i32 = 6

const EITHER: i32 = 3

/** A server that resets this soon after a request, and answered nothing, has hardly read it. */
const UNREAD_WITHIN_NS: f64 = 1e9
/** What lay unread is thrown away before the reset is sent (Linux tcp_close), which so opens the window; reading moves it less. */
const WINDOW_OPENS: f64 = 1.01
/** No path has more hops; a TTL that says so was set by a program (a routing daemon's, a scanner's). */
const MOST_HOPS: i32 = 31

/**
 * Why the RST of direction `found` was sent, by the state before it.
 *
 * RFC 9293 section 3.10.7.1: an end without such a connection answers a segment that has ACK with a RST without ACK whose
 * sequence number is that segment's acknowledgment, and one without ACK (a SYN) with sequence number 0 and ACK. An end that
 * aborts its connection (closed with unread data, RFC 2525 section 2.17; SO_LINGER of 0; a time-out) sends RST with ACK.
 */
export function resetCause(found: i32, flags: i32, seq: i32, window: i32, time: f64): i32 {
  const sender = directionAt(found)
  const peer = directionAt(found ^ 1)
  const seen = connections.seen[found >>> 1]
  const acks = (flags & FLAG.ack) !== 0
  const peerSentSyn = (seen & (SEEN.syn << ((found & 1) ^ 1))) !== 0
  if (peerSentSyn ? sender[LAST_ROW] === 0 : acks && seq === 0) return REFUSED
  const sentSyn = (seen & (SEEN.syn << (found & 1))) !== 0
  const isClosed = (seen & (EITHER * SEEN.fin)) === EITHER * SEEN.fin
  if (!isClosed && isForeign(sender[BITS], acks || sentSyn)) return INJECTED
  if ((seen & (EITHER * SEEN.fin)) !== 0) return AFTER_FIN
  // The peer may have acknowledged more since it sent what this answers.
  if (!acks && peer[LAST_ROW] !== 0 && atOrBefore(seq, peer[LAST_ACK])) return UNKNOWN_CONNECTION
  // An end that opened the connection may have read what came last: it is an answer.
  if (!acks || sentSyn || (peer[BITS] & BIT_DATA) === 0) return MID_STREAM
  /** The peer's last new data. */
  const row = peer[NEXT_ROW]
  const unanswered = row > sender[NEXT_ROW] && time - timeOf(row - 1) <= UNREAD_WITHIN_NS
  const opens = <f64>window > <f64>(sender[WINDOW_AND_COUNT] & 0xffff) * WINDOW_OPENS
  const inFlight = before(packet.ack, peer[NEXT_SEQ])
  return unanswered || opens || inFlight ? DATA_UNREAD : MID_STREAM
}

/** Whether somebody else may have made what has that cause: see `goesOn`. */
export function isOpen(cause: i32): bool {
  return cause === DATA_UNREAD || cause === MID_STREAM || cause === UNKNOWN_CONNECTION
}

/** Data that a reset overtook is no later than this, and no packet is later than `LATE_NS`. */
const OVERTAKEN_NS: f64 = 1e6
const LATE_NS: f64 = 1e9

/**
 * The end that the RST with `cause` and `resetSeq` seems to come from sends on: no end does that has no such connection, and one that aborts
 * has sent what is in front of its RST's number and nothing behind (Linux tcp_send_active_reset). `since`: nanoseconds from the RST to the packet.
 */
export function goesOn(cause: i32, seq: i32, resetSeq: i32, since: f64): bool {
  if (since >= LATE_NS) return true
  const isDue = cause === UNKNOWN_CONNECTION || since >= OVERTAKEN_NS
  return isDue && packet.payloadLength !== 0 && atOrBefore(resetSeq, seq)
}

/**
 * The RST comes from another number of hops away than all packets before it of the end with `bits`: somebody else sent it in that end's
 * name (Weaver, Sommer, Paxson: Detecting Forged TCP Reset Packets, NDSS 2009), as a router that rejects, whose RST is otherwise like
 * that of an end without the connection (Linux nf_reject_ipv4.c). A host may send resets with another initial TTL than a program chose
 * for the rest (RFC 5082). With `isWary` the handshake's packet alone is no measure: a proxy answers SYNs for a server whose resets it
 * passes on, a scanner sends them with a TTL of its own.
 */
function isForeign(bits: i32, isWary: bool): bool {
  if ((bits & (BIT_SEEN | BIT_TTL_VARIES)) !== BIT_SEEN || packet.ttl === 0) return false
  if (isWary && (bits & BIT_SYN_WINDOW) !== 0) return false
  const usual = hops(bits >>> TTL_SHIFT)
  return usual <= MOST_HOPS && hops(packet.ttl) !== usual
}

/** Systems begin with a TTL of 64, 128 or 255. */
function hops(ttl: i32): i32 {
  return (ttl > 128 ? 255 : ttl > 64 ? 128 : 64) - ttl
}
