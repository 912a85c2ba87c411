import { describe, expect, it } from 'vitest'
import { decimalsFor, niceStep, tickText, timeTicks } from './time-ticks.ts'

const S = 1e9
const DAY = 86_400 * S
const texts = (from: number, to: number, width: number, apart: number) =>
  timeTicks({ from, to }, width, apart).ticks.map(({ text }) => text)

describe('the ticks of a time axis', () => {
  it('count in steps a person would', () => {
    expect([1, 3, 7e3, 1.2e6, 4e9, 11e9, 40e9, 70e9].map(niceStep)).toEqual([1, 5, 1e4, 2e6, 5e9, 15e9, 60e9, 120e9])
  })

  it('lie on whole steps and are told apart', () => {
    expect(timeTicks({ from: 12.3 * S, to: 12.9 * S }, 600, 90).step).toBe(0.1 * S)
    expect(texts(12.3 * S, 12.9 * S, 600, 90)).toEqual(['12.3 s', '12.4 s', '12.5 s', '12.6 s', '12.7 s', '12.8 s'])
    expect(decimalsFor(2_000)).toBe(6)
  })

  it('are written as a clock does where they are long, and in days where they are days', () => {
    expect(tickText(3870 * S, 30 * S, true)).toBe('1:04:30')
    expect(tickText(65 * S, 5 * S, true)).toBe('1:05')
    expect(tickText(65.25 * S, 0.05 * S, true)).toBe('1:05.25')
    expect(texts(0, 61 * S, 600, 200)).toEqual(['0:00', '0:30', '1:00'])
    expect(texts(-1 * S, 8 * DAY, 600, 120)).toEqual(['0 d', '2 d', '4 d', '6 d'])
    expect(texts(0, 900 * DAY, 600, 90)).toEqual(['0 d', '200 d', '400 d', '600 d', '800 d'])
  })

  it('are none of a span of nothing but its beginning', () => {
    expect(texts(0, 0, 600, 90)).toEqual([])
  })
})
