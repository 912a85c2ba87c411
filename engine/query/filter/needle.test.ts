import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Needle } from '../../../common/model/needle.ts'
import { NeedleScan } from './needle-scan.ts'

const few = (length: number) => fc.uint8Array({ min: 0, max: 3, maxLength: length })

function naively(haystack: Uint8Array, needle: Uint8Array, from: number): number {
  for (let at = from; at + needle.length <= haystack.length; at++) {
    if (needle.every((byte, i) => haystack[at + i] === byte)) return at
  }
  return -1
}

describe('a needle', () => {
  it('is found where it is, whichever of its bytes is looked for', () => {
    fc.assert(
      fc.property(few(60), few(4), fc.nat(60), fc.boolean(), (haystack, bytes, from, prepared) => {
        const needle = new Needle(bytes)
        if (prepared) needle.prepare(haystack)
        expect(needle.indexIn(haystack, from)).toBe(naively(haystack, bytes, from))
      }),
    )
  })

  it('is found in either case of its letters, also when it is asked for from place to place', () => {
    fc.assert(
      fc.property(
        few(60),
        fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { maxLength: 4 }),
        fc.array(fc.nat(60)),
        (haystack, letters, places) => {
          const needle = new Needle(
            Uint8Array.from(letters, ([byte]) => byte),
            Uint8Array.from(letters, ([, other]) => other),
          )
          needle.prepare(haystack)
          for (const from of places) {
            let at = from
            while (
              at + letters.length <= haystack.length &&
              !letters.every((letter, i) => letter.includes(haystack[at + i]))
            )
              at++
            expect(needle.indexIn(haystack, from)).toBe(at + letters.length <= haystack.length ? at : -1)
          }
        },
      ),
    )
  })

  it('is found within frames only, in whatever order they are asked about', () => {
    fc.assert(
      fc.property(
        few(80),
        fc.array(few(3), { minLength: 1 }),
        fc.array(fc.tuple(fc.nat(80), fc.nat(20))),
        (all, bytes, frames) => {
          const scan = new NeedleScan(
            bytes.map((one) => new Needle(one)),
            all,
          )
          for (const [at, length] of frames) {
            const end = Math.min(all.length, at + length)
            if (end < at) continue
            const expected = bytes.some((one) => naively(all.subarray(at, end), one, 0) >= 0)
            expect(scan.within(at, end)).toBe(expected)
          }
        },
      ),
    )
  })
})
