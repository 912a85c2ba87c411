import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeUtf8, encodeUtf8 } from './utf8.ts'

describe('UTF-8', () => {
  it('decodes any bytes as the platform does, up to a NUL', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
        const end = bytes.indexOf(0) < 0 ? bytes.length : bytes.indexOf(0)
        const text = decodeUtf8(bytes, 0, bytes.length)
        // How many replacement characters a broken sequence gives is left open; the rest is not.
        const without = (s: string) => s.replace(/\ufffd+/gu, '\ufffd')
        expect(without(text)).toBe(without(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.slice(0, end))))
      }),
      { numRuns: 5000 },
    )
  })

  it('encodes any text as the platform does', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(encodeUtf8(text)).toEqual(new TextEncoder().encode(text))
      }),
    )
    expect(encodeUtf8('a\ud800b')).toEqual(new TextEncoder().encode('a\ud800b'))
  })

  it('brings every text back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const bytes = encodeUtf8(text)
        expect(decodeUtf8(bytes, 0, bytes.length)).toBe(text.split('\0')[0])
      }),
    )
  })
})
