import { describe, expect, it } from 'vitest'
import { type FoundPlaces, MOST_SEARCHED } from '../../common/model/capture-search.ts'
import { Needle } from '../../common/model/needle.ts'
import { SearchAhead } from './search-ahead.ts'

const NEEDLE = new Needle(Uint8Array.of(0x61))

/** Finds something at the third byte of each block of a capture. */
function searching(size: number) {
  const asked: number[] = []
  const capture = { size, fails: false }
  const ahead = new SearchAhead(async (text, from, to) => {
    expect(text).toBe('61')
    asked.push(from / MOST_SEARCHED)
    if (capture.fails) throw new Error('the host is gone')
    const end = Math.max(from, Math.min(to, capture.size))
    return { places: Float64Array.from(from + 3 < end ? [from + 3] : []), to: end }
  })
  return { ahead, asked, capture }
}

describe('a search in blocks', () => {
  it('asks for each block once, one ahead', async () => {
    const { ahead, asked } = searching(MOST_SEARCHED * 9)
    expect(await ahead.search([NEEDLE], 10, 50)).toEqual({ places: Float64Array.of(3), to: MOST_SEARCHED })
    expect(asked).toEqual([0, 1])
    expect(await ahead.search([NEEDLE], 50, MOST_SEARCHED * 3)).toEqual({
      places: Float64Array.from([0, 1, 2], (block) => block * MOST_SEARCHED + 3),
      to: MOST_SEARCHED * 3,
    })
    expect(asked).toEqual([0, 1, 2, 3])
  })

  it('says where it ended, and looks there again for what came', async () => {
    const { ahead, capture } = searching(MOST_SEARCHED + 2)
    const to = MOST_SEARCHED + 2
    expect(await ahead.search([NEEDLE], 0, to)).toEqual({ places: Float64Array.of(3), to })
    capture.size = MOST_SEARCHED * 2
    expect(await ahead.search([NEEDLE], 0, MOST_SEARCHED * 2)).toEqual({
      places: Float64Array.of(3, MOST_SEARCHED + 3),
      to: MOST_SEARCHED * 2,
    })
  })

  it('passes on why it failed, and asks again', async () => {
    const { ahead, capture } = searching(MOST_SEARCHED * 4)
    capture.fails = true
    await expect(ahead.search([NEEDLE], 0, 5)).rejects.toThrow('the host is gone')
    capture.fails = false
    expect((await ahead.search([NEEDLE], 0, 5))?.to).toBe(MOST_SEARCHED)
  })

  it('ends with who asked, and is asked again for who still waits', async () => {
    const asked: { readonly from: number; readonly signal: AbortSignal | undefined; readonly end: () => void }[] = []
    const ahead = new SearchAhead((_text, from, to, signal) => {
      const { promise, resolve, reject } = Promise.withResolvers<FoundPlaces>()
      signal?.addEventListener('abort', () => reject(new Error('aborted')))
      asked.push({ from, signal, end: () => resolve({ places: new Float64Array(0), to }) })
      return promise
    })
    const [first, second] = [new AbortController(), new AbortController()]
    const given = ahead.search([NEEDLE], 0, 5, first.signal)
    const waits = ahead.search([NEEDLE], 0, 5, second.signal)
    expect(asked.map(({ signal }) => signal)).toEqual([first.signal, first.signal])
    first.abort()
    await expect(given).rejects.toThrow('aborted')
    await expect.poll(() => asked.length).toBe(3)
    expect(asked[2]).toMatchObject({ from: 0, signal: second.signal })
    asked[2].end()
    expect((await waits)?.to).toBe(MOST_SEARCHED)
    // What was searched is known, though its search is given up later.
    second.abort()
    expect((await ahead.search([NEEDLE], 0, 5))?.to).toBe(MOST_SEARCHED)
    expect(asked.filter(({ from }) => from === 0)).toHaveLength(2)
  })

  it('is none for nothing', () => {
    expect(searching(5).ahead.search([], 0, 5)).toBeUndefined()
  })
})
