import { describe, expect, it } from 'vitest'
import { Latest } from './latest.ts'

describe('values worked out lately', () => {
  it('are found by their key', () => {
    const latest = new Latest<number>(2)
    expect(latest.find('a')).toBeUndefined()
    expect(latest.put('a', 1)).toBe(1)
    expect(latest.find('a')).toBe(1)
    latest.put('a', 2)
    expect(latest.find('a')).toBe(2)
  })

  it('are forgotten in the order of their use', () => {
    const latest = new Latest<number>(2)
    latest.put('a', 1)
    latest.put('b', 2)
    latest.find('a')
    latest.put('c', 3)
    expect([latest.find('a'), latest.find('b'), latest.find('c')]).toEqual([1, undefined, 3])
  })
})
