import { describe, expect, it } from 'vitest'
import type { PlacedNote } from '../../../engine/engine.ts'
import { marksOf } from './note-lane.tsx'
import { TimeScale } from './time-scale.ts'

const at = (from: number, to = from): PlacedNote => ({
  note: { id: String(from), anchor: { kind: 'capture' }, text: 'x', createdAt: 0, editedAt: 0 },
  imported: false,
  time: { from, to },
})

describe('marks of notes on the time axis', () => {
  const scale = new TimeScale({ from: 1000, to: 2000 }, 500)

  it('stand where what is noted begins, whole also at the edges', () => {
    expect(marksOf([at(200, 1900), at(1200), at(2000)], scale).map(({ left }) => left)).toEqual([0, 100, 490])
  })

  it('become one where they would cover each other', () => {
    const marks = marksOf([at(1000), at(1004), at(1018), at(1020), at(1500)], scale)
    expect(marks.map(({ left, notes }) => [left, notes.length])).toEqual([
      [0, 3],
      [10, 1],
      [250, 1],
    ])
  })
})
