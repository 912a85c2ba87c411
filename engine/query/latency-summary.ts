import type { ExchangeScope, LatencyMeasure, LatencySummary, Percentile } from '../answers.ts'
import type { ExchangeSources, ExchangeTiming } from './exchange-timing.ts'
import { eachSample, measuresOf } from './latency-samples.ts'
import { Sketch } from './sketch.ts'

/** Percentiles of each measure that has samples in the scope. */
export function latencySummaries(
  sources: ExchangeSources,
  timing: ExchangeTiming,
  scope: ExchangeScope,
): LatencySummary[] {
  return measuresOf(sources)
    .map((measure) => latencySummary(sources, timing, measure, scope))
    .filter(({ count }) => count > 0)
}

function latencySummary(
  sources: ExchangeSources,
  timing: ExchangeTiming,
  measure: LatencyMeasure,
  scope: ExchangeScope,
): LatencySummary {
  const sketch = new Sketch()
  let failed = 0
  let delayedAcks = 0
  eachSample(sources, timing, measure, scope, {
    take(_time, ns, unanswered, isFailed) {
      if (unanswered) sketch.addLongerThan(ns)
      else sketch.add(ns)
      if (isFailed) failed++
    },
    delayed() {
      delayedAcks++
    },
  })
  const percentile = (q: number): Percentile => ({ ns: sketch.quantile(q), beyond: sketch.isBeyond(q) })
  return {
    measure,
    count: sketch.count,
    unanswered: sketch.censoredCount,
    failed,
    delayedAcks,
    // All that is guessed has this name.
    approximate: measure === 'tcp',
    p50: percentile(0.5),
    p90: percentile(0.9),
    p99: percentile(0.99),
    maxNs: sketch.max,
  }
}
