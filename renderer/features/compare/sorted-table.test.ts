import { expect, it } from 'vitest'
import { sortedBy } from './sorted-table.tsx'

it('sorts rows by a value, with those that have none last either way', () => {
  const rows = [{ n: 2 }, { n: undefined }, { n: 3 }, { n: 1 }]
  const by = (descending: boolean) => sortedBy(rows, ({ n }) => n, descending).map(({ n }) => n)
  expect(by(true)).toEqual([3, 2, 1, undefined])
  expect(by(false)).toEqual([1, 2, 3, undefined])
})
