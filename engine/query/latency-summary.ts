import type { ExchangeScope, LatencyMeasure, LatencySummary, Percentile } from '../answers.ts'
import type { ExchangeSources, ExchangeTiming } from './exchange-timing.ts'
import {
  eachRoundTrip,
  eachSample,
  isRoundTrip,
  measuresOf,
  RTT_CLIENT,
  RTT_SERVER,
  type SampleTaker,
} from './latency-samples.ts'
import { Sketch } from './sketch.ts'

/** Percentiles of each measure that has samples in the scope. */
export function latencySummaries(
  sources: ExchangeSources,
  timing: ExchangeTiming,
  scope: ExchangeScope,
): LatencySummary[] {
  const client = new Summary(RTT_CLIENT)
  const server = new Summary(RTT_SERVER)
  // Both halves in one pass over the packets.
  eachRoundTrip(sources, scope, client, server)
  const protocols = measuresOf(sources)
    .filter((measure) => !isRoundTrip(measure))
    .map((measure) => {
      const summary = new Summary(measure)
      eachSample(sources, timing, measure, scope, summary)
      return summary
    })
  return [client, server, ...protocols]
    .map((summary) => summary.result())
    .filter(({ count, delayedAcks, withData }) => count + delayedAcks + withData > 0)
}

class Summary implements SampleTaker {
  readonly #measure: LatencyMeasure
  readonly #sketch = new Sketch()
  #failed = 0
  #delayedAcks = 0
  #withData = 0

  constructor(measure: LatencyMeasure) {
    this.#measure = measure
  }

  take(_time: number, ns: number, unanswered: boolean, failed: boolean): void {
    if (unanswered) this.#sketch.addLongerThan(ns)
    else this.#sketch.add(ns)
    if (failed) this.#failed++
  }

  leftOut(withData: boolean): void {
    if (withData) this.#withData++
    else this.#delayedAcks++
  }

  result(): LatencySummary {
    const sketch = this.#sketch
    const percentile = (q: number): Percentile => ({ ns: sketch.quantile(q), beyond: sketch.isBeyond(q) })
    return {
      measure: this.#measure,
      count: sketch.count,
      unanswered: sketch.censoredCount,
      failed: this.#failed,
      delayedAcks: this.#delayedAcks,
      withData: this.#withData,
      // All that is guessed has this name.
      approximate: this.#measure === 'tcp',
      p50: percentile(0.5),
      p90: percentile(0.9),
      p99: percentile(0.99),
      max: sketch.isBeyond(1) ? percentile(1) : { ns: sketch.max, beyond: false },
    }
  }
}
