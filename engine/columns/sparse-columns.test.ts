import { expect, it } from 'vitest'
import { SparseColumns } from './sparse-columns.ts'

/** Of the kernel's tables those from number 7 on: the rows 0, 7, 14, ... below 1000 with their double and threefold, in more room. */
function sparseColumns(): SparseColumns {
  const rows = Array.from({ length: 143 }, (_, n) => n * 7)
  const room = (values: readonly number[]) => Uint32Array.from({ length: 256 }, (_, n) => values[n] ?? 0)
  const tables = [rows, rows.map((row) => row * 2), rows.map((row) => row * 3)].map(room)
  return new SparseColumns({ unsigned: (table) => [...tables, Uint32Array.of(rows.length)][table - 7] }, 7)
}

it('sparse columns find the values of the rows that have some', () => {
  const columns = sparseColumns()
  for (let row = 0; row < 1010; row++) {
    const place = columns.find(row)
    if (row % 7 === 0 && row < 1000) expect([columns.first(place), columns.second(place)]).toEqual([row * 2, row * 3])
    else expect(place).toBe(-1)
  }
})

it('sparse columns tell which rows have values', () => {
  const columns = sparseColumns()
  expect([...columns.rows(8, 28)]).toEqual([14, 21])
  expect([...columns.rows(14, 29)]).toEqual([14, 21, 28])
  expect([...columns.rows(980, 5000)]).toEqual([980, 987, 994])
  expect([...columns.rows(5000, 6000)]).toEqual([])
})
