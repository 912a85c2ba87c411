import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { expand } from '../demo/cluster/expansion.ts'
import { containerCommand, fromLiteral, literal } from './container-command.ts'

describe('a container command', () => {
  const variables = new Map([
    ['HOME', '/root'],
    ['date +%s', 'taken for a variable'],
  ])

  it.each([
    ['echo $$ > pid', 'echo $ > pid'],
    ['$(HOME)/x', '/root/x'],
    ['$$(HOME)', '$(HOME)'],
    ['$$$(HOME)', '$/root'],
    ['now=$(date)', 'now=$(date)'],
    ['$((1 + $(HOME)))', '$((1 + $(HOME)))'],
    ['${HOME} $x $', '${HOME} $x $'],
    ['$(HOME', '$(HOME'],
  ])('as the kubelet expands it: %s', (text, expanded) => {
    expect(expand(text, variables)).toBe(expanded)
  })

  it('reaches the shell as it was written, whatever it is', () => {
    const text = fc.string({ unit: fc.constantFrom('$', '(', ')', '{', 'HOME', 'date +%s', ' ') })
    fc.assert(
      fc.property(text, (words) => {
        expect(expand(literal(words), variables)).toBe(words)
        expect(fromLiteral(literal(words))).toBe(words)
      }),
    )
    expect(containerCommand(['sh', '-c', 'echo $$'])).toEqual(['sh', '-c', 'echo $$$$'])
  })
})
