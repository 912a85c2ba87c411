import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MOST_PIECES, MOST_PIECES_TEXT, parsePieces, piecesText } from './capture-pieces.ts'

describe('the text of pieces', () => {
  it('says the pieces, in any order', () => {
    const piece = fc.record({ offset: fc.nat({ max: 2 ** 40 }), length: fc.nat({ max: 1000 }) })
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 50 }), (pieces) => {
        expect(parsePieces(piecesText(pieces))).toEqual(pieces)
      }),
    )
  })

  it('is short for the first bytes of neighbouring frames, and never too long', () => {
    const heads = Array.from({ length: MOST_PIECES }, (_, n) => ({ offset: 24 + n * 1500, length: 86 }))
    expect(piecesText(heads).length).toBeLessThan(MOST_PIECES * 6)
    const apart = Array.from({ length: MOST_PIECES }, (_, n) => ({
      offset: n % 2 === 0 ? 0 : 2 ** 52,
      length: n % 512,
    }))
    expect(parsePieces(piecesText(apart))).toEqual(apart)
    expect(piecesText(apart).length).toBeLessThan(MOST_PIECES_TEXT)
  })
})
