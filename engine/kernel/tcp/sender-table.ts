import { PAGE_RECORDS, TABLE } from '../../kernel-tables.ts'
import { addPage, newPages, recordAt } from '../pages.ts'

/**
 * What the sender of one direction of a TCP connection can know, as Linux keeps it, followed from this capture point. Zeros are a direction of
 * which nothing is known. The fields stand together, what most packets need first, so that a packet touches three cache lines for both
 * directions.
 */
@unmanaged
export class Sender {
  /** Bits: SEEN and so on. */
  state: i32
  /** First sequence number seen: the ISN where the SYN was. */
  first: i32
  next: i32
  una: i32
  /** Latest timestamp. */
  lastTsval: i32
  /** First and last of the unacknowledged segments (sent-segments.ts), and their number. */
  head: i32
  tail: i32
  listed: i32
  sendTime: f64
  /** When the other side last told something new: an advance, a SACK, a duplicate ACK. */
  newsTime: f64
  lastIpId: u16
  /** IP IDs that the last packet takes beyond its own: a segment that is cut up on its way out numbers each piece. */
  pieces: u16
  /** Window of the last packet, unscaled. */
  window: u16
  /** Stops at 255. */
  duplicateAcks: u8
  /** Packets missing by their IP IDs that can be nothing but segments, since this direction last showed how far it had sent; up to 255. */
  hidden: u8
  /** Keep-alives of the other side, and segments of it that were acknowledged before: any answer to them may be missing here. Up to 65,535. */
  provoked: u16
  /** IP ID of the SYN that was seen first, without one the low half of its timestamp; 0 = none. */
  synId: u16
  /** The last repetition (needs.ts). */
  lastRepetition: i32
  /** From this point to the sender and back, from the handshake; 0 = unknown. */
  senderSide: f64
  /** From this point to the other side and back: the shortest, of segments seen once (Karn's rule); 0 = unknown. */
  roundTrip: f64
  /** Highest SACKed edge, valid while SACKED is set; and `arrived`. */
  sackedEdge: i32
  /** High-water marks of recovery or loss, and of the probe. */
  recoveryEnd: i32
  probeEnd: i32
  /** Packets missing by their IP IDs that were ACKs, most likely; up to 255. */
  lostAcks: u8
  /** Repetitions that were needed; up to 255. */
  needed: u8
  /** Times that IP IDs were missing where no segment can be, 255 for a SYN-ACK that has one: the numbers are not the connection's own. */
  foreignIds: u8
  /** COPIED, COPIED_SINCE; above them the low six bits of the TTL of its last SYN or SYN-ACK. */
  syns: u8

  /** The same word while NO_SACK is set: segments that arrived behind the first hole, by duplicate ACKs (Linux `sacked_out`). */
  get arrived(): i32 {
    return this.sackedEdge
  }
  set arrived(segments: i32) {
    this.sackedEdge = segments
  }
}

/** What came to it may make it send so many ACKs that say nothing new. */
export function provoke(d: Sender, acks: i32): void {
  d.provoked = <u16>min(0xffff, <i32>d.provoked + acks)
}

/** From this point to the other side and back, by a segment that was sent once. */
export function noteRoundTrip(d: Sender, roundTrip: f64): void {
  const shortest = d.roundTrip
  if (shortest === 0 || roundTrip < shortest) d.roundTrip = roundTrip
}

// Bits of a sender's state.
export const SEEN: i32 = 1
export const ACKED: i32 = 2
/** Both SYNs offered SACK, or SACK blocks were seen. */
export const SACK_OK: i32 = 4
export const RECOVERY: i32 = 8
export const LOSS: i32 = 16
/** A tail loss probe is out; the next timer is an RTO (Linux tcp_send_loss_probe: at most one outstanding). */
export const PROBED: i32 = 32
/** A SYN without SACK-permitted was seen. */
export const NO_SACK: i32 = 64
/** `sackedEdge` is above `una`. */
export const SACKED: i32 = 128
/** A keep-alive was sent, which will be answered. */
export const KEPT_ALIVE: i32 = 256
/** It sent the SYN-ACK. */
export const SERVER: i32 = 512
/** Its FIN is all that acknowledged the other side's, which so has a connection to answer it until it comes. */
export const LAST_FIN: i32 = 1024
/** Most of what a time-out makes it send again had arrived (`arrived`). */
export const MOST_ARRIVED: i32 = 2048
/** Its SYN-ACK was answered with an ACK of something else. */
export const REFUSED: i32 = 4096

// Bits of `syns`.
/** A copy of its SYN was seen, or the first one came late. */
export const COPIED: u8 = 1
/** A copy of its SYN was seen since the other side's last SYN-ACK. */
export const COPIED_SINCE: u8 = 2
export const SYN_TTL_SHIFT: u8 = 2

const SENDER_BYTES: i32 = offsetof<Sender>()

let pages: usize = newPages(TABLE.senderPages)
/** Directions that there is room for. */
let capacity: i32 = 0

/** The record of a direction, which is `conversation * 2 + direction`. */
export function sender(direction: i32): Sender {
  return changetype<Sender>(recordAt(pages, direction, SENDER_BYTES))
}

/** Makes room for both directions of a conversation, of which this is one. */
export function reserve(direction: i32): void {
  while (direction >= capacity) {
    pages = addPage(TABLE.senderPages, capacity, SENDER_BYTES)
    capacity += PAGE_RECORDS
  }
}
