import { describe, expect, it } from 'vitest'
import { roundDurations } from './draw-map.ts'

const MS = 1e6

describe('the durations beside a heat map', () => {
  it('are 1, 2 and 5 of each decade where they have room', () => {
    expect(roundDurations(0.398 * MS, 8 * MS, 200)).toEqual([0.5, 1, 2, 5].map((ms) => ms * MS))
  })

  it('are decades where there are many', () => {
    expect(roundDurations(0.398 * MS, 501 * MS, 200)).toEqual([1, 10, 100].map((ms) => ms * MS))
    expect(roundDurations(1e3, 60e9, 120)).toEqual([1e4, 1e6, 1e8, 1e10])
  })

  it('are some wherever there is room for one', () => {
    for (let low = 1; low < 10; low += 0.25) expect(roundDurations(low, low * 3, 100).length).toBeGreaterThan(0)
  })
})
