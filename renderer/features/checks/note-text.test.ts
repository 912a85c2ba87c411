import { describe, expect, it } from 'vitest'
import type { CheckResult } from '../../../common/model/check.ts'
import { noteText } from './note-text.ts'

const result: CheckResult = {
  check: 'ss -tin',
  command: 'ss -tin',
  where: 'container app of pod web',
  at: Date.UTC(2026, 0, 2, 3, 4, 5),
  output: 'State\nESTAB',
}

describe('the note of a check', () => {
  it('says what was run, where and when, and what it said', () => {
    expect(noteText(result)).toBe('ss -tin in container app of pod web, 2026-01-02T03:04:05.000Z\n\nState\nESTAB')
  })

  it('says what is wrong, also when nothing was said', () => {
    expect(noteText({ ...result, output: '', problem: 'There is no ss.' })).toBe(
      'ss -tin in container app of pod web, 2026-01-02T03:04:05.000Z\nThere is no ss.',
    )
  })

  it('is cut at a line, says so, and never holds more than it may', () => {
    const output = Array.from({ length: 500 }, (_, i) => `line ${i}`).join('\n')
    const text = noteText({ ...result, output }, 1000)
    expect(text.length).toBeLessThanOrEqual(1000)
    const [, last, cut] = /line (\d+)\n\(cut: (\d+) of 502 lines are not kept\)$/.exec(text) ?? []
    expect(Number(last) + 1 + Number(cut)).toBe(500)
    expect(noteText({ ...result, output: 'x'.repeat(5000) }, 1000)).toMatch(/\(cut: 1 of 3 lines are not kept\)$/)
  })
})
