import { CHUNK_ROWS, NO_CONVERSATION, type PacketTable } from '../columns/packet-table.ts'

/** For each packet the time of the one before in its conversation, for tcp.time_delta: made when first asked for, extended with the capture. */
export class StreamTimes {
  readonly #packets: PacketTable
  readonly #previous: Float64Array[] = []
  #rows = 0
  /** By conversation; NaN = none yet. */
  #last = new Float64Array(1024).fill(NaN)

  private constructor(packets: PacketTable) {
    this.#packets = packets
  }

  static readonly #of = new WeakMap<PacketTable, StreamTimes>()

  static of(packets: PacketTable): StreamTimes {
    let times = StreamTimes.#of.get(packets)
    if (!times) StreamTimes.#of.set(packets, (times = new StreamTimes(packets)))
    return times
  }

  /** The times for a chunk, up to the rows there are now; the packet's own time where it is the conversation's first. */
  previous(chunk: number): Float64Array {
    const { chunks, rows } = this.#packets
    for (; this.#rows < Math.min(rows, (chunk + 1) * CHUNK_ROWS); this.#rows++) {
      const number = Math.floor(this.#rows / CHUNK_ROWS)
      const i = this.#rows % CHUNK_ROWS
      if (i === 0) this.#previous.push(new Float64Array(CHUNK_ROWS))
      const time = chunks[number].time[i]
      const id = chunks[number].conversation[i]
      this.#previous[number][i] = time
      if (id === NO_CONVERSATION) continue
      if (id >= this.#last.length) this.#grow(id)
      const last = this.#last[id]
      // Anything but NaN equals itself.
      if (last === last) this.#previous[number][i] = last
      this.#last[id] = time
    }
    return this.#previous[chunk]
  }

  #grow(id: number): void {
    const last = new Float64Array(Math.max(id + 1, this.#last.length * 2)).fill(NaN)
    last.set(this.#last)
    this.#last = last
  }
}
