import type { Lanes } from '../answers.ts'
import { CHUNK_ROWS, FLAG, type PacketChunk, type PacketTable } from '../columns/packet-table.ts'
import { LABEL } from '../tcp/labels.ts'
import { VERDICT } from '../tcp/verdicts.ts'
import { BUCKETS, bucketOf, bucketValue, quantileBucket } from './sketch.ts'

/** More buckets than a screen has pixels tell nothing. */
const MOST_BUCKETS = 4096

/**
 * Traffic, trouble and round-trip times in `buckets` equal parts of the time [from, to), over all packets or over `rows` (ascending).
 * One pass over the columns: some 10 ns a packet.
 *
 * Packets that only repeat what was seen (captured twice, reordered) are not counted as retransmissions, whatever their label says.
 */
export function lanes(
  packets: PacketTable,
  rows: Uint32Array | undefined,
  from: number,
  to: number,
  buckets: number,
): Lanes {
  const n = Math.max(1, Math.min(MOST_BUCKETS, Math.floor(buckets)))
  const gather = new Gather(packets, from, to > from ? to : from + 1, n)
  if (rows) for (const row of rows) gather.add(packets.chunk(row), row % CHUNK_ROWS)
  else {
    for (const [number, chunk] of packets.chunks.entries()) {
      const end = Math.min(CHUNK_ROWS, packets.rows - number * CHUNK_ROWS)
      for (let i = 0; i < end; i++) gather.add(chunk, i)
    }
  }
  return gather.lanes()
}

class Gather {
  readonly #packets: PacketTable
  readonly #from: number
  readonly #to: number
  readonly #buckets: number
  readonly #perNs: number
  readonly #counts: Uint32Array
  readonly #lanes: Lanes

  constructor(packets: PacketTable, from: number, to: number, buckets: number) {
    this.#packets = packets
    this.#from = from
    this.#to = to
    this.#buckets = buckets
    this.#perNs = buckets / (to - from)
    this.#counts = new Uint32Array(buckets * BUCKETS)
    const lane = () => new Float64Array(buckets)
    const empty = () => new Float64Array(buckets).fill(NaN)
    this.#lanes = {
      from,
      to,
      buckets,
      packets: lane(),
      bytes: lane(),
      retransmissions: lane(),
      resets: lane(),
      outOfOrder: lane(),
      zeroWindows: lane(),
      lost: lane(),
      duplicateAcks: lane(),
      rttSamples: lane(),
      rttP50: empty(),
      rttP90: empty(),
      rttP99: empty(),
      rttMax: empty(),
    }
  }

  add(chunk: PacketChunk, i: number): void {
    const time = chunk.time[i]
    if (time < this.#from || time >= this.#to) return
    const lanes = this.#lanes
    let bucket = Math.floor((time - this.#from) * this.#perNs)
    if (bucket >= this.#buckets) bucket = this.#buckets - 1
    lanes.packets[bucket]++
    lanes.bytes[bucket] += chunk.length[i]
    if ((chunk.flags[i] & (FLAG.tcp | FLAG.rst)) === (FLAG.tcp | FLAG.rst)) lanes.resets[bucket]++
    const labels = chunk.labels[i]
    if (labels !== 0) {
      const verdict = chunk.verdict[i]
      if (verdict === VERDICT.reordered || labels & LABEL.out_of_order) lanes.outOfOrder[bucket]++
      else if (labels & LABEL.retransmission && verdict !== VERDICT.copy) lanes.retransmissions[bucket]++
      if (labels & LABEL.zero_window) lanes.zeroWindows[bucket]++
      if (labels & LABEL.lost_segment) lanes.lost[bucket]++
      if (labels & LABEL.duplicate_ack) lanes.duplicateAcks[bucket]++
    }
    const acked = chunk.acked[i]
    if (acked === 0) return
    const rtt = time - this.#packets.time(acked - 1)
    if (rtt <= 0) return
    this.#counts[bucket * BUCKETS + bucketOf(rtt)]++
    lanes.rttSamples[bucket]++
    if (!(lanes.rttMax[bucket] >= rtt)) lanes.rttMax[bucket] = rtt
  }

  lanes(): Lanes {
    const lanes = this.#lanes
    for (let bucket = 0; bucket < this.#buckets; bucket++) {
      const total = lanes.rttSamples[bucket]
      if (total === 0) continue
      const max = lanes.rttMax[bucket]
      const quantile = (q: number) =>
        Math.min(max, bucketValue(quantileBucket(this.#counts, bucket * BUCKETS, total, q)))
      lanes.rttP50[bucket] = quantile(0.5)
      lanes.rttP90[bucket] = quantile(0.9)
      lanes.rttP99[bucket] = quantile(0.99)
    }
    return lanes
  }
}
