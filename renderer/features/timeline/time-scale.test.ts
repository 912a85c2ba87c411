import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bucketRaster, panned, TimeScale, untilLast, zoomed } from './time-scale.ts'

const S = 1e9
const whole = { from: 0, to: 60 * S }

describe('the time axis', () => {
  it('keeps the moment under the pointer in its place while zooming', () => {
    const near = zoomed(whole, 0.5, 45 * S, whole)
    expect(near).toEqual({ from: 22.5 * S, to: 52.5 * S })
    if (!near) return
    const before = new TimeScale(whole, 800).x(45 * S)
    expect(new TimeScale(near, 800).x(45 * S)).toBeCloseTo(before)
  })

  it('shows everything again when zoomed out far enough', () => {
    expect(zoomed({ from: 10 * S, to: 40 * S }, 3, 20 * S, whole)).toBeUndefined()
  })

  it('counts over the time that has packets, not over the empty end of its axis', () => {
    expect(untilLast({ from: 0, to: 1e6 + 1 }, 0)).toEqual({ from: 0, to: 1 })
    expect(untilLast({ from: 0, to: 1e6 + 1 }, 5000)).toEqual({ from: 0, to: 5001 })
    expect(untilLast({ from: 6000, to: 7000 }, 5000)).toEqual({ from: 6000, to: 7000 })
    expect(untilLast({ from: 10, to: 20 }, 5000)).toEqual({ from: 10, to: 20 })
  })

  it('never leaves the capture', () => {
    fc.assert(
      fc.property(
        fc.nat(60),
        fc.nat(60),
        fc.double({ min: 0.01, max: 1.5, noNaN: true }),
        fc.integer(),
        (a, b, f, by) => {
          const range = { from: Math.min(a, b) * S, to: (Math.max(a, b) + 1) * S }
          const near = zoomed(range, f, range.from, whole) ?? whole
          const moved = panned(near, by * S, whole)
          expect(moved.from).toBeGreaterThanOrEqual(whole.from)
          expect(moved.to).toBeLessThanOrEqual(whole.to)
          expect(moved.to).toBeGreaterThan(moved.from)
        },
      ),
    )
  })
})

describe('the raster of buckets', () => {
  it('has the same edges wherever the axis was moved to', () => {
    const a = bucketRaster(new TimeScale({ from: 10 * S, to: 20 * S }, 900), whole)
    const b = bucketRaster(new TimeScale({ from: 10.0137 * S, to: 20.0137 * S }, 900), whole)
    expect(b.width).toBe(a.width)
    expect((b.from - a.from) % a.width).toBe(0)
  })

  it('covers the screen and a margin, within the capture', () => {
    const raster = bucketRaster(new TimeScale({ from: 10 * S, to: 20 * S }, 900), whole)
    expect(raster.from).toBeLessThanOrEqual(5 * S)
    expect(raster.to).toBeGreaterThanOrEqual(25 * S)
    expect(raster.buckets).toBe((raster.to - raster.from) / raster.width)
    const all = bucketRaster(new TimeScale(whole, 900), whole)
    expect(all.from).toBe(0)
    expect(all.buckets).toBeLessThan(500)
  })

  it('exists for a capture of a single packet', () => {
    const raster = bucketRaster(new TimeScale({ from: 0, to: 1 }, 900), { from: 0, to: 1 })
    expect(raster.buckets).toBeGreaterThan(0)
    expect(raster.width).toBeGreaterThan(0)
  })
})
