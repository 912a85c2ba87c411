import { describe, expect, it } from 'vitest'
import { KeptExcerpts } from './kept-excerpts.ts'

const fetched = (...places: number[]) => ({
  places: Uint16Array.from(places),
  width: 2,
  bytes: new Uint8Array(2 * places.length),
  isAll: true,
})

describe('excerpts that are kept', () => {
  it('serve those who want no others', () => {
    const kept = new KeptExcerpts()
    const those = fetched(1, 3, 4, 9)
    kept.keep('a', 0, those)
    expect(kept.find('a', 0, Uint16Array.of(1, 4, 9))).toBe(those)
    for (const others of [[0], [1, 2], [3, 10], [9, 10]])
      expect(kept.find('a', 0, Uint16Array.from(others))).toBeUndefined()
    expect(kept.find('a', 65_536, Uint16Array.of(1))).toBeUndefined()
    expect(kept.find('b', 0, Uint16Array.of(1))).toBeUndefined()
  })

  it('are not given up for fewer of the same, and for more', () => {
    const kept = new KeptExcerpts()
    kept.keep('a', 0, fetched(1, 2, 3))
    kept.keep('a', 0, fetched(2))
    expect(kept.find('a', 0, Uint16Array.of(1))).toBeDefined()
    kept.keep('a', 0, fetched(1, 2, 3, 4))
    expect(kept.find('a', 0, Uint16Array.of(4))).toBeDefined()
    expect(kept.bytes).toBe(16)
  })

  it('take no more than so many bytes: what was asked for longest ago goes, and of one the end', () => {
    // Of two places each.
    const kept = new KeptExcerpts(5 * 8)
    const holds = (what: string) => [0, 1, 2, 3, 4, 5].filter((chunk) => kept.find(what, chunk, Uint16Array.of(1)))
    for (const chunk of [0, 1]) kept.keep('a', chunk, fetched(1, 2))
    for (const chunk of [0, 1]) kept.keep('b', chunk, fetched(1, 2))
    expect([kept.bytes, holds('b'), holds('a')]).toEqual([32, [0, 1], [0, 1]])
    for (const chunk of [0, 1]) kept.keep('c', chunk, fetched(1, 2))
    expect([kept.bytes, holds('b'), holds('a'), holds('c')]).toEqual([32, [], [0, 1], [0, 1]])
    for (const chunk of [2, 3, 4, 5]) kept.keep('c', chunk, fetched(1, 2))
    expect([kept.bytes, holds('a'), holds('c')]).toEqual([40, [], [0, 1, 2, 3, 4]])
  })
})
