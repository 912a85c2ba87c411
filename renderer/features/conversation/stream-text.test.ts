import { describe, expect, it } from 'vitest'
import { hexOf, lineParts, needleOf, plainLine, textOf } from './stream-text.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

describe('matches in a line', () => {
  const parts = (position: number, length: number, matches: readonly number[], size: number) =>
    lineParts(position, length, Float64Array.from(matches), size).map(({ from, to, match }) => [from, to, match])

  it('cut it into what matches and what does not', () => {
    expect(parts(100, 10, [102, 107], 2)).toEqual([
      [0, 2, undefined],
      [2, 4, 0],
      [4, 7, undefined],
      [7, 9, 1],
      [9, 10, undefined],
    ])
  })

  it('begin in the line before and end in the next', () => {
    expect(parts(100, 10, [50, 98, 108, 110], 4)).toEqual([
      [0, 2, 1],
      [2, 8, undefined],
      [8, 10, 2],
    ])
  })

  it('may overlap', () => {
    expect(parts(0, 5, [0, 2], 3)).toEqual([
      [0, 3, 0],
      [3, 5, 1],
    ])
  })

  it('leave the line whole where there are none', () => {
    expect(parts(0, 3, [], 3)).toEqual([[0, 3, undefined]])
    expect(parts(0, 0, [7], 3)).toEqual([[0, 0, undefined]])
  })
})

describe('bytes on screen', () => {
  it('are text, with dots for what has no shape or would turn the text around', () => {
    expect(textOf(bytes('a\tb\u{0}\u{202e}ü'))).toBe('a    b··ü')
    expect(textOf(Uint8Array.of(0x61, 0xff))).toBe('a·')
  })

  it('are hex in two halves, wherever a part of the line begins', () => {
    expect(hexOf(bytes('abcdefghi'), 0)).toBe('61 62 63 64 65 66 67 68  69 ')
    expect(hexOf(bytes('hi'), 7)).toBe('68  69 ')
  })

  it('are copied as they are shown, but with their own control characters', () => {
    const line = { side: 'client', row: 0, offset: 32, position: 32 } as const
    expect(plainLine({ ...line, bytes: bytes('a\tb') }, 'text')).toBe('a\tb')
    expect(plainLine({ ...line, bytes: bytes('hi\n') }, 'hex')).toBe(
      '00000020  68 69 0a                                          hi.',
    )
    expect(plainLine({ ...line, bytes: bytes(''), missing: { bytes: 1, why: 'gap' } }, 'raw')).toBe(
      '[1 byte not captured]',
    )
  })
})

describe('what is looked for', () => {
  it('is text in any case, or bytes', () => {
    expect(needleOf('Host:')).toEqual({ bytes: bytes('Host:'), anyCase: true })
    expect(needleOf('0x0d0A 0d')).toEqual({ bytes: Uint8Array.of(13, 10, 13), anyCase: false })
    expect(needleOf('0x0').anyCase).toBe(true)
  })
})
