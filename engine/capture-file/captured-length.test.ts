import { expect, it } from 'vitest'
import { maximumCapturedLength } from './captured-length.ts'

it('limits how long a packet can be, except where snap length or link say more', () => {
  expect(maximumCapturedLength(1, 96)).toBe(262_144)
  expect(maximumCapturedLength(1, 524_288)).toBe(524_288)
  expect(maximumCapturedLength(1, 0xffff_ffff)).toBe(262_144)
  expect(maximumCapturedLength(231, 0)).toBe(128 * 1024 * 1024)
})
