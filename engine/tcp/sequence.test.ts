import { describe, expect, it } from 'vitest'
import { after, atOrAfter } from './sequence.ts'

describe('sequence numbers', () => {
  it('are ordered as numbers while they do not wrap', () => {
    expect(after(2, 1)).toBe(true)
    expect(after(1, 1)).toBe(false)
    expect(atOrAfter(2, 2)).toBe(true)
    expect(atOrAfter(1, 2)).toBe(false)
  })

  it('stay ordered across the wrap', () => {
    expect(after(5, 0xffff_fff0)).toBe(true)
    expect(after(0xffff_fff0, 5)).toBe(false)
    expect(atOrAfter(0xffff_fff0, 5)).toBe(false)
  })

  it('may be given as signed or unsigned', () => {
    expect(after(5, -16)).toBe(true)
    expect(after(0xffff_fff1, 0xffff_fff0 | 0)).toBe(true)
    expect(atOrAfter(0xffff_ffff, -1)).toBe(true)
  })

  it('half a circle apart are each after the other', () => {
    expect(after(0x8000_0000, 0)).toBe(true)
    expect(after(0, 0x8000_0000)).toBe(true)
  })
})
