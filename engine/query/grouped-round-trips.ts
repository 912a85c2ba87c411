import type { PairHalf } from '../answers.ts'
import { CHUNK_ROWS, type PacketChunk } from '../columns/packet-table.ts'
import type { LaneSources } from './lane-index.ts'
import { bucketOf, BUCKETS, bucketValue, quantileBucket } from './sketch.ts'

/** By group; nanoseconds, NaN where the group has no sample. */
export interface GroupedRoundTrips {
  readonly count: Uint32Array
  readonly p50: Float64Array
  readonly p90: Float64Array
  readonly p99: Float64Array
  readonly max: Float64Array
}

/**
 * Percentiles of the round trips that `rows` (ascending; all packets without) ended, apart by the group that `groupOf` gives for the packet
 * at place `i` of its chunk: below `groups`, -1 = none. Two passes over the columns, some nanoseconds a packet; two bytes a sample meanwhile.
 */
export function groupedRoundTrips(
  { packets, roundTrips }: LaneSources,
  rows: Uint32Array | undefined,
  groups: number,
  groupOf: (chunk: PacketChunk, i: number) => number,
): GroupedRoundTrips {
  const total = rows?.length ?? packets.rows
  const each = (take: (group: number, ns: number) => void): void => {
    for (let n = 0; n < total; n++) {
      const row = rows ? rows[n] : n
      const chunk = packets.chunk(row)
      const i = row % CHUNK_ROWS
      if (chunk.roundTrip[i] === 0) continue
      const group = groupOf(chunk, i)
      const ns = group < 0 ? 0 : roundTrips.time(chunk, i)
      if (ns > 0) take(group, ns)
    }
  }
  const count = new Uint32Array(groups)
  const max = new Float64Array(groups).fill(NaN)
  let samples = 0
  each((group, ns) => {
    count[group]++
    samples++
    if (!(max[group] >= ns)) max[group] = ns
  })
  // Buckets of the samples, those of a group side by side.
  const place = new Uint32Array(groups)
  for (let group = 1; group < groups; group++) place[group] = place[group - 1] + count[group - 1]
  const buckets = new Uint16Array(samples)
  each((group, ns) => (buckets[place[group]++] = bucketOf(ns)))

  const percentiles = [0.5, 0.9, 0.99].map((q) => ({ q, values: new Float64Array(groups).fill(NaN) }))
  const counts = new Uint32Array(BUCKETS)
  for (let group = 0; group < groups; group++) {
    if (count[group] === 0) continue
    const own = buckets.subarray(place[group] - count[group], place[group])
    for (const bucket of own) counts[bucket]++
    for (const { q, values } of percentiles) {
      values[group] = Math.min(max[group], bucketValue(quantileBucket(counts, 0, count[group], q)))
    }
    for (const bucket of own) counts[bucket] = 0
  }
  const [p50, p90, p99] = percentiles.map(({ values }) => values)
  return { count, p50, p90, p99, max }
}

/** Those of one group; undefined where it has none. */
export function halfOf({ count, p50, p90, p99, max }: GroupedRoundTrips, group: number): PairHalf | undefined {
  if (count[group] === 0) return undefined
  return { count: count[group], p50Ns: p50[group], p90Ns: p90[group], p99Ns: p99[group], maxNs: max[group] }
}
