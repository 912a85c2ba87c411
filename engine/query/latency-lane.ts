import type { ExchangeScope, LatencyLane, LatencyMeasure } from '../answers.ts'
import type { ExchangeSources, ExchangeTiming } from './exchange-timing.ts'
import { MOST_BUCKETS } from './lanes.ts'
import { eachSample } from './latency-samples.ts'
import { Sketch } from './sketch.ts'

/** How long a measure took in `buckets` equal parts of [from, to), as the lanes divide it. */
export function latencyLane(
  sources: ExchangeSources,
  timing: ExchangeTiming,
  measure: LatencyMeasure,
  from: number,
  to: number,
  buckets: number,
  scope: ExchangeScope,
): LatencyLane {
  const width = Math.max(1, Math.min(MOST_BUCKETS, Math.floor(buckets)))
  const end = to > from ? to : from + 1
  const sketches: (Sketch | undefined)[] = Array.from({ length: width }, () => undefined)
  let delayedAcks = 0
  let withData = 0
  eachSample(
    sources,
    timing,
    measure,
    { ...scope, from, to: end },
    {
      take(time, ns, isUnanswered) {
        const bucket = Math.min(width - 1, Math.floor((time - from) * (width / (end - from))))
        const sketch = (sketches[bucket] ??= new Sketch())
        if (isUnanswered) sketch.addLongerThan(ns)
        else sketch.add(ns)
      },
      leftOut(isWithData) {
        if (isWithData) withData++
        else delayedAcks++
      },
    },
  )
  const each = (value: (sketch: Sketch) => number): Float64Array =>
    Float64Array.from(sketches, (sketch) => (sketch ? value(sketch) : NaN))
  return {
    samples: Float64Array.from(sketches, (sketch) => sketch?.count ?? 0),
    p50: each((sketch) => sketch.quantile(0.5)),
    p90: each((sketch) => sketch.quantile(0.9)),
    p99: each((sketch) => sketch.quantile(0.99)),
    // Of what was never answered only is known how long was waited.
    max: each((sketch) => (Number.isNaN(sketch.max) ? sketch.quantile(1) : sketch.max)),
    p99Beyond: Uint8Array.from(sketches, (sketch) => (sketch?.isBeyond(0.99) ? 1 : 0)),
    delayedAcks,
    withData,
  }
}
