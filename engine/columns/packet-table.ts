import type { Kernel } from '../kernel.ts'
import { COUNT, TABLE, TOTAL } from '../kernel-tables.ts'
import { CHUNK_BYTES, CHUNK_ROWS, COLUMN } from './packet-columns.ts'

export { CHUNK_ROWS, FLAG, NO_CONVERSATION, NO_INTERFACE, TCP_FLAGS_MASK } from './packet-columns.ts'

const CHUNK_SHIFT = 16
const CHUNK_MASK = CHUNK_ROWS - 1

/**
 * 65,536 packets as columns; 65 bytes a packet. Times are nanoseconds since the capture's epoch (exact up to 104 days).
 * Where a column does not apply to the packet it holds 0. A chunk is immutable once full, so views may keep references into it.
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
  /** Of a UDP datagram a digest of its payload, 0 = it was cut: see kernel/decode/datagram-digest.ts. */
  readonly seq: Uint32Array
  /** Of a UDP datagram its IP identification and, in the lower half, the first two bytes of its payload. */
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
  /** Hopscope's verdict, see tcp/verdict-codes.ts; 0 = none. */
  readonly verdict: Uint8Array
  /** Why decoding stopped early, see decode/packet-codes.ts; 0 = it did not. */
  readonly error: Uint8Array
  /** Which round trips the packet ends, see ROUND_TRIP in tcp/round-trips.ts; 0 = none that can be trusted. */
  readonly roundTrip: Uint8Array
  /** Index into the dictionary of heads; 0 = none, or none are kept. */
  readonly head: Uint16Array
  /** Identification in the IPv4 header (RFC 791), where the packet has a head. */
  readonly ipId: Uint16Array
  /** The row of place 0. */
  readonly first: number

  /** Over CHUNK_BYTES of the memory, from `at` on. */
  constructor(first: number, memory: ArrayBufferLike = new ArrayBuffer(CHUNK_BYTES), at = 0) {
    const rows = CHUNK_ROWS
    this.first = first
    this.offset = new Float64Array(memory, at + COLUMN.offset, rows)
    this.time = new Float64Array(memory, at + COLUMN.time, rows)
    this.capturedLength = new Uint32Array(memory, at + COLUMN.capturedLength, rows)
    this.length = new Uint32Array(memory, at + COLUMN.length, rows)
    this.conversation = new Uint32Array(memory, at + COLUMN.conversation, rows)
    this.seq = new Uint32Array(memory, at + COLUMN.seq, rows)
    this.ack = new Uint32Array(memory, at + COLUMN.ack, rows)
    this.payloadLength = new Uint32Array(memory, at + COLUMN.payloadLength, rows)
    this.acked = new Uint32Array(memory, at + COLUMN.acked, rows)
    this.bytesInFlight = new Uint32Array(memory, at + COLUMN.bytesInFlight, rows)
    this.interface = new Uint16Array(memory, at + COLUMN.interface, rows)
    this.stack = new Uint16Array(memory, at + COLUMN.stack, rows)
    this.flags = new Uint16Array(memory, at + COLUMN.flags, rows)
    this.window = new Uint16Array(memory, at + COLUMN.window, rows)
    this.labels = new Uint16Array(memory, at + COLUMN.labels, rows)
    this.verdict = new Uint8Array(memory, at + COLUMN.verdict, rows)
    this.error = new Uint8Array(memory, at + COLUMN.error, rows)
    this.roundTrip = new Uint8Array(memory, at + COLUMN.roundTrip, rows)
    this.head = new Uint16Array(memory, at + COLUMN.head, rows)
    this.ipId = new Uint16Array(memory, at + COLUMN.ipId, rows)
  }
}

/** Every packet that was read of a capture, in file order. */
export class PacketTable {
  /** Frames of the file in front of row 0: none, unless only a part of it is read. */
  before = 0
  readonly #kernel: Kernel
  readonly #counts: Int32Array
  readonly #totals: Float64Array
  readonly #chunks: PacketChunk[] = []

  constructor(kernel: Kernel) {
    this.#kernel = kernel
    this.#counts = kernel.words(TABLE.counts)
    this.#totals = kernel.doubles(TABLE.totals)
  }

  get rows(): number {
    return this.#counts[COUNT.rows]
  }

  /** How many packets with payload the snap length cut, and the row of the first; -1 = none. */
  get cutPayloads(): number {
    return this.#counts[COUNT.cutPayloads]
  }
  get firstCutPayload(): number {
    return this.cutPayloads === 0 ? -1 : this.#counts[COUNT.firstCutPayload]
  }

  /** Bytes on the wire of the longest frame. */
  get longestFrame(): number {
    return this.#counts[COUNT.longestFrame] >>> 0
  }

  /** Nanoseconds by which a packet's time is earlier than that of one before it, at most. */
  get mostBack(): number {
    return this.#totals[TOTAL.mostBack]
  }

  /** Those that have rows; the last may still take more. */
  get chunks(): readonly PacketChunk[] {
    const { rows } = this
    if (rows > this.#chunks.length * CHUNK_ROWS) this.chunk(rows - 1)
    return this.#chunks
  }

  chunk(row: number): PacketChunk {
    return this.#chunks[row >>> CHUNK_SHIFT] ?? this.#look(row >>> CHUNK_SHIFT)
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
    return this.chunk(row).time[row & CHUNK_MASK]
  }

  #look(number: number): PacketChunk {
    const addresses = this.#kernel.unsigned(TABLE.chunks)
    const { buffer } = this.#kernel.memory
    for (let i = this.#chunks.length; i <= number; i++) {
      this.#chunks.push(new PacketChunk(i * CHUNK_ROWS, buffer, addresses[i]))
    }
    return this.#chunks[number]
  }
}
