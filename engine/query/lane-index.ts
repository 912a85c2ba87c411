import { CHUNK_ROWS, type PacketTable } from '../columns/packet-table.ts'
import type { RoundTrips } from '../tcp/round-trips.ts'
import { ChunkTimes } from './chunk-times.ts'
import { LaneTable } from './lane-table.ts'

export interface LaneSources {
  readonly packets: PacketTable
  readonly roundTrips: RoundTrips
}

/** Base spans; 9.4 MB with their round-trip times. */
const SLOTS = 4096
const FIRST_WIDTH = 100_000

/**
 * The lanes of a whole capture, counted once as it grows: SLOTS spans of 1 or 2 times a power of ten nanoseconds, aligned with time 0,
 * so that the steps a time axis is divided by are multiples of them. When the capture grows out of them, two or five become one.
 * Times are whole nanoseconds.
 */
export class LaneIndex {
  readonly #packets: PacketTable
  readonly #roundTrips: RoundTrips
  readonly times: ChunkTimes
  #rows = 0
  #table: LaneTable
  /** Nanoseconds a span. */
  #width = FIRST_WIDTH
  /** The span that slot 0 is, counted from time 0. */
  #first = 0
  #last = -1

  constructor({ packets, roundTrips }: LaneSources) {
    this.#packets = packets
    this.#roundTrips = roundTrips
    this.#table = new LaneTable(SLOTS, roundTrips)
    this.times = new ChunkTimes(packets)
  }

  get width(): number {
    return this.#width
  }
  get table(): LaneTable {
    return this.#table
  }
  /** The spans in use, counted from time 0: from `first` to `last`, both included. */
  get first(): number {
    return this.#first
  }
  get last(): number {
    return this.#last
  }

  /** Counts the packets that have come since; some 10 ns each. */
  advance(): void {
    const { chunks, rows } = this.#packets
    if (this.#rows < rows) this.#makeRoom()
    while (this.#rows < rows) {
      const number = Math.floor(this.#rows / CHUNK_ROWS)
      const end = Math.min(CHUNK_ROWS, rows - number * CHUNK_ROWS)
      const chunk = chunks[number]
      const { time } = chunk
      for (let i = this.#rows % CHUNK_ROWS; i < end;) {
        let span = Math.floor(time[i] / this.#width)
        if (span > this.#last || span < this.#first) span = this.#reach(time[i])
        const begin = span * this.#width
        const next = begin + this.#width
        const from = i++
        while (i < end && time[i] >= begin && time[i] < next) i++
        this.#table.add(chunk, from, i, span - this.#first)
      }
      this.#rows = number * CHUNK_ROWS + end
    }
  }

  /** For all that has come at once: growing step by step copies the table each time. */
  #makeRoom(): void {
    for (let number = Math.floor(this.#rows / CHUNK_ROWS); number < this.#packets.chunks.length; number++) {
      for (const time of this.times.of(number)) this.#reach(time)
    }
  }

  /** Makes room for the time; the span that it lies in then. */
  #reach(time: number): number {
    if (!Number.isFinite(time)) return this.#first
    if (this.#last < this.#first) {
      const span = Math.floor(time / this.#width)
      this.#first = this.#last = span
      return span
    }
    let width = this.#width
    const earliest = Math.min(this.#first * this.#width, time)
    const latest = Math.max(this.#last * this.#width, time)
    while (Math.floor(latest / width) - Math.floor(earliest / width) >= SLOTS) width *= startsWithOne(width) ? 2 : 5
    const first = Math.floor(earliest / width)
    if (width !== this.#width || first !== this.#first) this.#move(width, first)
    this.#last = Math.floor(latest / width)
    return Math.floor(time / width)
  }

  #move(width: number, first: number): void {
    const table = new LaneTable(SLOTS, this.#roundTrips)
    const factor = width / this.#width
    for (let span = this.#first; span <= this.#last; span++) {
      table.addSlot(this.#table, span - this.#first, Math.floor(span / factor) - first)
    }
    this.#table = table
    this.#width = width
    this.#first = first
  }
}

/** 100 or 1000 rather than 200 or 2000. */
function startsWithOne(width: number): boolean {
  let rest = width
  while (rest % 10 === 0) rest /= 10
  return rest === 1
}
