import type { Kernel } from '../kernel.ts'
import { TABLE } from '../kernel-tables.ts'

/**
 * What is remembered of each direction of each TCP conversation, as records of twelve 32-bit words in one array. Number
 * `conversation * 2 + direction` has its record at that number times DIRECTION_WORDS, so the two directions of a conversation
 * lie side by side: a packet touches two or three cache lines instead of one an array.
 *
 * A record of zeros is a direction of which nothing is known. Packets are remembered as 1 + row (0 = none); their times are
 * looked up in the packet table when a rule asks for them.
 */
export const DIRECTION_WORDS = 12

/** Highest sequence number seen plus one; 0 = none seen. */
export const NEXT_SEQ = 0
/** The packet that moved NEXT_SEQ last. */
export const NEXT_ROW = 1
/** End of the bytes seen without a hole: what the other side may acknowledge without surprise; 0 = unset. */
export const CONTIGUOUS = 2
/** Acknowledgment field of the last packet, whether or not its ACK flag was set. */
export const LAST_ACK = 3
export const LAST_ROW = 4
/** The first packet that carried LAST_ACK: the original of duplicate ACKs. */
export const ACK_ROW = 5
/** Where relative sequence numbers count from; valid with BIT_BASE. */
export const BASE_SEQ = 6
/** The oldest and the newest segment that was not acknowledged yet, as nodes of kernel/tcp/unacked-segments.ts. */
export const OLDEST = 7
export const NEWEST = 8
/** Low half: the window field of the last packet (unscaled). High half: how many segments are unacknowledged. */
export const WINDOW_AND_COUNT = 9
/** See BIT_SEEN and below; the lowest five bits are the window scale, see SCALE; the high byte the first packet's TTL or hop limit. */
export const BITS = 10
/** 1 + record in the recovery table; 0 = this direction has needed none. */
export const RECOVERY = 11

/** The window scale in the lowest bits of BITS: unknown, known not to be used, or 2 + shift count. */
export const SCALE = { mask: 0x1f, unknown: 0, unused: 1, shift: 2 } as const

/** How many of its payloads were no protocol's that is known: once it is all of these bits, no more is looked at. */
export const TRIES = 3 << 5
export const TRY = 1 << 5
/** The last payload was too short to tell, and is kept outside. */
export const BIT_BEGUN = 1 << 7
/** A packet of the direction was seen: the window is valid. */
export const BIT_SEEN = 1 << 8
export const BIT_BASE = 1 << 9
/** Bytes in flight can be told: the other side has sent an ACK since the first segment, and since the last missing one. */
export const BIT_FLIGHT_KNOWN = 1 << 10
/** A SYN was sent and no ACK without SYN since: its window is not scaled. */
export const BIT_SYN_WINDOW = 1 << 11
/** The last packet was a keep-alive. */
export const BIT_KEEP_ALIVE = 1 << 12
/** The last packet was a zero window probe. */
export const BIT_ZERO_WINDOW_PROBE = 1 << 13
/** The packet that moved NEXT_SEQ last, other than by the one of a FIN, had no payload, or a multiple of 256 bytes. */
export const BIT_MOVED_BY_ACK = 1 << 14
/** The unacknowledged segments do not follow one another in the order they were seen. */
export const BIT_DISORDERED = 1 << 15
/** A segment was added since the last ACK that lies, at least in part, below it. */
export const BIT_BELOW_ACK = 1 << 16
/** The direction advertises a window of zero. */
export const BIT_ZERO_WINDOW = 1 << 17
/** The direction has sent payload. */
export const BIT_DATA = 1 << 18
/** Handshake and round-trip time are done, or were missed, and no FIN was seen: the journal need not hear of each packet. */
export const BIT_SETTLED = 1 << 19
/** The last packet had SACK blocks: they are in the recovery table. */
export const BIT_SACK = 1 << 20
/** Duplicate ACKs were sent since the acknowledgment last moved: their number is in the recovery table. */
export const BIT_DUPLICATES = 1 << 21
/** Later packets had another TTL than the first. */
export const BIT_TTL_VARIES = 1 << 22
/** A decoder outside follows the connection (told of both directions). */
export const BIT_FOLLOWED = 1 << 23
export const TTL_SHIFT = 24

/** The records as the kernel has them now. */
export class Directions {
  readonly #kernel: Kernel

  constructor(kernel: Kernel) {
    this.#kernel = kernel
  }

  /** All of the kernel's memory. */
  get words(): Int32Array {
    return this.#kernel.memoryWords
  }

  /** Where the record of `conversation * 2 + direction` begins in it. */
  at(found: number): number {
    return this.#kernel.record(TABLE.directionPages, found, DIRECTION_WORDS * 4) >>> 2
  }
}
