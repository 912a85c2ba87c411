import { describe, expect, it } from 'vitest'
import { LANES_TOP, placeLanes } from './lane-specs.ts'

const heights = (height: number) => placeLanes(height).map((place) => place.height)

describe('the places of lanes', () => {
  it('share a roomy height by weight', () => {
    expect(heights(LANES_TOP + 1340)).toEqual([130, 270, 200, 100, 100, 100, 440])
  })

  it.each([98, 104, 110, 120, 151, 400])('fill %i pixels without a gap, each high enough for its name', (room) => {
    const places = placeLanes(LANES_TOP + room)
    for (const [index, { top, height }] of places.entries()) {
      expect(top + height).toBe(places[index + 1]?.top ?? LANES_TOP + room)
      expect(height).toBeGreaterThanOrEqual(13)
    }
  })

  it('are none before the height is known', () => {
    expect(placeLanes(0)).toEqual([])
  })

  it.each([-10, 0, 40, 97])('share by weight what is too little: %i pixels', (room) => {
    expect(heights(LANES_TOP + room).reduce((sum, height) => sum + height, 0)).toBe(Math.max(0, room))
  })
})
