import { expect, it } from 'vitest'
import { countOf, listOf, numberText } from './words.ts'

it('separates the thousands of every number', () => {
  expect(numberText(999)).toBe('999')
  expect(countOf(1_234_567, 'packet')).toBe('1,234,567 packets')
  expect(listOf(Array.from({ length: 2003 }, (_, i) => `p${i}`))).toBe('p0, p1, p2 and 2,000 more')
})
