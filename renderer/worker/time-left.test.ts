import { describe, expect, it } from 'vitest'
import { TimeLeft } from './time-left.ts'

/** What is said each 250 ms while so many bytes are read in each second. */
function said(size: number, perSecond: readonly number[]): readonly (number | undefined)[] {
  const left = new TimeLeft(size)
  let bytes = 0
  const answers = [left.at(0, 0)]
  for (const [second, pace] of perSecond.entries()) {
    for (let quarter = 1; quarter <= 4; quarter++) {
      bytes += pace / 4
      answers.push(left.at(second * 1000 + quarter * 250, bytes))
    }
  }
  return answers
}

describe('the time that reading still takes', () => {
  it('is not told in the first seconds, then counts down in whole ones', () => {
    const answers = said(10_000, Array<number>(10).fill(1000))
    expect(answers.slice(0, 12).every((each) => each === undefined)).toBe(true)
    expect([12, 16, 20, 36].map((i) => answers[i])).toEqual([7000, 6000, 5000, 1000])
    expect(answers.at(-1)).toBeUndefined()
  })

  it('waits until the pace is steady, and goes by that alone', () => {
    const answers = said(100_000, [10, 100, 1000, 4000, 4000, 4000, 4000, 4000, 4000])
    const first = answers.findIndex((each) => each !== undefined)
    expect(first).toBe(24)
    expect(answers.at(-1)).toBeLessThan(30_000)
  })

  it('is told on when the pace changes', () => {
    const answers = said(100_000, [4000, 4000, 4000, 500, 500, 500, 500, 500, 500, 500])
    expect(answers.slice(12).every((each) => each !== undefined)).toBe(true)
    expect(answers.at(-1)).toBeGreaterThan(100_000)
  })

  it('is not known of what grows, and while nothing comes', () => {
    expect(said(0, Array<number>(6).fill(1000)).every((each) => each === undefined)).toBe(true)
    expect(said(1000, Array<number>(6).fill(0)).every((each) => each === undefined)).toBe(true)
  })
})
