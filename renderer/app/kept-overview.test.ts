import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Overview } from '../../engine/engine.ts'
import { keepOverview, keptOverview } from './kept-overview.ts'

const OVERVIEW: Overview = {
  frames: 2,
  compression: 'none',
  epoch: 1_767_225_600_000_000_001n,
  latest: 5e9,
  bucketNs: 1e9,
  packets: Float64Array.of(1, 1),
  bytes: Float64Array.of(60, 1500),
  starts: [{ offset: 100, frames: 1, time: 0, latest: 0, described: 2 }],
  descriptions: Uint8Array.of(1, 255),
}

describe('an overview that is kept for a reload', () => {
  const stored = new Map<string, string>()
  beforeEach(() => {
    stored.clear()
    vi.stubGlobal('sessionStorage', {
      getItem: (key: string) => stored.get(key) ?? null,
      setItem: (key: string, text: string) => void stored.set(key, text),
    })
  })
  afterEach(() => {
    vi.unstubAllGlobals()
  })

  it('is there for the same capture only', () => {
    expect(keptOverview('a 10')).toBeUndefined()
    keepOverview('a 10', OVERVIEW)
    expect(keptOverview('a 10')).toEqual(OVERVIEW)
    expect(keptOverview('a 11')).toBeUndefined()
  })

  it('is not used when it can’t be understood', () => {
    for (const text of ['', '{', '{"of":"a"}', '{"of":"a","overview":{"starts":[],"packets":[]}}', 'null']) {
      stored.set('hopscope.overview', text)
      expect(keptOverview('a')).toBeUndefined()
    }
  })

  it('need not be kept', () => {
    vi.stubGlobal('sessionStorage', {
      setItem: () => {
        throw new DOMException('full', 'QuotaExceededError')
      },
    })
    expect(() => keepOverview('a', OVERVIEW)).not.toThrow()
    expect(keptOverview('a')).toBeUndefined()
  })
})
