import { describe, expect, it } from 'vitest'
import { ScrollScale, TALLEST } from './scroll-scale.ts'

describe('scrolling a list of any length', () => {
  it('is plain pixels while the list is short', () => {
    const scale = new ScrollScale(1000, 20, 400)
    expect(scale.toPosition(1234)).toBe(1234)
    expect(scale.toScrollTop(1234)).toBe(1234)
    expect(scale.spaceHeight).toBe(20_000)
  })

  it('reaches the first and the last row of 50 million', () => {
    const scale = new ScrollScale(50_000_000, 20, 400)
    expect(scale.spaceHeight).toBe(TALLEST)
    expect(scale.toPosition(0)).toBe(0)
    expect(scale.toPosition(TALLEST - 400)).toBe(50_000_000 * 20 - 400)
  })

  it.each([1000, 50_000_000])('knows the end of %i rows, and none of a list that has no more than fits', (rows) => {
    const scale = new ScrollScale(rows, 20, 400)
    expect(scale.isAtEnd(scale.maxPosition)).toBe(true)
    expect(scale.isAtEnd(scale.maxPosition - 20)).toBe(false)
    expect(new ScrollScale(20, 20, 400).isAtEnd(0)).toBe(false)
  })

  it('goes there and back', () => {
    const scale = new ScrollScale(5_000_000, 20, 400)
    for (const position of [0, 1, 20, 12_345_678, 99_999_600]) {
      expect(scale.toPosition(scale.toScrollTop(position))).toBeCloseTo(position, 3)
    }
  })

  it('shows a row with as little movement as makes sense', () => {
    const scale = new ScrollScale(1000, 20, 400)
    expect(scale.reveal(1000, 55, 20)).toBe(1000)
    expect(scale.reveal(1000, 49, 20)).toBe(980)
    expect(scale.reveal(1000, 70, 20)).toBe(1020)
    expect(scale.reveal(1000, 500, 20)).toBe(500 * 20 - 190)
    expect(scale.reveal(1000, 0, 20)).toBe(0)
    expect(scale.reveal(0, 999, 20)).toBe(19_600)
  })

  it('stays put for a list shorter than the view', () => {
    const scale = new ScrollScale(3, 20, 400)
    expect(scale.maxPosition).toBe(0)
    expect(scale.reveal(0, 2, 20)).toBe(0)
  })
})
