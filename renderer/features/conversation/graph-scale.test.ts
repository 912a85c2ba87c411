import { describe, expect, it } from 'vitest'
import { movedRange, placeGraphs, roundTicks, ValueScale, valueTicks, zoomedRange } from './graph-scale.ts'

describe('places of the graphs', () => {
  it('give one graph all the room', () => {
    expect(placeGraphs(218, 'rtt')).toEqual([{ name: 'rtt', top: 0, height: 200 }])
  })

  it('stack all of them without gaps, the sequence numbers largest', () => {
    const places = placeGraphs(618, 'all')
    expect(places.map(({ name }) => name)).toEqual(['sequence', 'rtt', 'throughput', 'window'])
    for (const [i, place] of places.slice(1).entries()) expect(place.top).toBe(places[i].top + places[i].height)
    expect(places.reduce((sum, { height }) => sum + height, 0)).toBe(600)
    expect(places[0].height).toBeGreaterThan(places[1].height * 2)
  })

  it('leave out the lowest where there is little room, and never the first', () => {
    expect(placeGraphs(220, 'all').map(({ name }) => name)).toEqual(['sequence', 'rtt', 'throughput'])
    expect(placeGraphs(90, 'all').map(({ name }) => name)).toEqual(['sequence'])
    expect(placeGraphs(0, 'all')[0].height).toBe(0)
  })
})

describe('a value axis', () => {
  it('goes from the bottom up, and back', () => {
    const scale = new ValueScale(0, 100, 10, 50)
    expect([scale.y(0), scale.y(100), scale.value(35)]).toEqual([60, 10, 50])
  })

  it('gives each power of ten the same room when it is logarithmic', () => {
    const scale = new ValueScale(1, 10_000, 0, 100, true)
    expect([1, 10, 100, 1000, 10_000].map((value) => Math.round(scale.y(value)))).toEqual([100, 75, 50, 25, 0])
    expect(Math.round(scale.value(50))).toBe(100)
  })

  it('has round ticks', () => {
    expect(roundTicks(3, 27, 100, 20)).toEqual([5, 10, 15, 20, 25])
    expect(roundTicks(0, 0, 100, 20)).toEqual([])
  })
})

describe('the values of a graph', () => {
  const low = { top: 130, height: 44 }
  const ticks = (place: typeof low, scale: ValueScale, apart = 24) =>
    valueTicks(place, scale, apart).map(({ value }) => value)

  it('are some pixels apart where there is room', () => {
    expect(ticks({ top: 0, height: 200 }, new ValueScale(0, 87_000, 0, 200), 34)).toEqual([
      20_000, 40_000, 60_000, 80_000,
    ])
  })

  it('are closer where there would be one or none', () => {
    expect(ticks(low, new ValueScale(0, 4200, 138, 33))).toEqual([2000, 4000])
    expect(ticks({ top: 0, height: 132 }, new ValueScale(0, 87_000, 0, 132), 34)).toEqual([
      20_000, 40_000, 60_000, 80_000,
    ])
  })

  it.each(Array.from({ length: 90 }, (_, i) => 10 + i))('always has one below %i, in a low graph', (most) => {
    const [first, second] = valueTicks(low, new ValueScale(0, most, 138, 33), 24)
    expect(first.value).toBeLessThanOrEqual(most)
    expect(first.y).toBeLessThanOrEqual(low.top + low.height - 5)
    if (second) expect(first.y - second.y).toBeGreaterThanOrEqual(14)
  })

  it('have one where the values differ little', () => {
    expect(ticks(low, new ValueScale(1_000_003, 1_000_009, 130, 44))).not.toEqual([])
  })

  it('are whole decades, or as many as can be read; between two decades round values', () => {
    expect(ticks({ top: 0, height: 200 }, new ValueScale(2e4, 9e6, 8, 189, true))).toEqual([1e5, 1e6])
    expect(ticks(low, new ValueScale(800, 1.2e9, 138, 33, true))).toEqual([1e6, 1e9])
    expect(ticks(low, new ValueScale(2e6, 8e6, 138, 33, true)).length).toBeGreaterThan(0)
  })

  it('are none where no label fits', () => {
    expect(ticks({ top: 0, height: 8 }, new ValueScale(0, 100, 0, 1))).toEqual([])
  })
})

describe('zooming', () => {
  const whole = { from: 0, to: 1_000_000 }

  it('keeps the time under the pointer where it is', () => {
    const near = zoomedRange(whole, 0.5, 250_000, whole)
    expect(near).toEqual({ from: 125_000, to: 625_000 })
  })

  it('ends at all of the time, and at a microsecond', () => {
    expect(zoomedRange({ from: 100, to: 900_000 }, 2, 5000, whole)).toBeUndefined()
    expect(zoomedRange({ from: 100, to: 1100 }, 0.1, 500, whole)).toEqual({ from: 100, to: 1100 })
  })

  it('does not move beyond the ends', () => {
    expect(movedRange({ from: 100, to: 5100 }, -900, whole)).toEqual({ from: 0, to: 5000 })
    expect(movedRange({ from: 100, to: 5100 }, 9e9, whole)).toEqual({ from: 995_000, to: 1_000_000 })
  })
})
