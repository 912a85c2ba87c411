import { FLAG } from '../../columns/packet-columns.ts'
import { BIT_DATA, BITS, LAST_ACK, LAST_ROW, NEXT_ROW, WINDOW_AND_COUNT } from '../../tcp/directions.ts'
import { SEEN } from '../../tcp/connection-table.ts'
import { timeOf } from '../columns/packet-columns.ts'
import * as connections from './connection-table.ts'
import { directionAt } from './directions.ts'

/** Why a connection was reset, by number in RESET_CAUSES. */
export const REFUSED: i32 = 1
const AFTER_FIN: i32 = 2
const DATA_UNREAD: i32 = 3
const MID_STREAM: i32 = 4
const UNKNOWN_CONNECTION: i32 = 5

const EITHER: i32 = 3

/** A server that resets this soon after a request, and answered nothing, has hardly read it. */
const UNREAD_WITHIN_NS: f64 = 1e9
/** What lay unread is thrown away before the reset is sent (Linux tcp_close), which so opens the window; reading moves it less. */
const WINDOW_OPENS: f64 = 1.01

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
  if ((seen & (EITHER * SEEN.fin)) !== 0) return AFTER_FIN
  if (!acks && peer[LAST_ROW] !== 0 && seq === peer[LAST_ACK]) return UNKNOWN_CONNECTION
  // An end that opened the connection may have read what came last: it is an answer.
  const sentSyn = (seen & (SEEN.syn << (found & 1))) !== 0
  if (!acks || sentSyn || (peer[BITS] & BIT_DATA) === 0) return MID_STREAM
  /** The peer's last new data. */
  const row = peer[NEXT_ROW]
  const unanswered = row > sender[NEXT_ROW] && time - timeOf(row - 1) <= UNREAD_WITHIN_NS
  const opens = <f64>window > <f64>(sender[WINDOW_AND_COUNT] & 0xffff) * WINDOW_OPENS
  return unanswered || opens ? DATA_UNREAD : MID_STREAM
}
