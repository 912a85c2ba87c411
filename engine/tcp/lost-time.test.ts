import { describe, expect, it } from 'vitest'
import { LostTime } from './lost-time.ts'

function add(lost: LostTime, ...intervals: readonly (readonly [number, number])[]) {
  let head = 0
  const added = intervals.map(([from, to]) => {
    head = lost.add(head, from, to)
    return lost.added
  })
  return { head, added, intervals: [...lost.intervals(head)].map(({ from, to }) => [from, to]) }
}

describe('lost time', () => {
  it('of separate intervals adds up', () => {
    expect(add(new LostTime(), [10, 20], [30, 35])).toMatchObject({ added: [10, 5], intervals: [[30, 35], [10, 20]] }) // prettier-ignore
  })

  it('of overlapping intervals counts once', () => {
    expect(add(new LostTime(), [10, 20], [15, 30])).toMatchObject({ added: [10, 10], intervals: [[10, 30]] })
    expect(add(new LostTime(), [10, 20], [20, 30])).toMatchObject({ added: [10, 10], intervals: [[10, 30]] })
    expect(add(new LostTime(), [10, 20], [10, 20])).toMatchObject({ added: [10, 0], intervals: [[10, 20]] })
  })

  it('counts the gaps of an interval that spans earlier ones', () => {
    const { added, intervals } = add(new LostTime(), [10, 20], [30, 40], [50, 60], [15, 70])
    expect(added).toEqual([10, 10, 10, 30])
    expect(intervals).toEqual([[10, 70]])
  })

  it('is none where an interval is empty or the clock was set back', () => {
    expect(add(new LostTime(), [20, 20], [20, 10]).added).toEqual([0, 0])
    expect(add(new LostTime(), [100, 200], [10, 20])).toMatchObject({ added: [100, 0], intervals: [[100, 200]] })
  })

  it('can be asked what is not covered yet', () => {
    const lost = new LostTime()
    const { head } = add(lost, [10, 20], [30, 40])
    expect(lost.uncovered(head, 0, 50)).toBe(30)
    expect(lost.uncovered(head, 12, 18)).toBe(0)
    expect(lost.uncovered(0, 12, 18)).toBe(6)
  })

  it('of many conversations is kept apart and reuses its room', () => {
    const lost = new LostTime()
    const heads = [0, 0, 0]
    for (let round = 0; round < 1000; round++) {
      for (const n of [0, 1, 2]) heads[n] = lost.add(heads[n], round * 10, round * 10 + 10 + (n === 1 ? -5 : 0))
    }
    expect(heads.map((head) => [...lost.intervals(head)].length)).toEqual([1, 1000, 1])
  })
})
