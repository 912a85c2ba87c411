import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TimestampClock } from './timestamp-clock.ts'

const halves = (units: bigint) => [Number(units >> 32n), Number(units & 0xffff_ffffn)] as const
const perSecond = (resolution: number) =>
  resolution & 0x80 ? 1n << BigInt(resolution & 0x7f) : 10n ** BigInt(resolution)

/** What the clock should say, by exact arithmetic. */
function exact(resolution: number, offset: bigint, units: bigint): bigint {
  const floor = (value: bigint) => (value < 0n ? value - perSecond(resolution) + 1n : value) / perSecond(resolution)
  const unsigned = floor(units * 1_000_000_000n)
  const wrapped = units >= 1n << 63n && unsigned >= 1n << 63n
  return (wrapped ? floor((units - (1n << 64n)) * 1_000_000_000n) : unsigned) + offset * 1_000_000_000n
}

function clockAt(resolution: number, offset: bigint, first: bigint): TimestampClock {
  const clock = new TimestampClock(resolution, offset)
  clock.start(clock.nanoseconds(...halves(first)))
  return clock
}

const decimal = Array.from({ length: 20 }, (_, n) => n)
const binary = Array.from({ length: 64 }, (_, n) => 0x80 | n)

describe('the clock of an interface', () => {
  it('counts from its first timestamp, forwards and backwards', () => {
    const now = 1_700_000_000_123_456n
    const clock = clockAt(6, 0n, now)
    expect([now, now + 1n, now - 1n, now + 86_400_000_000n].map((t) => clock.since(...halves(t)))).toEqual([
      0, 1_000, -1_000, 86_400_000_000_000,
    ])
  })

  it('knows its ticks a second', () => {
    expect(new TimestampClock(6, 0n).ticksPerSecond).toBe(1_000_000)
    expect(new TimestampClock(0, 0n).ticksPerSecond).toBe(1)
    expect(new TimestampClock(0x80 | 10, 0n).ticksPerSecond).toBe(1024)
  })

  it('adds the offset of its interface, also a negative one', () => {
    const clock = new TimestampClock(9, -3_600n)
    expect(clock.nanoseconds(...halves(1_700_000_000_000_000_001n))).toBe(1_699_996_400_000_000_001n)
    clock.start(1_699_996_400_000_000_000n)
    expect(clock.since(...halves(1_700_000_000_000_000_001n))).toBe(1)
  })

  it('reads what wrapped as a time before 1970, and its neighbours to the nanosecond', () => {
    const clock = new TimestampClock(6, 0n)
    expect(clock.nanoseconds(...halves((1n << 64n) - 505_422_753n))).toBe(-505_422_753_000n)
    clock.start(1_422_527_998_578_402_000n)
    const [a, b] = [505_422_753n, 505_422_230n].map((ago) => clock.since(...halves((1n << 64n) - ago)))
    expect(b - a).toBeCloseTo(523_000, -3)
  })

  it('is exact to the nanosecond for every resolution, as long as a number can hold the result', () => {
    const day = 86_400n
    fc.assert(
      fc.property(
        fc.constantFrom(...decimal, ...binary),
        fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
        fc.array(fc.bigInt({ min: -100n * day * 1_000_000_000n, max: 100n * day * 1_000_000_000n }), { maxLength: 20 }),
        fc.array(fc.nat(1000), { maxLength: 20 }),
        fc.nat(100_000),
        (resolution, first, distances, small, finer) => {
          const clock = clockAt(resolution, 7n, first)
          const epoch = exact(resolution, 7n, first)
          for (const [i, nanoseconds] of [...distances, ...small.map(BigInt)].entries()) {
            const units = first + (nanoseconds * perSecond(resolution)) / 1_000_000_000n + BigInt(finer * i)
            if (units < 0n || units >= 1n << 64n) continue
            const expected = exact(resolution, 7n, units) - epoch
            if (expected > 1n << 53n || expected < -(1n << 53n)) continue
            expect(clock.since(...halves(units))).toBe(Number(expected))
          }
        },
      ),
      { numRuns: 3000 },
    )
  })

  it('recovers from timestamps that are nonsense: those after it are exact again', () => {
    const now = 1_700_000_000_000_000_001n
    for (const resolution of [9, 12, 0x80 | 30]) {
      const units = (nanoseconds: bigint) => (nanoseconds * perSecond(resolution)) / 1_000_000_000n
      const clock = new TimestampClock(resolution, 0n)
      clock.start(exact(resolution, 0n, units(now)))
      for (const nonsense of [0n, (1n << 64n) - 1n]) {
        clock.since(...halves(nonsense))
        for (const after of [now, now + 1n, now + 3_600_000_000_007n]) {
          const expected = exact(resolution, 0n, units(after)) - exact(resolution, 0n, units(now))
          expect(clock.since(...halves(units(after)))).toBe(Number(expected))
        }
      }
    }
  })
})
