// What the engine answers about latency, see answers.ts.

/** What a time is measured of: "rtt client" and "rtt server" (the two halves of the path), "rtt" (both), or a protocol's name: its exchanges. */
export type LatencyMeasure = string

/** A percentile; `beyond`: it is at least this, as it falls among what was never answered. */
export interface Percentile {
  readonly ns: number
  readonly beyond: boolean
}

export interface LatencySummary {
  readonly measure: LatencyMeasure
  /** Samples, the unanswered ones included; 0 where all round trips had to be left out. */
  readonly count: number
  /** Those of which only is known how long was waited in vain. */
  readonly unanswered: number
  readonly failed: number
  /** Round trips left out, as the receiver delayed the ACK, or sent it with data and may have waited for its program. */
  readonly delayedAcks: number
  readonly withData: number
  readonly approximate: boolean
  readonly p50: Percentile
  readonly p90: Percentile
  readonly p99: Percentile
  /** Exactly the longest, or the longest that was waited in vain. */
  readonly max: Percentile
}

/**
 * Times over time. Column c is the c-th of `columns` equal parts of [from, to); row r is the times of [edges[r], edges[r + 1]). Cell
 * (c, r) is at c * rows + r. Edges are those of the buckets that percentiles are made of.
 */
export interface LatencyMap {
  readonly measure: LatencyMeasure
  readonly from: number
  readonly to: number
  readonly columns: number
  readonly rows: number
  /** Nanoseconds, rows + 1 of them, from the lowest that has any to the highest. */
  readonly edges: Float64Array
  readonly counts: Float64Array
  /** Unanswered, at how long was waited. */
  readonly unanswered: Float64Array
  /** By column: samples, percentiles in nanoseconds (NaN without samples), and 1 where the p99 is at least what it says. */
  readonly samples: Float64Array
  readonly p50: Float64Array
  readonly p90: Float64Array
  readonly p99: Float64Array
  readonly p99Beyond: Uint8Array
}

/** A measure over time, in equal parts of a time; every array has one value a part, NaN where it has no sample. */
export interface LatencyLane {
  /** Samples, the unanswered ones included. */
  readonly samples: Float64Array
  readonly p50: Float64Array
  readonly p90: Float64Array
  readonly p99: Float64Array
  readonly max: Float64Array
  /** 1 where the p99 is at least what it says. */
  readonly p99Beyond: Uint8Array
  /** In all of the time: round trips left out, see LatencySummary. */
  readonly delayedAcks: number
  readonly withData: number
}

/** Part of a LatencyMap: times [low, high) ns of samples that begin within [from, to). */
export interface LatencyCell {
  readonly measure: LatencyMeasure
  readonly from: number
  readonly to: number
  readonly low: number
  readonly high: number
}

/** What is behind a part of a LatencyMap. */
export interface LatencyEvidence {
  /** Numbers of exchanges, ascending; none for round trips. */
  readonly exchanges: Uint32Array
  /** Packets, ascending: of an exchange the ends of its request and response, of a round trip the segment and its ACK. */
  readonly rows: Uint32Array
}

/** Round trips of one half of the path. */
export interface PairHalf {
  readonly count: number
  readonly p50Ns: number
  readonly p90Ns: number
  readonly p99Ns: number
  readonly maxNs: number
}

/** Who talked to whom over TCP; a half is absent where it has no round trip. */
export interface AddressPair {
  readonly client: string
  readonly server: string
  readonly conversations: number
  readonly toClient?: PairHalf
  readonly toServer?: PairHalf
}
