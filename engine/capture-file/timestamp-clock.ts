/**
 * Turns the 64-bit timestamps of one pcapng interface into nanoseconds since the capture's epoch, as a number.
 *
 * A timestamp counts units of 10^-n or 2^-n seconds since 1970 (minus the interface's offset) and does not fit a number's 53 bits, so
 * only differences to a reference timestamp of the same interface are computed: exact as long as the result is below 2^53 (104 days),
 * rounded down to whole nanoseconds, and without a BigInt but for the reference itself.
 */
export class TimestampClock {
  readonly #binary: boolean
  readonly #exponent: number
  readonly #offset: bigint
  readonly #kind: number
  /** Nanoseconds in a unit (decimal, at most 9 digits), units in a nanosecond (decimal, more), or units in a second (binary). */
  readonly #scale: number
  // 2^32 units are `#wrap` nanoseconds (binary: seconds) and `#wrapRest` units.
  readonly #wrap: number
  readonly #wrapRest: number

  #epoch = 0n
  // The reference: its timestamp and its time.
  #high = -1
  #low = 0
  #time = 0
  /** Of the reference: units over a whole nanosecond (decimal); whole seconds in its low half (binary, and `#time` is that of those). */
  #rest = 0

  /** `resolution` is the if_tsresol octet: top bit clear, 10^-n; set, 2^-n. `offset` is if_tsoffset, seconds. */
  constructor(resolution: number, offset: bigint) {
    this.#binary = (resolution & 0x80) !== 0
    this.#exponent = resolution & 0x7f
    this.#offset = offset * 1_000_000_000n
    const exponent = this.#exponent
    if (this.#binary) {
      this.#kind = exponent <= 32 ? KIND.binary : KIND.any
      this.#scale = 2 ** exponent
    } else if (exponent <= 9) {
      this.#kind = KIND.coarse
      this.#scale = 10 ** (9 - exponent)
    } else {
      this.#kind = exponent <= 15 ? KIND.fine : KIND.any
      this.#scale = 10 ** (exponent - 9)
    }
    this.#wrap = Math.floor(0x1_0000_0000 / this.#scale)
    this.#wrapRest = 0x1_0000_0000 - this.#wrap * this.#scale
  }

  get ticksPerSecond(): number {
    return this.#binary ? 2 ** this.#exponent : 10 ** this.#exponent
  }

  /**
   * Nanoseconds since 1970, exact. The specification has no times before 1970; a writer whose clock was there let the number wrap. What
   * would lie beyond the year 2262 is read as that: as it stands it can be millions of years ahead, where a double tells no milliseconds
   * apart.
   */
  nanoseconds(high: number, low: number): bigint {
    const units = (BigInt(high) << 32n) | BigInt(low)
    const perSecond = this.#binary ? 1n << BigInt(this.#exponent) : 10n ** BigInt(this.#exponent)
    const unsigned = (units * 1_000_000_000n) / perSecond
    if (high < 0x8000_0000 || unsigned < LATEST) return unsigned + this.#offset
    // Rounded down like all others.
    const before = (BigInt.asIntN(64, units) * 1_000_000_000n - perSecond + 1n) / perSecond
    return before + this.#offset
  }

  /** Times count from here, nanoseconds since 1970. To be called before the first `since`. */
  start(epoch: bigint): void {
    this.#epoch = epoch
    this.#high = -1
  }

  /** Nanoseconds since the epoch. */
  since(high: number, low: number): number {
    if (this.#high < 0) return this.#refer(high, low)
    const wraps = high - this.#high
    const units = low - this.#low
    let passed: number
    switch (this.#kind) {
      case KIND.coarse:
        passed = (wraps * 0x1_0000_0000 + units) * this.#scale
        break
      case KIND.fine:
        passed = wraps * this.#wrap + Math.floor((wraps * this.#wrapRest + units + this.#rest) / this.#scale)
        break
      case KIND.binary: {
        // 2^32 is a whole number of seconds, and the fraction of one has at most 32 bits: times 5^9 (1e9 without its twos) that fits 53.
        const seconds = Math.floor(low / this.#scale)
        passed =
          (wraps * this.#wrap + seconds - this.#rest) * 1e9 +
          Math.floor(((low - seconds * this.#scale) / this.#scale) * 1e9)
        break
      }
      default:
        return this.#refer(high, low)
    }
    const time = this.#time + passed
    // Far from the reference (a clock was set, or the reference itself was nonsense): take a new one, lest its error stays.
    if (passed > FAR || passed < -FAR || (time < EXACT && time > -EXACT && (this.#time > EXACT || this.#time < -EXACT)))
      return this.#refer(high, low)
    return time
  }

  /** Makes this timestamp the reference. */
  #refer(high: number, low: number): number {
    this.#high = high
    this.#low = low
    const exact = this.nanoseconds(high, low) - this.#epoch
    this.#time = Number(exact)
    if (this.#kind === KIND.fine) {
      this.#rest = Number(((BigInt(high) << 32n) | BigInt(low)) % BigInt(this.#scale))
    } else if (this.#kind === KIND.binary) {
      this.#rest = Math.floor(low / this.#scale)
      const fraction = Math.floor(((low - this.#rest * this.#scale) / this.#scale) * 1e9)
      this.#time = Number(exact - BigInt(fraction))
    }
    return Number(exact)
  }
}

/** any: finer than anything real, computed with BigInt each time. */
const KIND = { coarse: 0, fine: 1, binary: 2, any: 3 } as const
const EXACT = 2 ** 53
/** Nanoseconds since 1970 that 63 bits hold. */
const LATEST = 1n << 63n
const FAR = 2 ** 52
