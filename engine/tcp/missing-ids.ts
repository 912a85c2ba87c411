import type { Packet } from '../decode/packet.ts'
import {
  LAST_IP_ID,
  LAST_TSVAL,
  NEWS_TIME,
  PIECES,
  PROVOKED,
  SEND_TIME,
  SENDER_SIDE,
  SENDER_WORDS,
  SERVER,
  STATE,
  type SenderTable,
} from './sender-table.ts'
import { TIMER_NS } from './mechanism.ts'

/** More that are missing at once than this are another sender's numbering, not loss. */
const MOST_MISSING = 64
/** A first time-out comes no later after the shortest than this, on a path of some 100 ms. */
const FIRST_TIMER_NS = 150e6
/** Payload that fits an Ethernet frame, and, rounded down to be careful, the pieces that tunnels leave room for. */
const LARGEST_PIECE = 1460
const SMALLEST_PIECE = 1200

// Linux numbers a connection's packets one by one (IP ID), whatever they carry: what is missing here was sent and lost on its way
// here. 0 is no ID: IPv6, and packets without a connection.

/** The packet was sent before others of its direction that are here already. */
export function isOlder(senders: SenderTable, d: number, ipId: number): boolean {
  const last = senders.words[d + LAST_IP_ID]
  return ipId !== 0 && last !== 0 && (ipId - last) << 16 < 0
}

/** Keeps the highest IP ID of the direction. */
export function noteIpId(senders: SenderTable, d: number, ipId: number, length: number): void {
  const { words } = senders
  if (ipId === 0) return
  if (words[d + LAST_IP_ID] !== 0 && (ipId - words[d + LAST_IP_ID]) << 16 <= 0) return
  words[d + LAST_IP_ID] = ipId
  words[d + PIECES] = length > LARGEST_PIECE ? Math.floor(length / SMALLEST_PIECE) : 0
}

/**
 * What is next in sequence was sent before all the same: it came after a timer's wait, and more packets before it are missing than the
 * other side can have provoked ACKs.
 */
export function repeatsUnseen(senders: SenderTable, packet: Packet, time: number, d: number, ipId: number): boolean {
  const { words, times } = senders
  if (ipId === 0 || words[d + LAST_IP_ID] === 0) return false
  const missing = (((ipId - words[d + LAST_IP_ID]) << 16) >> 16) - 1 - words[d + PIECES]
  if (missing < 1 || missing > MOST_MISSING) return false
  const timer = TIMER_NS + times[(d >> 1) + SENDER_SIDE]
  const quiet = time - Math.max(times[(d >> 1) + SEND_TIME], times[(d >> 1) + NEWS_TIME])
  if (quiet < timer) return false
  const provoked = words[d + PROVOKED]
  if (missing <= provoked) {
    // One request to a server, one packet missing: the response, which the ACK waits for to go along, if this comes when the first timer
    // repeats it. A client may think that long.
    const other = ((d / SENDER_WORDS) ^ 1) * SENDER_WORDS
    const answeredAfter = time - times[(other >> 1) + SEND_TIME]
    if (
      provoked !== 1 ||
      (words[d + STATE] & SERVER) === 0 ||
      answeredAfter < timer ||
      answeredAfter > timer + FIRST_TIMER_NS
    )
      return false
  }
  // A path that stalled delivers late what was sent early. Linux's timestamps tick once a millisecond.
  return !packet.hasTimestamps || ((packet.tsval - words[d + LAST_TSVAL]) | 0) * 1e6 >= quiet * 0.7
}
