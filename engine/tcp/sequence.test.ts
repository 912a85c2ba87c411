import { describe, expect, it } from 'vitest'
import { after, atOrAfter, atOrBefore, before } from './sequence.ts'

describe('sequence numbers', () => {
  it('are ordered as numbers while they do not wrap', () => {
    expect(before(1, 2)).toBe(true)
    expect(before(2, 2)).toBe(false)
    expect(after(2, 1)).toBe(true)
    expect(after(1, 1)).toBe(false)
    expect(atOrBefore(2, 2)).toBe(true)
    expect(atOrAfter(2, 2)).toBe(true)
    expect(atOrAfter(1, 2)).toBe(false)
  })

  it('stay ordered across the wrap', () => {
    expect(before(0xffff_fff0, 5)).toBe(true)
    expect(after(5, 0xffff_fff0)).toBe(true)
    expect(atOrBefore(5, 0xffff_fff0)).toBe(false)
  })

  it('may be given as signed or unsigned', () => {
    expect(before(-16, 5)).toBe(true)
    expect(before(0xffff_fff0 | 0, 0xffff_fff1)).toBe(true)
    expect(atOrBefore(-1, 0xffff_ffff)).toBe(true)
  })

  it('half a circle apart are both before and after each other', () => {
    expect(before(0, 0x8000_0000)).toBe(true)
    expect(after(0, 0x8000_0000)).toBe(true)
  })
})
