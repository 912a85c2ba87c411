import { expect, it } from 'vitest'
import { afterText, countOf, listOf, msText, numberText, partOf } from './words.ts'

it('separates the thousands of every number', () => {
  expect(numberText(999)).toBe('999')
  expect(countOf(1_234_567, 'packet')).toBe('1,234,567 packets')
  expect(listOf(Array.from({ length: 2003 }, (_, i) => `p${i}`))).toBe('p0, p1, p2 and 2,000 more')
})

it('says a part of a whole as a person would', () => {
  expect(partOf(3, 9, 'lookup')).toBe('3 of 9 lookups (33 %)')
  expect(partOf(9, 9, 'lookup')).toBe('all 9 lookups')
  expect(partOf(2, 2, 'lookup')).toBe('both lookups')
  expect(partOf(1, 1, 'lookup')).toBe('the only lookup')
})

it('says waits once where they are alike', () => {
  expect(afterText([2e9])).toBe('after 2.00 s')
  expect(afterText([2e9, 2e9])).toBe('each after 2.00 s')
  expect(afterText([2e6, 3e6, 9e6])).toBe('after 3.00 ms at the median and 9.00 ms at most')
})

it('counts long waits in days', () => {
  expect(msText(47.5 * 3_600_000)).toBe('47 h 30 min')
  expect(msText(10_486 * 3_600_000)).toBe('436 d 22 h')
})
