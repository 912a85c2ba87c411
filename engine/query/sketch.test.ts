import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BUCKETS, bucketEdge, bucketOf, bucketValue, RELATIVE_ERROR, Sketch } from './sketch.ts'

const MICROSECOND = 1e3
const SECOND = 1e9
const HOUR = 3600 * SECOND

const duration = fc.oneof(
  fc.integer({ min: MICROSECOND, max: 1e7 }),
  fc.double({ min: Math.log(MICROSECOND), max: Math.log(HOUR), noNaN: true }).map((x) => Math.round(Math.exp(x))),
)

function sketchOf(values: readonly number[]): Sketch {
  const sketch = new Sketch()
  for (const value of values) sketch.add(value)
  return sketch
}

describe('the bucket layout', () => {
  it('puts every edge into the bucket that begins with it, and what is shorter into the one before', () => {
    for (let i = 1; i < BUCKETS; i++) {
      expect(bucketOf(bucketEdge(i))).toBe(i)
      expect(bucketOf(bucketEdge(i) * (1 - 1e-12))).toBe(i - 1)
    }
  })

  it('has edges at whole decades, so that an axis can be labelled with them', () => {
    for (const decade of [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12]) {
      expect(bucketEdge(bucketOf(decade))).toBe(decade)
    }
  })

  it('covers 1 µs to 1 hour, with one bucket below and one above', () => {
    expect(bucketOf(0)).toBe(0)
    expect(bucketOf(-5)).toBe(0)
    expect(bucketOf(999)).toBe(0)
    expect(bucketOf(1000)).toBe(1)
    expect(bucketOf(HOUR)).toBe(BUCKETS - 2)
    expect(bucketOf(2 * HOUR)).toBe(BUCKETS - 1)
    expect(bucketOf(Infinity)).toBe(BUCKETS - 1)
  })

  it('says of every value in its range something at most 2 % away', () => {
    expect(RELATIVE_ERROR).toBeLessThan(0.02)
    fc.assert(
      fc.property(duration, (ns) => {
        expect(Math.abs(bucketValue(bucketOf(ns)) - ns) / ns).toBeLessThanOrEqual(RELATIVE_ERROR)
      }),
    )
  })
})

describe('a sketch', () => {
  it('knows nothing when it is empty', () => {
    const sketch = new Sketch()
    expect(sketch.count).toBe(0)
    expect(sketch.quantile(0.5)).toBeNaN()
    expect(sketch.max).toBeNaN()
    expect(sketch.isBeyond(0.99)).toBe(false)
  })

  it('gives every quantile within its error, and the maximum exactly', () => {
    fc.assert(
      fc.property(
        fc.array(duration, { minLength: 1, maxLength: 300 }),
        fc.double({ min: 0.001, max: 1, noNaN: true }),
        (values, q) => {
          const sketch = sketchOf(values)
          const sorted = values.toSorted((a, b) => a - b)
          const exact = sorted[Math.max(1, Math.ceil(q * values.length)) - 1]
          expect(Math.abs(sketch.quantile(q) - exact) / exact).toBeLessThanOrEqual(RELATIVE_ERROR)
          expect(sketch.max).toBe(sorted.at(-1))
          expect(sketch.count).toBe(values.length)
        },
      ),
    )
  })

  it('merged of parts is the same as one of everything', () => {
    const sample = fc.record({ ns: duration, censored: fc.boolean() })
    fc.assert(
      fc.property(fc.array(sample), fc.array(sample), (left, right) => {
        const fill = (sketch: Sketch, samples: typeof left) => {
          for (const { ns, censored } of samples) {
            if (censored) sketch.addLongerThan(ns)
            else sketch.add(ns)
          }
          return sketch
        }
        const merged = fill(new Sketch(), left)
        merged.merge(fill(new Sketch(), right))
        const all = fill(new Sketch(), [...left, ...right])
        for (const q of [0.01, 0.5, 0.9, 0.99, 1]) {
          expect(merged.quantile(q)).toBe(all.quantile(q))
          expect(merged.isBeyond(q)).toBe(all.isBeyond(q))
        }
        expect([merged.count, merged.max, merged.min]).toEqual([all.count, all.max, all.min])
      }),
    )
  })

  it('says nothing longer than what was measured', () => {
    const sketch = sketchOf([1_000_001])
    expect(sketch.quantile(0.99)).toBe(1_000_001)
  })

  it('lets requests nobody answered push the percentiles up', () => {
    const sketch = new Sketch()
    for (let i = 0; i < 90; i++) sketch.add(10e6)
    expect(sketch.quantile(0.99)).toBe(10e6)
    for (let i = 0; i < 10; i++) sketch.addLongerThan(5 * SECOND)
    expect(sketch.isBeyond(0.9)).toBe(false)
    expect(sketch.quantile(0.9)).toBe(10e6)
    expect(sketch.isBeyond(0.99)).toBe(true)
    expect(sketch.quantile(0.99)).toBe(5 * SECOND)
  })

  it('is hardly moved by a request that was only just sent when the capture ended', () => {
    const sketch = new Sketch()
    for (let i = 1; i <= 100; i++) sketch.add(i * 1e6)
    const before = sketch.quantile(0.95)
    for (let i = 0; i < 5; i++) sketch.addLongerThan(10_000)
    expect(sketch.quantile(0.95)).toBe(before)
    expect(sketch.isBeyond(0.99)).toBe(false)
  })

  it('gives the Kaplan-Meier estimate where measured and censored times mix', () => {
    // Times 1, 2, 3+, 4, 5+ s: survival 0.8 after 1, 0.6 after 2, 0.3 after 4, and then nobody knows.
    const sketch = new Sketch()
    sketch.add(1 * SECOND)
    sketch.add(2 * SECOND)
    sketch.addLongerThan(3 * SECOND)
    sketch.add(4 * SECOND)
    sketch.addLongerThan(5 * SECOND)
    const near = (q: number) => Math.round(sketch.quantile(q) / SECOND)
    expect([near(0.2), near(0.4), near(0.5), near(0.7)]).toEqual([1, 2, 4, 4])
    expect(sketch.isBeyond(0.7)).toBe(false)
    expect(sketch.isBeyond(0.71)).toBe(true)
  })
})
