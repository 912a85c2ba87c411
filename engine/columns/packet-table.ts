/** Rows in a chunk. A chunk is immutable once full, so views may keep references into it. */
export const CHUNK_ROWS = 65_536
const CHUNK_SHIFT = 16
const CHUNK_MASK = CHUNK_ROWS - 1

/** "No conversation" in the `conversation` column. */
export const NO_CONVERSATION = 0xffff_ffff

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

const COLUMNS = 18
const ROW_BYTES = 61
/**
 * Bytes between two columns. Without them the same row lies in the same set of the processor's caches in all columns of a width, more than
 * a set has room for.
 */
const SKEW = 192

/**
 * 65,536 packets as columns; 61 bytes a packet. Times are nanoseconds since the capture's epoch (exact up to 104 days).
 * Where a column does not apply to the packet it holds 0.
 */
export class PacketChunk {
  /** Offset of the frame's first byte in the (decompressed) capture. */
  readonly offset: Float64Array
  readonly time: Float64Array
  readonly capturedLength: Uint32Array
  readonly length: Uint32Array
  /** Index into the capture's interfaces. */
  readonly interface: Uint16Array
  /** Index into the dictionary of protocol stacks. */
  readonly stack: Uint16Array
  readonly conversation: Uint32Array
  /** See FLAG. */
  readonly flags: Uint16Array
  readonly seq: Uint32Array
  readonly ack: Uint32Array
  /** Bytes of transport payload by the headers' lengths, not by what was captured. */
  readonly payloadLength: Uint32Array
  /** TCP window as in the header, unscaled. */
  readonly window: Uint16Array
  /** tcp.analysis labels, see tcp/labels.ts. */
  readonly labels: Uint16Array
  /** 1 + the row of the segment this one acknowledges (tcp.analysis.acks_frame), or 0. */
  readonly acked: Uint32Array
  readonly bytesInFlight: Uint32Array
  /** Hopscope's verdict, see tcp/verdicts; 0 = none. */
  readonly verdict: Uint8Array
  /** Why decoding stopped early, see decode/errors; 0 = it did not. */
  readonly error: Uint8Array
  /** Which round trips the packet ends, see ROUND_TRIP in tcp/round-trips.ts; 0 = none that can be trusted. */
  readonly roundTrip: Uint8Array
  /** The row of place 0. */
  readonly first: number

  constructor(first: number) {
    const rows = CHUNK_ROWS
    this.first = first
    const memory = new ArrayBuffer(rows * ROW_BYTES + COLUMNS * SKEW)
    let end = 0
    const column = (width: number): number => {
      const start = end
      end += rows * width + SKEW
      return start
    }
    // Wide ones first, so that each is aligned.
    this.offset = new Float64Array(memory, column(8), rows)
    this.time = new Float64Array(memory, column(8), rows)
    this.capturedLength = new Uint32Array(memory, column(4), rows)
    this.length = new Uint32Array(memory, column(4), rows)
    this.conversation = new Uint32Array(memory, column(4), rows)
    this.seq = new Uint32Array(memory, column(4), rows)
    this.ack = new Uint32Array(memory, column(4), rows)
    this.payloadLength = new Uint32Array(memory, column(4), rows)
    this.acked = new Uint32Array(memory, column(4), rows)
    this.bytesInFlight = new Uint32Array(memory, column(4), rows)
    this.interface = new Uint16Array(memory, column(2), rows)
    this.stack = new Uint16Array(memory, column(2), rows)
    this.flags = new Uint16Array(memory, column(2), rows)
    this.window = new Uint16Array(memory, column(2), rows)
    this.labels = new Uint16Array(memory, column(2), rows)
    this.verdict = new Uint8Array(memory, column(1), rows)
    this.error = new Uint8Array(memory, column(1), rows)
    this.roundTrip = new Uint8Array(memory, column(1), rows)
  }
}

/** Every packet that was read of a capture, in file order. */
export class PacketTable {
  readonly chunks: PacketChunk[] = []
  /** Frames of the file in front of row 0: none, unless only a part of it is read. */
  before = 0
  #rows = 0
  #last: PacketChunk | undefined

  get rows(): number {
    return this.#rows
  }

  /** The chunk that takes the next row; write at `nextIndex` and then `commit()`. All its columns hold 0 there. */
  next(): PacketChunk {
    const last = this.#last
    if (last !== undefined && (this.#rows & CHUNK_MASK) !== 0) return last
    if (this.#rows >>> CHUNK_SHIFT === this.chunks.length) this.chunks.push(new PacketChunk(this.#rows))
    return (this.#last = this.chunks[this.#rows >>> CHUNK_SHIFT])
  }

  get nextIndex(): number {
    return this.#rows & CHUNK_MASK
  }

  /** Makes the row that was written at `nextIndex` part of the table. */
  commit(): void {
    this.#rows++
  }

  chunk(row: number): PacketChunk {
    return this.chunks[row >>> CHUNK_SHIFT]
  }

  /** The frame number of `row`, from 1, as Wireshark counts the frames of the file. */
  frame(row: number): number {
    return this.before + row + 1
  }

  /** The place of `row` within its chunk. */
  static index(row: number): number {
    return row & CHUNK_MASK
  }

  time(row: number): number {
    return this.chunks[row >>> CHUNK_SHIFT].time[row & CHUNK_MASK]
  }
}
