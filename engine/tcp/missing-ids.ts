import type { Packet } from '../decode/packet.ts'
import { TIMER_NS } from './mechanism.ts'
import {
  FOREIGN_IDS,
  HIDDEN,
  LAST_IP_ID,
  LAST_TSVAL,
  LOST_ACKS,
  NEWS_TIME,
  NEXT,
  otherDirection,
  PIECES,
  PROVOKED,
  ROUND_TRIP,
  SEND_TIME,
  SENDER_SIDE,
  SERVER,
  STATE,
  WINDOW,
  type SenderTable,
} from './sender-table.ts'
import type { SentSegments } from './sent-segments.ts'
import { VERDICT } from './verdicts.ts'

const ACK = 0x10
const FIN = 0x01
/** More that are missing at once than this are another sender's numbering, not loss. */
const MOST_MISSING = 64
/** What cannot have been lost is missing this often where a capture or a host is odd; more often, others share the numbers. */
const MOST_FOREIGN = 2
/** Repetitions that may be lost between two packets. */
const MOST_REPEATED = 2
/** A first time-out comes no later after the shortest than this, on a path of some 100 ms. */
const FIRST_TIMER_NS = 150e6
/** Payload that fits an Ethernet frame, and, rounded down to be careful, the pieces that tunnels leave room for. */
const LARGEST_PIECE = 1460
const SMALLEST_PIECE = 1200
/** Round trips before a tail is repeated: Linux's tail loss probe waits two (RFC 8985 section 7.2), less what this point's view is off. */
const PROBE_WAIT = 1.5

/** Linux's time to live when it sends; that of Windows, which numbers all its packets in one row, is 128. */
const LINUX_TTL = 64

// Linux numbers a connection's packets one by one (IP ID), whatever they carry: what is missing here was sent and lost on its way
// here. 0 is no ID: IPv6, and packets without a connection, as a SYN-ACK is.

/** The packet was sent before others of its direction that are here already. */
export function isOlder(senders: SenderTable, d: number, ipId: number): boolean {
  return isOlderThan(senders.words[d + LAST_IP_ID], ipId)
}

/** The same of two IP IDs of one direction. */
export const isOlderThan = (last: number, ipId: number): boolean => ipId !== 0 && last !== 0 && (ipId - last) << 16 < 0

/** How many packets of the direction are missing right before this one. */
export function missingBefore(senders: SenderTable, packet: Packet, d: number, ipId: number): number {
  const { words, bytes } = senders
  if (ipId === 0 || words[d + LAST_IP_ID] === 0) return 0
  const missing = (((ipId - words[d + LAST_IP_ID]) << 16) >> 16) - 1 - words[d + PIECES]
  if (missing < 1 || missing > MOST_MISSING) return 0
  return packet.ttl > LINUX_TTL || bytes[d * 4 + FOREIGN_IDS] > MOST_FOREIGN ? 0 : missing
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
 * How many ACKs the sender of the packet can have sent since its last packet here: at most one for each segment of the other side that
 * it had not acknowledged. The first that it still lacks provoked none, nor did what is only seen here after that ACK was sent.
 */
function answers(senders: SenderTable, sent: SentSegments, packet: Packet, d: number): number {
  const other = otherDirection(d)
  const acknowledged = (packet.tcpFlags & ACK) !== 0
  return senders.words[d + PROVOKED] + sent.answers(other, acknowledged ? packet.ack : senders.words[other + NEXT])
}

/**
 * Of `missing` packets, those that were no ACKs. Where the window grew a lot, they may have said so: an application that reads
 * provokes ACKs as well (Linux tcp_cleanup_rbuf: at twice the window).
 */
export function missingSegments(
  senders: SenderTable,
  sent: SentSegments,
  packet: Packet,
  d: number,
  missing: number,
): number {
  const reads = packet.window !== 0 && packet.window >= 2 * senders.words[d + WINDOW]
  if (missing === 0 || reads) return 0
  return Math.max(0, missing - answers(senders, sent, packet, d))
}

/**
 * What is next in sequence was sent before all the same, as more packets are missing before it than can have been ACKs: nothing else
 * could have been sent after what came last, and before this.
 */
export function repeatsUnseen(
  senders: SenderTable,
  sent: SentSegments,
  packet: Packet,
  time: number,
  d: number,
  missing: number,
): boolean {
  const { words, times, bytes } = senders
  if (isOlder(senders, d, packet.ipId)) return false
  if (bytes[d * 4 + HIDDEN] > 0) return true
  if (missing === 0) return false
  const since = time - times[(d >> 1) + SEND_TIME]
  const senderSide = times[(d >> 1) + SENDER_SIDE]
  if (missingSegments(senders, sent, packet, d, missing) > 0) {
    // A path that stalled delivers late what was sent early. Linux's timestamps tick once a millisecond.
    const ticks = packet.hasTimestamps ? ((packet.tsval - words[d + LAST_TSVAL]) | 0) * 1e6 : since
    const wait = senderSide === 0 ? TIMER_NS : (senderSide + times[(d >> 1) + ROUND_TRIP]) * PROBE_WAIT
    if (since >= wait && ticks >= wait) return true
    bytes[d * 4 + FOREIGN_IDS]++
    return false
  }
  // One request to a server, one packet missing: the response, which the ACK waits for to go along, if this comes when the first timer
  // repeats it. A client may think that long.
  const timer = TIMER_NS + senderSide
  const quiet = Math.min(since, time - times[(d >> 1) + NEWS_TIME])
  const other = otherDirection(d)
  const answeredAfter = time - times[(other >> 1) + SEND_TIME]
  if (
    quiet < timer ||
    (words[d + STATE] & SERVER) === 0 ||
    answeredAfter < timer ||
    answeredAfter > timer + FIRST_TIMER_NS ||
    answers(senders, sent, packet, d) !== 1
  )
    return false
  return !packet.hasTimestamps || ((packet.tsval - words[d + LAST_TSVAL]) | 0) * 1e6 >= quiet * 0.7
}

/**
 * Of `missing` packets before this one, how many were ACKs, as far as can be told: what it shows to be missing in sequence is less, and
 * what a timer may have repeated meanwhile. -1 = that may be all of them.
 */
export function noteLostAcks(
  senders: SenderTable,
  sent: SentSegments,
  packet: Packet,
  time: number,
  d: number,
  missing: number,
  verdict: number,
): number {
  const { words, times, bytes } = senders
  const ahead = (packet.seq - words[d + NEXT]) | 0
  // Sent after all that is missing, it shows that no new segment is.
  if (ahead === 0 && packet.payloadLength === 0 && missingSegments(senders, sent, packet, d, missing) > MOST_REPEATED)
    bytes[d * 4 + FOREIGN_IDS]++
  const sendTime = times[(d >> 1) + SEND_TIME]
  const newsTime = times[(otherDirection(d) >> 1) + NEWS_TIME]
  const takes = packet.payloadLength > 0 || (packet.tcpFlags & FIN) !== 0
  let segments = ahead > 0 ? Math.ceil(ahead / LARGEST_PIECE) : verdict === VERDICT.retransmission ? 1 : 0
  // What came last, unless its sender had an answer since, or what is seen first now.
  if (newsTime <= sendTime) segments += timers(time - sendTime)
  else if (ahead > 0 || takes) segments += timers(time - newsTime)
  const lost = missing - segments
  if (lost <= 0) return -1
  const at = d * 4 + LOST_ACKS
  bytes[at] = Math.min(255, bytes[at] + lost)
  return lost
}

/** How often timers can have struck within `quiet`: each waits twice as long as the one before (RFC 6298 section 5). */
function timers(quiet: number): number {
  return quiet < TIMER_NS ? 0 : 1 + Math.floor(Math.log2(quiet / TIMER_NS))
}
