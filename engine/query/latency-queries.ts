import type {
  ExchangeRow,
  ExchangeScope,
  ExchangeSort,
  LatencyCell,
  LatencyEvidence,
  LatencyLane,
  LatencyMap,
  LatencyMeasure,
  LatencySummary,
} from '../answers.ts'
import type { Applications } from '../application/applications.ts'
import { TurnTaking } from '../application/turn-taking.ts'
import { ExchangeLists } from './exchange-list.ts'
import { type ExchangeSources, ExchangeTiming } from './exchange-timing.ts'
import { latencyLane } from './latency-lane.ts'
import { latencyEvidence, latencyMap } from './latency-map.ts'
import { latencySummaries } from './latency-summary.ts'

/** Everything asked about requests, responses and round trips. What it needs besides the columns is extended as the capture grows. */
export class LatencyQueries {
  readonly #sources: ExchangeSources
  readonly #timing: ExchangeTiming
  readonly #lists: ExchangeLists
  readonly #turns: TurnTaking

  constructor(sources: ExchangeSources, applications: Applications) {
    this.#sources = sources
    this.#timing = new ExchangeTiming(sources)
    this.#lists = new ExchangeLists(sources, this.#timing)
    const { packets, conversations } = sources
    this.#turns = new TurnTaking(
      { packets, conversations, undecodedFrom: (conversation) => applications.undecodedFrom(conversation) },
      sources.exchanges,
    )
  }

  order(sort: ExchangeSort, descending: boolean, scope?: ExchangeScope): Uint32Array {
    this.#turns.advance()
    return this.#lists.order(sort, descending, scope)
  }

  rows(ids: ArrayLike<number>): ExchangeRow[] {
    this.#turns.advance()
    return this.#lists.rows(ids)
  }

  /** `guesses`: also what is only guessed from who spoke when, which takes a pass over all conversations. */
  summaries(scope: ExchangeScope, guesses: boolean): LatencySummary[] {
    if (guesses) this.#turns.advance()
    return latencySummaries(this.#sources, this.#timing, scope)
  }

  map(measure: LatencyMeasure, from: number, to: number, columns: number, scope: ExchangeScope): LatencyMap {
    this.#turns.advance()
    return latencyMap(this.#sources, this.#timing, measure, from, to, columns, scope)
  }

  lane(measure: LatencyMeasure, from: number, to: number, buckets: number, scope: ExchangeScope): LatencyLane {
    this.#turns.advance()
    return latencyLane(this.#sources, this.#timing, measure, from, to, buckets, scope)
  }

  evidence(cell: LatencyCell, scope: ExchangeScope): LatencyEvidence {
    this.#turns.advance()
    return latencyEvidence(this.#sources, this.#timing, cell, scope)
  }
}
