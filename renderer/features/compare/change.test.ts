import { describe, expect, it } from 'vitest'
import { changeOfRate, changeOfTime } from './change.ts'

const ms = (value: number, beyond = false) => ({ ns: value * 1e6, beyond })

describe('the change of a time', () => {
  it('is a share of what it was, and a factor where it is many times as long', () => {
    expect(changeOfTime(ms(10), ms(12.3))).toEqual({ text: '+23 %', by: 1.23, better: false })
    expect(changeOfTime(ms(10), ms(4))).toEqual({ text: '−60 %', by: 0.4, better: true })
    expect(changeOfTime(ms(2), ms(455))).toMatchObject({ text: '× 228', better: false })
  })

  it('is not pointed out where it is small', () => {
    expect(changeOfTime(ms(100), ms(104))).toEqual({ text: '+4 %', by: 1.04 })
    expect(changeOfTime(ms(100), ms(99.9))).toMatchObject({ text: '0 %' })
  })

  it('is at least so much where requests were never answered, and then never better', () => {
    expect(changeOfTime(ms(10), ms(30, true))).toMatchObject({ text: '≥ +200 %', better: false })
    expect(changeOfTime(ms(10), ms(5, true))).toEqual({ text: '≥ −50 %', by: 0.5 })
  })

  it('is not known where one of the two is not', () => {
    for (const [a, b] of [
      [undefined, ms(1)],
      [ms(1), undefined],
      [ms(1, true), ms(2)],
      [ms(NaN), ms(2)],
      [ms(1), ms(NaN)],
    ])
      expect(changeOfTime(a, b)).toEqual({ text: '', by: undefined })
  })
})

describe('the change of how many packets of a thousand', () => {
  it('is in those, so that what was not there before has one', () => {
    expect(changeOfRate(0, 12.34)).toEqual({ text: '+12.3', by: 12.34, better: false })
    expect(changeOfRate(8, 2)).toEqual({ text: '−6.0', by: -6, better: true })
    expect(changeOfRate(1, 1.01)).toEqual({ text: '0.0', by: expect.closeTo(0.01) })
  })
})
