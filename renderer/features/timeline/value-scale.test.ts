import { describe, expect, it } from 'vitest'
import { LogScale, niceCeiling } from './value-scale.ts'

describe('the axis of a lane', () => {
  it('ends at a round number not much above the greatest value', () => {
    expect([0, 1, 1.2, 21, 43, 99, 100, 1_234_567].map(niceCeiling)).toEqual([1, 1, 1.5, 30, 50, 100, 100, 1_500_000])
  })

  it('gives every factor of ten the same height', () => {
    const scale = new LogScale(1.2e6, 1e9)
    expect(scale.low).toBe(1e6)
    expect(scale.height(1e7) - scale.height(1e6)).toBeCloseTo(scale.height(1e9) - scale.height(1e8))
    expect(scale.height(1e6)).toBe(0)
    expect(scale.height(1e9)).toBe(1)
    expect(scale.decades()).toEqual([1e7, 1e8])
  })

  it('keeps values beyond the ends at the ends', () => {
    const scale = new LogScale(1e6, 1e8)
    expect(scale.height(1)).toBe(0)
    expect(scale.height(1e12)).toBe(1)
  })

  it('has some height even if all values are the same', () => {
    const scale = new LogScale(5e6, 5e6)
    expect(scale.height(5e6)).toBe(1)
    expect(scale.low).toBeLessThan(scale.high)
  })
})
