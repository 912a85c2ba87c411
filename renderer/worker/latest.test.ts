import { describe, expect, it } from 'vitest'
import { Latest } from './latest.ts'

describe('values worked out lately', () => {
  it('are made once, also while the first is under way', async () => {
    const latest = new Latest<number>(2)
    let made = 0
    const make = () => Promise.resolve(++made)
    expect(await Promise.all([latest.get('a', make), latest.get('a', make)])).toEqual([1, 1])
    expect(await latest.get('a', make)).toBe(1)
  })

  it('are forgotten in the order of their use', async () => {
    const latest = new Latest<number>(2)
    let made = 0
    const make = () => Promise.resolve(++made)
    await latest.get('a', make)
    await latest.get('b', make)
    await latest.get('a', make)
    await latest.get('c', make)
    expect(await latest.get('a', make)).toBe(1)
    expect(await latest.get('b', make)).toBe(4)
  })

  it('are asked for again after a failure', async () => {
    const latest = new Latest<number>(2)
    await expect(latest.get('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await latest.get('a', () => Promise.resolve(7))).toBe(7)
  })
})
