import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { excerptsBody, LONGEST_EXCERPT, MOST_EXCERPTS, parseExcerpts } from './capture-excerpts.ts'

describe('excerpts of a capture', () => {
  it('are asked for and understood, wherever they are', () => {
    const skips = fc.array(
      fc.oneof(
        fc.nat(300),
        fc.maxSafeNat().map((far) => Math.floor(far / 1000)),
      ),
      { maxLength: 50 },
    )
    fc.assert(
      fc.property(skips, (those) => {
        let place = 0
        const places = Float64Array.from(those, (skip) => (place += skip))
        expect(parseExcerpts('2', excerptsBody(places))).toEqual({ length: 2, places })
      }),
    )
    const most = Float64Array.from({ length: MOST_EXCERPTS }, (_, n) => n * 1e9)
    expect(parseExcerpts(String(LONGEST_EXCERPT), excerptsBody(most))?.places).toEqual(most)
  })

  it.each([
    ['of no length', '0', [1]],
    ['too long', String(LONGEST_EXCERPT + 1), [1]],
    ['of a length that is none', '1e1', [1]],
    ['without an end of the last number', '2', [1, 0x80]],
    ['behind all captures', '2', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
  ])('are refused: %s', (_, length, body) => {
    expect(parseExcerpts(length, Uint8Array.from(body))).toBeUndefined()
  })

  it('are refused where there are too many', () => {
    expect(parseExcerpts('2', new Uint8Array(MOST_EXCERPTS + 1))).toBeUndefined()
  })
})
