import type { ExchangeScope, LatencyCell, LatencyEvidence, LatencyMap, LatencyMeasure } from '../answers.ts'
import { CHUNK_ROWS } from '../columns/packet-table.ts'
import type { ExchangeSources, ExchangeTiming } from './exchange-timing.ts'
import { eachSample, isRoundTrip } from './latency-samples.ts'
import { bucketEdge, bucketOf, BUCKETS, BUCKETS_PER_DECADE, Sketch } from './sketch.ts'

/** A sketch a column: more than a screen has room for tells nothing. */
const MOST_COLUMNS = 1024
/** Cells high enough to be hit with the mouse; rows are whole buckets, so that they agree with the percentiles. */
const ROWS_PER_DECADE = 10
const MERGED = BUCKETS_PER_DECADE / ROWS_PER_DECADE
const ALL_ROWS = Math.ceil((BUCKETS - 1) / MERGED)

/** The row of a time: bucket 0, below a microsecond, is shown in the first. */
const rowOf = (ns: number): number => Math.floor(Math.max(0, bucketOf(ns) - 1) / MERGED)
const edgeOf = (row: number): number => (row === 0 ? 0 : bucketEdge(Math.min(BUCKETS, row * MERGED + 1)))

/** How the times of a measure are distributed in `columns` equal parts of [from, to). */
export function latencyMap(
  sources: ExchangeSources,
  timing: ExchangeTiming,
  measure: LatencyMeasure,
  from: number,
  to: number,
  columns: number,
  scope: ExchangeScope,
): LatencyMap {
  const width = Math.max(1, Math.min(MOST_COLUMNS, Math.floor(columns)))
  const end = to > from ? to : from + 1
  const sketches: (Sketch | undefined)[] = Array.from({ length: width }, () => undefined)
  const counts = new Float64Array(width * ALL_ROWS)
  const unanswered = new Float64Array(width * ALL_ROWS)
  let first = ALL_ROWS
  let last = -1
  eachSample(
    sources,
    timing,
    measure,
    { ...scope, ...within(scope, from, end) },
    {
      take(time, ns, isUnanswered) {
        const column = Math.min(width - 1, Math.floor(((time - from) / (end - from)) * width))
        const row = rowOf(ns)
        const sketch = (sketches[column] ??= new Sketch())
        if (isUnanswered) {
          sketch.addLongerThan(ns)
          unanswered[column * ALL_ROWS + row]++
        } else {
          sketch.add(ns)
          counts[column * ALL_ROWS + row]++
        }
        if (row < first) first = row
        if (row > last) last = row
      },
    },
  )
  const rows = Math.max(0, last - first + 1)
  const used = (cells: Float64Array): Float64Array => {
    const kept = new Float64Array(width * rows)
    for (let column = 0; column < width; column++) {
      kept.set(cells.subarray(column * ALL_ROWS + first, column * ALL_ROWS + first + rows), column * rows)
    }
    return kept
  }
  const quantile = (q: number): Float64Array => Float64Array.from(sketches, (sketch) => sketch?.quantile(q) ?? NaN)
  return {
    measure,
    from,
    to: end,
    columns: width,
    rows,
    edges: rows === 0 ? new Float64Array(0) : Float64Array.from({ length: rows + 1 }, (_, row) => edgeOf(first + row)),
    counts: used(counts),
    unanswered: used(unanswered),
    samples: Float64Array.from(sketches, (sketch) => sketch?.count ?? 0),
    p50: quantile(0.5),
    p90: quantile(0.9),
    p99: quantile(0.99),
    p99Beyond: Uint8Array.from(sketches, (sketch) => (sketch?.isBeyond(0.99) ? 1 : 0)),
  }
}

/** What is behind a cell, or several: `low` and `high` are edges of the map's rows. */
export function latencyEvidence(
  sources: ExchangeSources,
  timing: ExchangeTiming,
  { measure, from, to, low, high }: LatencyCell,
  scope: ExchangeScope,
): LatencyEvidence {
  const { packets, exchanges, roundTrips } = sources
  const rows = new Set<number>()
  const ids: number[] = []
  const ofPath = isRoundTrip(measure)
  eachSample(
    sources,
    timing,
    measure,
    { ...scope, ...within(scope, from, to) },
    {
      take(_time, ns, _unanswered, _failed, id) {
        if (ns < low || ns >= high) return
        if (ofPath) {
          rows.add(roundTrips.start(packets.chunk(id), id % CHUNK_ROWS)).add(id)
          return
        }
        ids.push(id)
        rows.add(exchanges.requestRow[id]).add(exchanges.requestEndRow[id])
        if (exchanges.responseRow[id] > 0) rows.add(exchanges.responseRow[id] - 1).add(exchanges.responseEndRow[id] - 1)
      },
    },
  )
  return { exchanges: Uint32Array.from(ids), rows: Uint32Array.from(rows).sort() }
}

/** The part of the scope's time that lies in [from, to). */
function within(
  { from, to }: ExchangeScope,
  begin: number,
  end: number,
): { readonly from: number; readonly to: number } {
  return { from: Math.max(begin, from ?? begin), to: Math.min(end, to ?? end) }
}
