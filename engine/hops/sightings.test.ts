import { describe, expect, it } from 'vitest'
import { Sightings } from './sightings.ts'

describe('sightings', () => {
  it('tell who carried the same key, whatever the number of keys', () => {
    const sightings = new Sightings()
    const isSame = (who: number) => (other: number) => other === who
    const expected = new Map<number, number[]>()
    for (let who = 0; who < 3; who++) {
      for (let i = 0; i < 20_000; i += who + 1) {
        const key = (i % 2) * 2 ** 52 + i * 2 ** 20 + (i % 7)
        sightings.add(key, who, isSame(who))
        sightings.add(key, who, isSame(who))
        expected.set(key, [...(expected.get(key) ?? []), who])
      }
    }
    const shared = Array.from(sightings.shared(), ({ key, by }): [number, number[]] => [key, by])
    const several = Array.from(expected).filter(([, by]) => by.length > 1)
    expect(shared.toSorted(([a], [b]) => a - b)).toEqual(several.toSorted(([a], [b]) => a - b))
  })
})
