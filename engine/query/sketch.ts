/**
 * The one bucket layout of every percentile, chart and heat map: 60 buckets a decade from 1 µs, so that each is 3.9 % wide and its
 * middle at most 1.92 % away from any value in it. 60 can be halved, thirded and so on: coarser heat map rows are sums of buckets,
 * and decades are always edges.
 *
 * Bucket 0 takes what is below 1 µs; the last, what is above an hour.
 */
export const BUCKETS_PER_DECADE = 60
const LOWEST_NS = 1_000
const GAMMA = 10 ** (1 / BUCKETS_PER_DECADE)
/** The edges reach past one hour (3.6e12 ns): 574 buckets, 1000 * gamma^574 = 3.69e12 ns. */
const BOUNDED = Math.ceil(Math.log10(3.6e12 / LOWEST_NS) * BUCKETS_PER_DECADE)
export const BUCKETS = BOUNDED + 2
/** No value differs from what the sketch says of it by more than this, as long as it lies between 1 µs and one hour. */
export const RELATIVE_ERROR = (GAMMA - 1) / (GAMMA + 1) + 1e-6

// Whole picoseconds, so that no rounding of the power decides on which side of an edge a time lies, and decades are met exactly.
const edges = new Float64Array(BUCKETS + 1)
edges[0] = 0
for (let i = 0; i <= BOUNDED; i++) edges[i + 1] = Math.round(LOWEST_NS * 10 ** (i / BUCKETS_PER_DECADE) * 1e3) / 1e3
edges[BUCKETS] = Infinity

/*
 * The index by table instead of logarithm: the upper 20 bits of a double are exponent and the first 8 (of 52) bits of the fraction.
 * Such a cell is at most 0.39 % wide, so at most one edge lies in it.
 *
 *      31      20 19     12 11       0
 *     +----------+---------+----------+
 *     | exponent | cell    | not used |     of the double's upper word
 *     +----------+---------+----------+
 */
const double = new Float64Array(1)
const words = new Uint32Array(double.buffer)
double[0] = 1
const UPPER = words[1] !== 0 ? 1 : 0
const cellOf = (value: number): number => {
  double[0] = value
  return words[UPPER] >>> 12
}
const FIRST_CELL = cellOf(512)
const cells = new Uint16Array(cellOf(2 ** 42) - FIRST_CELL)
// By filling, as a loop over all cells is cold: milliseconds of each start. A cell's bucket is that of the lowest value in it.
for (let bucket = 1; bucket < BUCKETS; bucket++) {
  const cell = cellOf(edges[bucket]) - FIRST_CELL
  const isLowest = words[1 - UPPER] === 0 && (words[UPPER] & 0xfff) === 0
  cells.fill(bucket, isLowest ? cell : cell + 1)
}

/** The bucket of a duration in nanoseconds. */
export function bucketOf(ns: number): number {
  if (!(ns >= LOWEST_NS)) return 0
  if (ns >= edges[BUCKETS - 1]) return BUCKETS - 1
  double[0] = ns
  const bucket = cells[(words[UPPER] >>> 12) - FIRST_CELL]
  return ns >= edges[bucket + 1] ? bucket + 1 : bucket
}

/** Where bucket `i` begins, in nanoseconds; `bucketEdge(i + 1)` is where it ends. The last one ends at infinity. */
export function bucketEdge(i: number): number {
  return edges[i]
}

/** What a bucket says of each value in it: the point with the same relative distance to both edges. */
export function bucketValue(i: number): number {
  if (i === 0) return LOWEST_NS / 2
  if (i === BUCKETS - 1) return edges[BUCKETS - 1]
  return (2 * edges[i] * edges[i + 1]) / (edges[i] + edges[i + 1])
}

/** The bucket of the smallest value that at least the share `q` of `counts[from, from + BUCKETS)` does not exceed; -1 without any. */
export function quantileBucket(counts: Uint32Array | Float64Array, from: number, total: number, q: number): number {
  if (total === 0) return -1
  let rest = Math.max(1, Math.ceil(q * total))
  for (let i = 0; i < BUCKETS; i++) {
    rest -= counts[from + i]
    if (rest <= 0) return i
  }
  return BUCKETS - 1
}

/**
 * A mergeable summary of durations: any percentile to within RELATIVE_ERROR, and the maximum exactly.
 *
 * It also takes censored samples, of which only "longer than T" is known (a request that nobody answered while it was watched):
 * percentiles are then those of the Kaplan-Meier estimate, so that a request that waited for 5 s in vain pushes the p99 up, and one
 * sent 1 ms before the capture's end hardly matters.
 */
export class Sketch {
  readonly #counts = new Float64Array(BUCKETS)
  #censored: Float64Array | undefined
  #count = 0
  #censoredCount = 0
  #min = Infinity
  #max = -Infinity
  #longestWait = -Infinity

  /** Samples, the censored ones included. */
  get count(): number {
    return this.#count + this.#censoredCount
  }
  get censoredCount(): number {
    return this.#censoredCount
  }
  /** The longest duration measured, exactly; NaN without one. */
  get max(): number {
    return this.#count === 0 ? NaN : this.#max
  }
  get min(): number {
    return this.#count === 0 ? NaN : this.#min
  }

  /** A duration of `ns` nanoseconds. */
  add(ns: number): void {
    if (Number.isNaN(ns)) return
    this.#counts[bucketOf(ns)]++
    this.#count++
    if (ns > this.#max) this.#max = ns
    if (ns < this.#min) this.#min = ns
  }

  /** It took longer than `ns`, how much is not known. */
  addLongerThan(ns: number): void {
    if (Number.isNaN(ns)) return
    this.#censored ??= new Float64Array(BUCKETS)
    this.#censored[bucketOf(ns)]++
    this.#censoredCount++
    if (ns > this.#longestWait) this.#longestWait = ns
  }

  /** As if all samples of `other` had been added here. */
  merge(other: Sketch): void {
    for (let i = 0; i < BUCKETS; i++) this.#counts[i] += other.#counts[i]
    this.#count += other.#count
    this.#min = Math.min(this.#min, other.#min)
    this.#max = Math.max(this.#max, other.#max)
    if (other.#censored === undefined) return
    this.#censored ??= new Float64Array(BUCKETS)
    for (let i = 0; i < BUCKETS; i++) this.#censored[i] += other.#censored[i]
    this.#censoredCount += other.#censoredCount
    this.#longestWait = Math.max(this.#longestWait, other.#longestWait)
  }

  /**
   * The `q`-quantile in nanoseconds, 0 < q <= 1; NaN without samples. When so many samples are censored that it lies beyond all that
   * was measured, the longest time known to be too short: see `isBeyond`.
   */
  quantile(q: number): number {
    if (this.count === 0) return NaN
    const bucket = this.#bucket(q)
    if (bucket === BUCKETS) return Math.max(this.#longestWait, this.#max)
    if (bucket === BUCKETS - 1) return this.#max
    return Math.min(Math.max(bucketValue(bucket), this.#min), this.#max)
  }

  /** The quantile is longer than what `quantile` answers, how much can't be told. */
  isBeyond(q: number): boolean {
    return this.count > 0 && this.#bucket(q) === BUCKETS
  }

  /** The bucket of the quantile; BUCKETS if it is beyond all measured ones. */
  #bucket(q: number): number {
    if (this.#censored === undefined) return quantileBucket(this.#counts, 0, this.#count, q)
    // Kaplan and Meier 1958. Where both fall into one bucket, the measured ones count as the shorter.
    let atRisk = this.count
    let longer = 1
    for (let i = 0; i < BUCKETS; i++) {
      const ended = this.#counts[i]
      if (ended > 0) {
        longer *= 1 - ended / atRisk
        // The product's rounding must not decide: 1 - 0.9 is not 0.1.
        if (longer <= 1 - q + 1e-12) return i
      }
      atRisk -= ended + this.#censored[i]
    }
    return BUCKETS
  }
}
