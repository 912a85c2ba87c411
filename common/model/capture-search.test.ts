import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MOST_SEARCHED, parseSearch, searchText } from './capture-search.ts'
import { Needle } from './needle.ts'

describe('the text of a search', () => {
  it('says what is sought, and what may be in its place', () => {
    const pairs = fc.array(fc.tuple(fc.nat(255), fc.nat(255)), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(fc.array(pairs, { minLength: 1, maxLength: 5 }), fc.boolean(), (all, either) => {
        const needles = all.map((bytes) => {
          const first = Uint8Array.from(bytes, ([byte]) => byte)
          return either
            ? new Needle(
                first,
                Uint8Array.from(bytes, ([, other]) => other),
              )
            : new Needle(first)
        })
        const search = parseSearch(searchText(needles) ?? '', '7', '9')
        expect(search?.needles.map(({ bytes, others }) => [bytes, others])).toEqual(
          needles.map(({ bytes, others }) => [bytes, others]),
        )
        expect(search).toMatchObject({ from: 7, to: 9 })
      }),
    )
  })

  it('is none for too much', () => {
    const needle = (length: number) => new Needle(new Uint8Array(length))
    expect(searchText([])).toBeUndefined()
    expect(searchText([needle(0)])).toBeUndefined()
    expect(searchText([needle(256)])).toHaveLength(512)
    expect(searchText([needle(257)])).toBeUndefined()
    expect(searchText([needle(128), needle(128)])).toHaveLength(513)
    expect(searchText([needle(128), needle(129)])).toBeUndefined()
    expect(searchText(Array.from({ length: 17 }, () => needle(1)))).toBeUndefined()
  })

  it.each([
    ['', '0', '1'],
    ['6', '0', '1'],
    ['61:6', '0', '1'],
    ['61:6263', '0', '1'],
    ['61,', '0', '1'],
    ['6G', '0', '1'],
    ['61'.repeat(257), '0', '1'],
    ['61'.repeat(128) + ',' + '61'.repeat(129), '0', '1'],
    ['61,'.repeat(16) + '61', '0', '1'],
    ['61', '1', '0'],
    ['61', '-1', '0'],
    ['61', null, '1'],
    ['61', '0', '99999999999999999'],
    ['61', '0', String(MOST_SEARCHED + 1)],
  ])('that asks for "%s" from %s to %s is none', (text, from, to) => {
    expect(parseSearch(text, from, to)).toBeUndefined()
  })
})
