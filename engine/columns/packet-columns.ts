/** Rows in a chunk. A chunk is immutable once full, so views may keep references into it. */
export const CHUNK_ROWS = 65_536

/**
 * Bytes between two columns. Without them the same row lies in the same set of the processor's caches in all columns of a width, more than
 * a set has room for.
 */
const SKEW = 192
const WIDE = CHUNK_ROWS * 8 + SKEW
const WORD = CHUNK_ROWS * 4 + SKEW
const HALF = CHUNK_ROWS * 2 + SKEW
const BYTE = CHUNK_ROWS + SKEW
const WORDS_AT = 2 * WIDE
const HALVES_AT = WORDS_AT + 8 * WORD
const BYTES_AT = HALVES_AT + 5 * HALF
/** Last, as its memory is not touched where no heads are kept. */
const HEADS_AT = BYTES_AT + 3 * BYTE

/** Where each column begins in a chunk, in bytes: 65 bytes a packet, 61 without heads. */
export const COLUMN = {
  offset: 0,
  time: WIDE,
  capturedLength: WORDS_AT,
  length: WORDS_AT + WORD,
  conversation: WORDS_AT + 2 * WORD,
  seq: WORDS_AT + 3 * WORD,
  ack: WORDS_AT + 4 * WORD,
  payloadLength: WORDS_AT + 5 * WORD,
  acked: WORDS_AT + 6 * WORD,
  bytesInFlight: WORDS_AT + 7 * WORD,
  interface: HALVES_AT,
  stack: HALVES_AT + HALF,
  flags: HALVES_AT + 2 * HALF,
  window: HALVES_AT + 3 * HALF,
  labels: HALVES_AT + 4 * HALF,
  verdict: BYTES_AT,
  error: BYTES_AT + BYTE,
  roundTrip: BYTES_AT + 2 * BYTE,
  head: HEADS_AT,
  ipId: HEADS_AT + HALF,
} as const

/** Bytes of a chunk. */
export const CHUNK_BYTES = HEADS_AT + 2 * HALF

/** "No conversation" in the `conversation` column. */
export const NO_CONVERSATION = 0xffff_ffff

/** The interface number of rows that hold no packet (pcapng custom blocks, which Wireshark numbers as frames). */
export const NO_INTERFACE = 0xffff

/** Bits of the `flags` column: the TCP header's twelve flag bits (RFC 9293, with AE/CWR/ECE), then ours. */
export const FLAG = {
  fin: 0x001,
  syn: 0x002,
  rst: 0x004,
  psh: 0x008,
  ack: 0x010,
  urg: 0x020,
  ece: 0x040,
  cwr: 0x080,
  ae: 0x100,
  /** The packet travels from the conversation's B to its A. */
  reverse: 0x1000,
  /** The snap length cut bytes off the frame. */
  cut: 0x2000,
  /** Part of a fragmented datagram. */
  fragment: 0x4000,
  /** The innermost TCP header could be read, so the TCP columns hold values. */
  tcp: 0x8000,
} as const

export const TCP_FLAGS_MASK = 0x0fff
