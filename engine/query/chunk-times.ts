import { CHUNK_ROWS, type PacketTable } from '../columns/packet-table.ts'

/** Earliest and latest time of each chunk, to pass over those that a time range does not touch. */
export class ChunkTimes {
  readonly #packets: PacketTable
  readonly #first: number[] = []
  readonly #last: number[] = []
  #rows = 0

  constructor(packets: PacketTable) {
    this.#packets = packets
  }

  /** Whether any packet of the chunk may lie in [from, to). */
  touches(chunk: number, from: number, to: number): boolean {
    this.#extend()
    return this.#first[chunk] < to && this.#last[chunk] >= from
  }

  /** Whether all packets of the chunk lie in [from, to). */
  within(chunk: number, from: number, to: number): boolean {
    this.#extend()
    return this.#first[chunk] >= from && this.#last[chunk] < to
  }

  /** Earliest and latest time. */
  of(chunk: number): readonly [earliest: number, latest: number] {
    this.#extend()
    return [this.#first[chunk], this.#last[chunk]]
  }

  #extend(): void {
    const { chunks, rows } = this.#packets
    while (this.#rows < rows) {
      const number = Math.floor(this.#rows / CHUNK_ROWS)
      const { time } = chunks[number]
      const end = Math.min(CHUNK_ROWS, rows - number * CHUNK_ROWS)
      let first = this.#first[number] ?? Infinity
      let last = this.#last[number] ?? -Infinity
      for (let i = this.#rows % CHUNK_ROWS; i < end; i++) {
        if (time[i] < first) first = time[i]
        if (time[i] > last) last = time[i]
      }
      this.#first[number] = first
      this.#last[number] = last
      this.#rows = number * CHUNK_ROWS + end
    }
  }
}
