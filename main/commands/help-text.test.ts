import { describe, expect, it } from 'vitest'
import { helpText } from './help-text.ts'

const words = (text: string) => text.split(/\s+/)

describe('help', () => {
  it('keeps short lines, blank ones and examples as they are', () => {
    const text =
      'Usage: a FILE\n\nSays it.\nAlways.\n\n  --json   as JSON\n           and more\n\n  hopscope a\n  hopscope b\n'
    expect(helpText(text)).toBe(
      'Usage: a FILE\n\nSays it.\nAlways.\n\n  --json   as JSON and more\n\n  hopscope a\n  hopscope b\n',
    )
  })

  it('breaks long lines before 100 columns, beside their term, and loses no word', () => {
    const long = 'word '.repeat(40).trim()
    const text = `${long}\n${long}\n\n  --frames A-B    ${long}\n                  ${long}`
    const told = helpText(text)
    expect(words(told)).toEqual(words(text))
    const lines = told.split('\n')
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100)
    const [first = 0] = lines.flatMap((line, i) => (line.startsWith('  --frames') ? [i] : []))
    for (const line of lines.slice(first + 1)) expect(line).toMatch(/^ {18}word/)
  })
})
