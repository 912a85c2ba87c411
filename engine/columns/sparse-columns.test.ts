import { expect, it } from 'vitest'
import { SparseColumns } from './sparse-columns.ts'

it('sparse columns find the values of the rows that have some', () => {
  const columns = new SparseColumns()
  expect(columns.find(0)).toBe(-1)
  for (let row = 0; row < 1000; row += 7) columns.add(row, row * 2, row * 3)
  expect(columns.count).toBe(143)
  for (let row = 0; row < 1000; row++) {
    const place = columns.find(row)
    if (row % 7 === 0) expect([columns.first(place), columns.second(place)]).toEqual([row * 2, row * 3])
    else expect(place).toBe(-1)
  }
})
