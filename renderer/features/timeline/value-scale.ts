/** The smallest round number that is at least `value`. */
export function niceCeiling(value: number): number {
  if (!(value > 0)) return 1
  const magnitude = 10 ** Math.floor(Math.log10(value))
  for (const step of [1, 1.5, 2, 3, 4, 5, 6, 8]) if (step * magnitude >= value * 0.999_999) return step * magnitude
  return 10 * magnitude
}

/** Logarithmic: latencies that matter differ by factors. Heights run from 0 (bottom) to 1 (top). */
export class LogScale {
  readonly low: number
  readonly high: number
  readonly #span: number

  /** Covers the given values with whole decades at the lower end and a nice number at the upper. */
  constructor(least: number, greatest: number) {
    this.high = niceCeiling(greatest)
    this.low = Math.min(10 ** Math.floor(Math.log10(Math.max(least, 1))), this.high / 10)
    this.#span = Math.log(this.high / this.low)
  }

  height(value: number): number {
    return Math.min(1, Math.max(0, Math.log(value / this.low) / this.#span))
  }

  /** Powers of ten strictly between the ends. */
  decades(): readonly number[] {
    const out: number[] = []
    for (let value = this.low * 10; value < this.high * 0.999; value *= 10) out.push(value)
    return out
  }
}
