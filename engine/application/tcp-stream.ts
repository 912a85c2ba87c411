import type { Side, StreamDecoder } from './stream-decoder.ts'

/** Bytes of one direction that may wait for those before them, and of all connections together. */
const MOST_WAITING = 256 * 1024
const MOST_WAITING_IN_ALL = 64 * 1024 * 1024
const MOST_SEGMENTS_WAITING = 1024
/** A jump of the sequence number beyond every window (RFC 7323: 1 GiB): not the same stream any more. */
const JUMP = 2 ** 30

/** What all streams share: how many bytes wait in them. */
export class WaitingBudget {
  bytes = 0
}

interface WaitingSegment {
  readonly seq: number
  /** Captured bytes; `length` counts those that were cut as well. */
  readonly bytes: Uint8Array
  readonly length: number
  readonly row: number
  readonly time: number
}

interface Direction {
  readonly side: Side
  known: boolean
  /** Sequence number of the next byte in order, as a signed 32-bit number. */
  next: number
  /** Ascending by `seq`. */
  readonly waiting: WaitingSegment[]
  waitingBytes: number
  /** Up to where the other end has acknowledged; undefined before it did. */
  acked: number | undefined
  /** Sequence number of the FIN, once it was seen. */
  fin: number | undefined
}

/**
 * Hands a decoder the bytes of one TCP connection: each once and in order, whatever was sent again, overtaken or captured twice.
 * A hole becomes a gap as soon as the receiver has acknowledged what is missing (so nobody will send it again), too much waits
 * behind it, or the connection ends.
 */
export class TcpStream {
  readonly conversation: number
  readonly #decoder: StreamDecoder
  readonly #budget: WaitingBudget
  readonly #directions: readonly [Direction, Direction]
  /** The connection was told to have ended. */
  ended = false

  /** Directions: 0 = from the conversation's end A. */
  constructor(conversation: number, decoder: StreamDecoder, clientDirection: number, budget: WaitingBudget) {
    this.conversation = conversation
    this.#decoder = decoder
    this.#budget = budget
    const direction = (side: Side): Direction => ({
      side,
      known: false,
      next: 0,
      waiting: [],
      waitingBytes: 0,
      acked: undefined,
      fin: undefined,
    })
    this.#directions = [
      direction(clientDirection === 0 ? 'client' : 'server'),
      direction(clientDirection === 0 ? 'server' : 'client'),
    ]
  }

  /** Nothing more is to be fed. */
  get over(): boolean {
    return this.ended || this.#decoder.done === true
  }

  /** The direction's first byte is at `seq`. `missing` bytes before it were not captured, NaN if nobody knows how many. */
  start(direction: number, seq: number, missing: number, row: number, time: number): void {
    const d = this.#directions[direction]
    d.known = true
    d.next = seq | 0
    if (missing !== 0) this.#decoder.gap(d.side, missing, row, time)
  }

  /** The other end has everything before `ack`: what is missing of it will not be sent again. */
  acknowledged(direction: number, ack: number, row: number, time: number): void {
    const d = this.#directions[direction]
    if (d.acked === undefined || ((ack - d.acked) | 0) > 0) d.acked = ack | 0
    this.#skipAcked(d, row, time)
  }

  /** `length` bytes were sent from `seq` on; of them bytes[from, to) were captured. */
  payload(
    direction: number,
    seq: number,
    length: number,
    bytes: Uint8Array,
    from: number,
    to: number,
    row: number,
    time: number,
  ): void {
    const d = this.#directions[direction]
    if (!d.known) this.start(direction, seq, NaN, row, time)
    const ahead = (seq - d.next) | 0
    if (ahead >= JUMP || ahead <= -JUMP) {
      this.flush(direction, row, time)
      this.start(direction, seq, NaN, row, time)
    } else if (ahead > 0) {
      this.#wait(d, seq | 0, length, bytes.slice(from, to), row, time)
      return
    }
    this.#deliver(d, seq | 0, length, bytes, from, to, row, time)
    if (d.waiting.length > 0) this.#deliverWaiting(d)
  }

  /** The direction ends before `seq`. */
  fin(direction: number, seq: number, row: number, time: number): void {
    this.#directions[direction].fin = seq | 0
    this.checkEnd(row, time)
  }

  /** Tells the end once both directions were fed up to their FINs. */
  checkEnd(row: number, time: number): void {
    const [a, b] = this.#directions
    if (a.fin === undefined || b.fin === undefined) return
    if ((a.known && ((a.fin - a.next) | 0) > 0) || (b.known && ((b.fin - b.next) | 0) > 0)) return
    this.end(false, row, time)
  }

  end(reset: boolean, row: number, time: number): void {
    this.flush(0, row, time)
    this.flush(1, row, time)
    this.ended = true
    this.#decoder.end(reset, row, time)
  }

  /** Hands on all that waits; what is missing before it is told as gaps. */
  flush(direction: number, row: number, time: number): void {
    const d = this.#directions[direction]
    while (d.waiting.length > 0) this.#skipHole(d, row, time)
  }

  /** Forgets what waits. */
  release(): void {
    for (const d of this.#directions) {
      this.#budget.bytes -= d.waitingBytes
      d.waitingBytes = 0
      d.waiting.length = 0
    }
  }

  #wait(d: Direction, seq: number, length: number, bytes: Uint8Array, row: number, time: number): void {
    const { waiting } = d
    const budget = this.#budget
    while (
      waiting.length > 0 &&
      (waiting.length >= MOST_SEGMENTS_WAITING ||
        d.waitingBytes + bytes.length > MOST_WAITING ||
        budget.bytes + bytes.length > MOST_WAITING_IN_ALL)
    ) {
      this.#skipHole(d, row, time)
    }
    if (((seq - d.next) | 0) <= 0) {
      this.#deliver(d, seq, length, bytes, 0, bytes.length, row, time)
      this.#deliverWaiting(d)
      return
    }
    let at = waiting.length
    while (at > 0 && ((seq - waiting[at - 1].seq) | 0) < 0) at--
    const before = at > 0 ? waiting[at - 1] : undefined
    // The same segment sent or captured again: it waits already.
    if (before && before.seq === seq && before.length >= length) return
    waiting.splice(at, 0, { seq, bytes, length, row, time })
    d.waitingBytes += bytes.length
    budget.bytes += bytes.length
    this.#skipAcked(d, row, time)
  }

  #skipAcked(d: Direction, row: number, time: number): void {
    if (d.acked === undefined) return
    while (d.waiting.length > 0 && ((d.acked - d.waiting[0].seq) | 0) >= 0) this.#skipHole(d, row, time)
  }

  /** Gives up what is missing before the first waiting segment. */
  #skipHole(d: Direction, row: number, time: number): void {
    const missing = (d.waiting[0].seq - d.next) | 0
    if (missing > 0) {
      d.next = d.waiting[0].seq
      this.#decoder.gap(d.side, missing, row, time)
    }
    this.#deliverWaiting(d)
  }

  #deliverWaiting(d: Direction): void {
    let count = 0
    for (const segment of d.waiting) {
      if (((segment.seq - d.next) | 0) > 0) break
      count++
      d.waitingBytes -= segment.bytes.length
      this.#budget.bytes -= segment.bytes.length
      this.#deliver(d, segment.seq, segment.length, segment.bytes, 0, segment.bytes.length, segment.row, segment.time)
    }
    if (count > 0) d.waiting.splice(0, count)
  }

  /** Hands on what is new of a segment that begins at or before the next byte. */
  #deliver(
    d: Direction,
    seq: number,
    length: number,
    bytes: Uint8Array,
    from: number,
    to: number,
    row: number,
    time: number,
  ): void {
    const seen = (d.next - seq) | 0
    if (seen >= length) return
    d.next = (seq + length) | 0
    const start = from + seen
    if (start < to) this.#decoder.data(d.side, bytes, start, to, row, time)
    const cut = length - Math.max(seen, to - from)
    if (cut > 0) this.#decoder.gap(d.side, cut, row, time)
  }
}
