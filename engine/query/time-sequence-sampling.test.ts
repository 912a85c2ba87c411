import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LineSampler } from './time-sequence-sampling.ts'

describe('a line with more points than pixels', () => {
  it('keeps of each pixel column the first, the lowest, the highest and the last point, in their order', () => {
    const line = new LineSampler(0, 100, 1)
    const values = [5, 3, 9, 4, 1, 7]
    values.forEach((value, i) => line.add(i, value, i))
    line.flush()
    expect(Array.from(line.points.points().row)).toEqual([0, 2, 4, 5])
  })

  it('covers the same range in every column, and ends where the whole line ends', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(999), fc.nat(50)), { minLength: 1, maxLength: 200 }), (points) => {
        const ordered = points.toSorted((a, b) => a[0] - b[0])
        const line = new LineSampler(0, 1000, 10)
        ordered.forEach(([time, value], i) => line.add(time, value, i))
        line.flush()
        const { time, value, row } = line.points.points()
        expect([...row]).toEqual([...row].toSorted((a, b) => a - b))
        const columns = (pairs: readonly (readonly [number, number])[]) => {
          const found = new Map<number, readonly number[]>()
          for (const [at, y] of pairs) {
            const column = Math.floor(at / 100)
            const [low = y, high = y] = found.get(column) ?? []
            found.set(column, [Math.min(low, y), Math.max(high, y)])
          }
          return found
        }
        expect(columns(Array.from(time, (at, i) => [at, value[i]] as const))).toEqual(columns(ordered))
        expect(row[row.length - 1]).toBe(ordered.length - 1)
      }),
    )
  })
})
