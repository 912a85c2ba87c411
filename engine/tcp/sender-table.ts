import { outgrown } from '../columns/conversation-table.ts'

/**
 * What the sender of each direction of each TCP connection can know, as Linux keeps it, followed from this capture point. Number
 * `conversation * 2 + direction` has its record at that number times SENDER_WORDS: 16 words, then times (each two words, as a double),
 * then a word and four bytes, so that a packet touches three cache lines and not one an array. A record of zeros is a direction of which nothing is known.
 */
export const SENDER_WORDS = 26

export const STATE = 0
/** First sequence number seen: the ISN where the SYN was. */
export const FIRST = 1
export const NEXT = 2
export const UNA = 3
/** Highest SACKed edge, valid while SACKED is set. */
export const SACKED_EDGE = 4
/** High-water marks of recovery or loss, and of the probe. */
export const RECOVERY_END = 5
export const PROBE_END = 6
export const DUPLICATE_ACKS = 7
export const LAST_IP_ID = 8
/** IP IDs that the last packet takes beyond its own: a segment that is cut up on its way out numbers each piece. */
export const PIECES = 9
/** Window of the last packet, unscaled. */
export const WINDOW = 10
/** Latest timestamp. */
export const LAST_TSVAL = 11
/** First and last of the unacknowledged segments, and their number. */
export const HEAD = 12
export const TAIL = 13
export const LISTED = 14
/** The last repetition, a number of Needs. */
export const LAST_REPETITION = 15

/** Keep-alives of the other side, and segments of it that were acknowledged before: any answer to them may be missing here. */
export const PROVOKED = 24
/** The four bytes that follow, as one word: 0 = nothing was counted. */
export const COUNTS = 25

// Of the bytes, the place in bytes from where the record begins. All stop at 255.
/** Packets missing by their IP IDs that can be nothing but segments, since this direction last showed how far it had sent. */
export const HIDDEN = 100
/** Packets missing by their IP IDs that were ACKs, most likely. */
export const LOST_ACKS = 101
/** Repetitions that were needed. */
export const NEEDED = 102
/** Times that IP IDs were missing where no segment can be, 255 for a SYN-ACK that has one: the numbers are not the connection's own. */
export const FOREIGN_IDS = 103

// Of the times, the place in doubles from the middle of where the record begins in words.
/** When the other side last told something new: an advance, a SACK, a duplicate ACK. */
export const NEWS_TIME = 8
export const SEND_TIME = 9
/** From this point to the sender and back, from the handshake; 0 = unknown. */
export const SENDER_SIDE = 10
/** From this point to the other side and back: the shortest, of segments seen once (Karn's rule); 0 = unknown. */
export const ROUND_TRIP = 11

// Bits of STATE.
export const SEEN = 1
export const ACKED = 2
/** Both SYNs offered SACK, or SACK blocks were seen. */
export const SACK_OK = 4
export const RECOVERY = 8
export const LOSS = 16
/** A tail loss probe is out; the next timer is an RTO (Linux tcp_send_loss_probe: at most one outstanding). */
export const PROBED = 32
/** A SYN without SACK-permitted was seen. */
export const NO_SACK = 64
/** `SACKED_EDGE` is above UNA. */
export const SACKED = 128
/** A keep-alive was sent, which will be answered. */
export const KEPT_ALIVE = 256
/** It sent the SYN-ACK. */
export const SERVER = 512
/** Its FIN is all that acknowledged the other side's, which so has a connection to answer it until it comes. */
export const LAST_FIN = 1024

/** The record of the other direction. */
export const otherDirection = (d: number): number => ((d / SENDER_WORDS) ^ 1) * SENDER_WORDS

export class SenderTable {
  words = new Int32Array(SENDER_WORDS * 128)
  /** The same bytes as doubles. */
  times = new Float64Array(this.words.buffer)
  bytes = new Uint8Array(this.words.buffer)

  /** Makes room for the pair of directions whose records begin at `at`, a number of words. */
  reserve(at: number): void {
    while (at + 2 * SENDER_WORDS > this.words.length) {
      this.words = outgrown(this.words)
      this.times = new Float64Array(this.words.buffer)
      this.bytes = new Uint8Array(this.words.buffer)
    }
  }

  /** Gives the memory back at once; the table can't be used any more. */
  release(): void {
    this.words.buffer.transfer(0)
  }
}
