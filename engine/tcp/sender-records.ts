/**
 * What the verdicts remember of each direction and of each unacknowledged segment, as records of 32-bit words in one array each: a
 * packet then touches one cache line a direction and one a segment instead of one an array. Rows are 1 + row, 0 = none; times are
 * looked up in the packet table by them.
 */

/** Of the data the direction's sender sent; 64 bytes. */
export const DIRECTION_WORDS = 16
/** `at ^ OTHER` is where the record of the other direction begins. */
export const OTHER = DIRECTION_WORDS

/** Low byte: state bits. Then a byte of duplicate ACKs, and how many segments are listed. */
export const STATE = 0
export const DUPLICATE_ACK = 1 << 8
export const DUPLICATE_ACKS = 0xff << 8
export const LISTED_ONE = 1 << 16
/** First sequence number seen: the ISN where the SYN was. */
export const FIRST = 1
export const NEXT = 2
export const UNA = 3
/** Highest SACKed edge, valid while SACKED is set. */
export const SACKED_TO = 4
/** High-water marks of recovery or loss, and of the probe. */
export const RECOVERY_END = 5
export const PROBE_END = 6
/** Timestamp of the last packet that had one. */
export const LAST_TSVAL = 7
/** Ends of the list of unacknowledged segments. */
export const HEAD = 8
export const TAIL = 9
/** When the other side last told something new: an advance, a SACK, a duplicate ACK. */
export const NEWS_ROW = 10
export const SEND_ROW = 11
export const LAST_RETRANSMISSION = 12
/** Low half: highest IP ID. High half: window of the last packet, unscaled. */
export const IP_ID_AND_WINDOW = 13
/** In 64-bit floats: nanoseconds from this point to the sender and back, from the handshake; 0 = unknown. */
export const SENDER_SIDE = 7

export const SEGMENT_WORDS = 6
export const SEQ = 0
export const END = 1
export const ROW = 2
/** The segment after it in sequence, or the next free one. */
export const NEXT_SEGMENT = 3
export const TSVAL = 4
/** Low half: IP ID. High half: how often it was sent, up to 255. */
export const IP_ID_AND_SENT = 5
export const SENT_ONE = 1 << 16
