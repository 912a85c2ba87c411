import { describe, expect, it } from 'vitest'
import { splitMarks } from './marks.ts'

describe('marks of the info column', () => {
  it('are taken off the front, and only there', () => {
    expect(splitMarks('[TCP Dup ACK 3#1] [TCP Window Update] 443 → 5100 [ACK] Seq=1')).toEqual({
      marks: ['Dup ACK 3#1', 'Window Update'],
      text: '443 → 5100 [ACK] Seq=1',
    })
    expect(splitMarks('443 → 5100 [SYN]')).toEqual({ marks: [], text: '443 → 5100 [SYN]' })
    expect(splitMarks('')).toEqual({ marks: [], text: '' })
  })
})
