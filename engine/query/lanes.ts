import type { Lanes } from '../answers.ts'
import { CHUNK_ROWS, type PacketTable } from '../columns/packet-table.ts'
import type { ChunkTimes } from './chunk-times.ts'
import type { LaneIndex, LaneSources } from './lane-index.ts'
import { LaneTable } from './lane-table.ts'

/** More buckets than a screen has pixels tell nothing. */
export const MOST_BUCKETS = 4096

/**
 * Traffic, trouble and round-trip times in `buckets` equal parts of the time [from, to), over all packets or over `rows` (ascending).
 * One pass over the columns, some 10 ns a packet; with an index of the whole capture only over the packets in those of its
 * spans that a bucket's edge divides. The answer is the same.
 */
export function lanes(
  sources: LaneSources,
  rows: Uint32Array | undefined,
  from: number,
  to: number,
  buckets: number,
  index?: LaneIndex,
): Lanes {
  const n = Math.max(1, Math.min(MOST_BUCKETS, Math.floor(buckets)))
  const end = to > from ? to : from + 1
  const gather = new Gather(sources, from, end, n)
  if (rows) gather.addRows(rows)
  else if (index) gather.addIndexed(index)
  else gather.addAll()
  return gather.table.lanes(from, end)
}

class Gather {
  readonly table: LaneTable
  readonly #packets: PacketTable
  readonly #from: number
  readonly #to: number
  readonly #perNs: number

  constructor({ packets, roundTrips }: LaneSources, from: number, to: number, buckets: number) {
    this.table = new LaneTable(buckets, roundTrips)
    this.#packets = packets
    this.#from = from
    this.#to = to
    this.#perNs = buckets / (to - from)
  }

  /** The bucket of a time in [from, to). */
  #bucket(time: number): number {
    const bucket = Math.floor((time - this.#from) * this.#perNs)
    return bucket < this.table.slots ? bucket : this.table.slots - 1
  }

  addRows(rows: Uint32Array): void {
    for (const row of rows) {
      const chunk = this.#packets.chunk(row)
      const i = row % CHUNK_ROWS
      const time = chunk.time[i]
      if (time >= this.#from && time < this.#to) this.table.add(chunk, i, i + 1, this.#bucket(time))
    }
  }

  addAll(times?: ChunkTimes): void {
    const { chunks, rows } = this.#packets
    for (const [number, chunk] of chunks.entries()) {
      if (times && !times.touches(number, this.#from, this.#to)) continue
      const end = Math.min(CHUNK_ROWS, rows - number * CHUNK_ROWS)
      this.table.addTimes(chunk, end, this.#from, this.#to, this.#perNs)
    }
  }

  addIndexed(index: LaneIndex): void {
    index.advance()
    const { width, first, last, table } = index
    const start = Math.max(first, Math.floor(this.#from / width))
    const end = Math.min(last, Math.floor((Math.ceil(this.#to) - 1) / width))
    // 1 for the spans that lie in more than one bucket, or only in part within [from, to).
    const divided = new Uint8Array(table.slots)
    let all = 0
    let left = 0
    for (let span = start; span <= end; span++) {
      const begin = span * width
      const final = begin + width - 1
      const count = table.packets[span - first]
      all += count
      if (begin >= this.#from && final < this.#to && this.#bucket(begin) === this.#bucket(final)) continue
      divided[span - first] = 1
      left += count
    }
    // With hardly a span left whole, it is quicker to count everything.
    if (left * 2 > all) return this.addAll(index.times)
    for (let span = start; span <= end; span++) {
      if (divided[span - first] === 0) this.table.addSlot(table, span - first, this.#bucket(span * width))
    }
    if (left > 0) this.#addDivided(index, divided)
  }

  #addDivided({ width, first, times }: LaneIndex, divided: Uint8Array): void {
    const { chunks, rows } = this.#packets
    for (const [number, chunk] of chunks.entries()) {
      if (!times.touches(number, this.#from, this.#to)) continue
      const [earliest, latest] = times.of(number)
      const spans = divided.subarray(Math.floor(earliest / width) - first, Math.floor(latest / width) - first + 1)
      if (!spans.includes(1)) continue
      const end = Math.min(CHUNK_ROWS, rows - number * CHUNK_ROWS)
      const { time } = chunk
      for (let i = 0; i < end;) {
        const at = time[i]
        const span = Math.floor(at / width)
        const begin = span * width
        const from = i++
        if (divided[span - first] === 0) {
          while (i < end && time[i] >= begin && time[i] < begin + width) i++
        } else if (at >= this.#from && at < this.#to) {
          this.table.add(chunk, from, i, this.#bucket(at))
        }
      }
    }
  }
}
