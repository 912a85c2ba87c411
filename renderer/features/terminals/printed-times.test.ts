import { describe, expect, it } from 'vitest'
import { PrintedTimes } from './printed-times.ts'

/** Lines 0, 10 and 20 begin something at 1, 2 and 3 seconds; the cursor is at the start of line 25. */
function printed() {
  const times = new PrintedTimes()
  const marks = [{ line: 0 }, { line: 10 }, { line: 20 }]
  marks.forEach((mark, i) => times.add((i + 1) * 1000, true, () => mark))
  return { times, marks, end: { line: 25, atLineStart: true } }
}

describe('when lines were printed', () => {
  it('is known for whole pieces of output', () => {
    const { times, end } = printed()
    expect(times.linesIn(2000, 2001, end)).toEqual([{ first: 10, last: 19 }])
    expect(times.linesIn(3000, 9000, end)).toEqual([{ first: 20, last: 24 }])
    expect(times.linesIn(1500, 1900, end)).toEqual([])
    expect(times.linesIn(0, 9000, end)).toEqual([{ first: 0, last: 24 }])
  })

  it('counts a line that two share to both', () => {
    const times = new PrintedTimes()
    times.add(1000, true, () => ({ line: 0 }))
    times.add(2000, false, () => ({ line: 3 }))
    const end = { line: 3, atLineStart: false }
    expect(times.linesIn(1000, 1500, end)).toEqual([{ first: 0, last: 3 }])
    expect(times.linesIn(2000, 2500, end)).toEqual([{ first: 3, last: 3 }])
  })

  it('puts together what comes quickly, with one mark', () => {
    const times = new PrintedTimes()
    let marks = 0
    for (let time = 1000; time < 1100; time += 5) times.add(time, true, () => ({ line: marks++ }))
    expect(marks).toBe(1)
    expect(times.linesIn(1090, 1095, { line: 5, atLineStart: true })).toEqual([{ first: 0, last: 4 }])
  })

  it('forgets what has gone from the terminal', () => {
    const { times, marks, end } = printed()
    marks[0].line = -1
    expect(times.linesIn(1000, 1001, end)).toEqual([{ first: 0, last: 9 }])
    marks[1].line = -1
    expect(times.linesIn(1000, 1001, end)).toEqual([])
    expect(times.linesIn(2000, 2001, end)).toEqual([{ first: 0, last: 19 }])
  })
})
