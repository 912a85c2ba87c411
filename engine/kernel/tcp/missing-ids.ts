import { FLAG } from '../../columns/packet-columns.ts'
import { VERDICT } from '../../tcp/verdict-codes.ts'
import { packet } from '../packet.ts'
import * as again from './answered-again.ts'
import * as hosts from './hosts.ts'
import { TIMER_NS } from './mechanism.ts'
import { NO_SACK, SACKED, Sender, SERVER } from './sender-table.ts'
import * as sent from './sent-segments.ts'

/** More that are missing at once than this are another sender's numbering, not loss. */
const MOST_MISSING: i32 = 64
/** What cannot have been lost is missing this often where a capture or a host is odd; more often, others share the numbers. */
const MOST_FOREIGN: i32 = 2
/** Repetitions that may be lost between two packets. */
const MOST_REPEATED: i32 = 2
/** A first time-out comes no later after the shortest than this, on a path of some 100 ms. */
const FIRST_TIMER_NS: f64 = 150e6
/** Payload that fits an Ethernet frame, and, rounded down to be careful, the pieces that tunnels leave room for. */
const LARGEST_PIECE: i32 = 1460
const SMALLEST_PIECE: i32 = 1200
/** Round trips before a tail is repeated: Linux's tail loss probe waits two (RFC 8985 section 7.2), less what this point's view is off. */
const PROBE_WAIT: f64 = 1.5

/** Linux's time to live when it sends; that of Windows, which numbers all its packets in one row, is 128. */
export const LINUX_TTL: i32 = 64

// Linux numbers a connection's packets one by one (IP ID), whatever they carry: what is missing here was sent and lost on its way
// here. 0 is no ID: IPv6, and packets without a connection, as a SYN-ACK is.

/** The packet was sent before others of its direction that are here already. */
export function isOlder(d: Sender, ipId: i32): bool {
  return isOlderThan(<i32>d.lastIpId, ipId)
}

/** The same of two IP IDs of one direction. */
export function isOlderThan(last: i32, ipId: i32): bool {
  return ipId !== 0 && last !== 0 && (ipId - last) << 16 < 0
}

/** The packet was sent right after the direction's last one here. */
export function isNext(d: Sender, ipId: i32): bool {
  return ipId !== 0 && d.lastIpId !== 0 && ((ipId - <i32>d.lastIpId - <i32>d.pieces) & 0xffff) === 1
}

/** How many packets of the direction are missing right before this one. */
export function missingBefore(d: Sender, ipId: i32): i32 {
  const last = <i32>d.lastIpId
  if (ipId === 0 || last === 0) return 0
  const missing = (((ipId - last) << 16) >> 16) - 1 - <i32>d.pieces
  if (missing < 1 || missing > MOST_MISSING) return 0
  return isNumbered(d) ? missing : 0
}

/** As far as is known the numbers are the connection's own. */
export function isNumbered(d: Sender): bool {
  return packet.ttl <= LINUX_TTL && <i32>d.foreignIds <= MOST_FOREIGN
}

/** Linux numbers what a connection sends, not what TIME-WAIT answers, which has no SACK option either (tcp_v4_timewait_ack). */
export function isFromTimeWait(d: Sender): bool {
  return packet.ipId === 0 && d.lastIpId !== 0
}

/**
 * The packet may be there to say that the window grew: an application that reads makes Linux do so once it has doubled
 * (tcp_cleanup_rbuf), others sooner. If others that were sent later came before it, those may.
 */
export function mayUpdateWindow(d: Sender): bool {
  if (isOlder(d, packet.ipId) && <i32>d.window >= 2 * packet.window) return true
  return packet.window >= 2 * <i32>d.window || packet.ipId === 0 || !isNumbered(d)
}

/** Keeps the highest IP ID of the direction. */
export function noteIpId(d: Sender, ipId: i32, length: i32): void {
  const last = <i32>d.lastIpId
  if (ipId === 0) {
    // Its number all the same, if that is next: 1 follows, and nothing is missing.
    if (((last + <i32>d.pieces) & 0xffff) === 0xffff) d.lastIpId = 0
    return
  }
  if (last !== 0 && (ipId - last) << 16 <= 0) return
  d.lastIpId = <u16>ipId
  d.pieces = length > LARGEST_PIECE ? <u16>min(0xffff, length / SMALLEST_PIECE) : 0
}

/**
 * How many ACKs the sender of the packet can have sent since its last packet here: at most one for each segment of the other side that
 * it had not acknowledged. The first that it still lacks provoked none, nor did what is only seen here after that ACK was sent.
 */
function answers(d: Sender, other: Sender): i32 {
  const acknowledged = (packet.tcpFlags & FLAG.ack) !== 0
  return <i32>d.provoked + sent.answers(other, acknowledged ? packet.ack : other.next)
}

/**
 * Of `missing` packets, those that were no ACKs. Where the window grew a lot, they may have said so.
 */
export function missingSegments(d: Sender, other: Sender, missing: i32): i32 {
  const reads = packet.window !== 0 && packet.window >= 2 * <i32>d.window
  if (missing === 0 || reads) return 0
  return max(0, missing - answers(d, other))
}

/**
 * What is next in sequence was sent before all the same, as more packets are missing before it than can have been ACKs: nothing else
 * could have been sent after what came last, and before this.
 */
export function repeatsUnseen(d: Sender, other: Sender, time: f64, missing: i32): bool {
  if (isOlder(d, packet.ipId)) return false
  if (d.hidden > 0) return true
  // With holes before it, what is missing may have been sent to fill one.
  if (missing === 0 || (d.state & SACKED) !== 0 || d.duplicateAcks > 0) return false
  const since = time - d.sendTime
  const senderSide = d.senderSide
  // Linux's timestamps tick once a millisecond.
  const ticks = packet.hasTimestamps !== 0 ? <f64>(packet.tsval - d.lastTsval) * 1e6 : since
  if (missingSegments(d, other, missing) > 0) {
    // A path that stalled delivers late what was sent early.
    const wait = senderSide === 0 ? TIMER_NS : (senderSide + d.roundTrip) * PROBE_WAIT
    if (since >= wait && ticks >= wait) return true
    d.foreignIds++
    return false
  }
  // One request to a server, one packet missing: the response, which the ACK waits for to go along, if this comes when the first timer
  // repeats it. A client may think that long.
  const timer = TIMER_NS + senderSide
  const quiet = min<f64>(since, time - d.newsTime)
  const answeredAfter = time - other.sendTime
  if (
    quiet < timer ||
    (d.state & SERVER) === 0 ||
    answeredAfter < timer ||
    answeredAfter > timer + FIRST_TIMER_NS ||
    answers(d, other) !== 1
  )
    return false
  return packet.hasTimestamps === 0 || ticks >= quiet * 0.7
}

/**
 * Of `missing` packets before this one, how many were ACKs, as far as can be told: what it shows to be missing in sequence is less, and
 * what a timer may have repeated meanwhile. -1 = that may be all of them.
 */
export function noteLostAcks(d: Sender, other: Sender, time: f64, missing: i32, verdict: i32): i32 {
  const ahead = packet.seq - d.next
  // Sent after all that is missing, it shows that no new segment is.
  if (ahead === 0 && packet.payloadLength === 0 && missingSegments(d, other, missing) > MOST_REPEATED) d.foreignIds++
  const sendTime = d.sendTime
  const newsTime = other.newsTime
  const takes = packet.payloadLength > 0 || (packet.tcpFlags & FLAG.fin) !== 0
  const sendsDsacks = (d.state & NO_SACK) === 0 && !hosts.isWithout(hosts.DSACKS)
  if (ahead > 0 && !takes && !sendsDsacks) again.responded(other, d.sendTime, ahead, missing)
  let segments = ahead > 0 ? (ahead - 1) / LARGEST_PIECE + 1 : verdict === VERDICT.retransmission ? 1 : 0
  // What came last, unless its sender had an answer since, or what is seen first now.
  if (newsTime <= sendTime) segments += timers(time - sendTime)
  else if (ahead > 0 || takes) segments += timers(time - newsTime)
  const lost = missing - segments
  if (lost <= 0) return -1
  d.lostAcks = <u8>min(255, <i32>d.lostAcks + lost)
  return lost
}

/** How often timers can have struck within `quiet`: each waits twice as long as the one before (RFC 6298 section 5). */
function timers(quiet: f64): i32 {
  if (quiet < TIMER_NS) return 0
  // One more than the whole part of the logarithm to base 2, which is the exponent of a number in memory (IEEE 754).
  return 1 + (<i32>(reinterpret<u64>(quiet / TIMER_NS) >> 52) - 1023)
}
