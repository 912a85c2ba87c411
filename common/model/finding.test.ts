import { expect, it } from 'vitest'
import { unbroken } from './finding.ts'

it('no line ends between a number and its unit', () => {
  const text = '3 of 167 lookups (3.6 %) took 14.6 s, 2.5 µs or 8 ms at 3.7 Mbit/s, with 12 kB in 5 segments of 2 hosts'
  expect(unbroken(text).replaceAll('\u{a0}', '_')).toBe(
    '3 of 167 lookups (3.6_%) took 14.6_s, 2.5_µs or 8_ms at 3.7_Mbit/s, with 12_kB in 5 segments of 2 hosts',
  )
})
