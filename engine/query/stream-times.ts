import { CHUNK_ROWS, NO_CONVERSATION, type PacketChunk, type PacketTable } from '../columns/packet-table.ts'

/** For each packet the time of the one before in its conversation, for tcp.time_delta: made when first asked for, extended with the capture. */
export class StreamTimes {
  readonly #packets: PacketTable
  readonly #previous: Float64Array[] = []
  #rows = 0
  /** By conversation; NaN = none yet. */
  #last: Float64Array = new Float64Array(1024).fill(NaN)

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
    const wanted = Math.min(rows, (chunk + 1) * CHUNK_ROWS)
    while (this.#rows < wanted) {
      const number = Math.floor(this.#rows / CHUNK_ROWS)
      const end = Math.min(CHUNK_ROWS, rows - number * CHUNK_ROWS)
      this.#extend(
        chunks[number],
        (this.#previous[number] ??= new Float64Array(CHUNK_ROWS)),
        this.#rows % CHUNK_ROWS,
        end,
      )
      this.#rows = number * CHUNK_ROWS + end
    }
    return this.#previous[chunk]
  }

  #extend({ conversation, time }: PacketChunk, previous: Float64Array, from: number, to: number): void {
    let last = this.#last
    for (let i = from; i < to; i++) {
      const now = time[i]
      const id = conversation[i]
      previous[i] = now
      if (id === NO_CONVERSATION) continue
      if (id >= last.length) last = this.#grow(id)
      const before = last[id]
      // Anything but NaN equals itself.
      if (before === before) previous[i] = before
      last[id] = now
    }
  }

  #grow(id: number): Float64Array {
    const last = new Float64Array(Math.max(id + 1, this.#last.length * 2)).fill(NaN)
    last.set(this.#last)
    return (this.#last = last)
  }
}
