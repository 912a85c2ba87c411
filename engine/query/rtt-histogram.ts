import type { Histogram } from '../answers.ts'
import { CHUNK_ROWS } from '../columns/packet-table.ts'
import type { LaneSources } from './lane-index.ts'
import { bucketEdge, bucketOf, BUCKETS, BUCKETS_PER_DECADE } from './sketch.ts'

/** A person reads ten bars a decade; sixty are for percentiles. */
const BARS_PER_DECADE = 10
const MERGED = BUCKETS_PER_DECADE / BARS_PER_DECADE

/**
 * How the round trips that `rows` ended (all packets without) are distributed: ten buckets a decade, decades on their edges, from the
 * first that holds any to the last. Sums of the buckets that percentiles come from, so both agree.
 */
export function rttHistogram({ packets, roundTrips }: LaneSources, rows: Uint32Array | undefined): Histogram {
  const counts = new Float64Array(Math.ceil(BUCKETS / MERGED))
  const count = rows?.length ?? packets.rows
  for (let n = 0; n < count; n++) {
    const row = rows ? rows[n] : n
    const rtt = roundTrips.time(packets.chunk(row), row % CHUNK_ROWS)
    // Bucket 0 is what is below 1 µs; it is shown as the first bar.
    if (rtt > 0) counts[Math.floor(Math.max(0, bucketOf(rtt) - 1) / MERGED)]++
  }
  let first = 0
  let last = counts.length
  while (first < last && counts[first] === 0) first++
  while (last > first && counts[last - 1] === 0) last--
  const edges = Float64Array.from({ length: last > first ? last - first + 1 : 0 }, (_, i) =>
    bucketEdge(Math.min(BUCKETS - 1, (first + i) * MERGED + 1)),
  )
  return { edges, counts: counts.slice(first, last) }
}
