import { describe, expect, it } from 'vitest'
import { rowOfFrame } from './packet-search.ts'

describe('the number of a packet', () => {
  it('is counted from 1, with or without separators', () => {
    expect(rowOfFrame('1', 0, 10)).toEqual({ row: 0 })
    expect(rowOfFrame(' 2,162 ', 0, 3000)).toEqual({ row: 2161 })
  })

  it('is that of the file where only a part of it is read', () => {
    expect(rowOfFrame('1001', 1000, 10)).toEqual({ row: 0 })
    expect(rowOfFrame('1010', 1000, 10)).toEqual({ row: 9 })
    expect(rowOfFrame('1000', 1000, 10)).toHaveProperty('problem')
    expect(rowOfFrame('1011', 1000, 10)).toHaveProperty('problem')
  })

  it('is refused when it is none', () => {
    for (const text of ['', '-1', '0', 'x', '1e3', '11']) expect(rowOfFrame(text, 0, 10)).toHaveProperty('problem')
    expect(rowOfFrame('1', 0, 0)).toEqual({ problem: 'There is no packet yet.' })
  })
})
