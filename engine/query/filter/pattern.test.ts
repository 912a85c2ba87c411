import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeUtf8, encodeUtf8 } from '../../capture-file/utf8.ts'
import { PatternError } from './pattern-syntax.ts'
import { Pattern } from './pattern.ts'

const matches = (pattern: string, text: string) => new Pattern(pattern).test(encodeUtf8(text))

function refusal(pattern: string): { readonly message: string; readonly at: number } {
  try {
    new Pattern(pattern)
  } catch (error) {
    if (error instanceof PatternError) return { message: error.message, at: error.at }
    throw error
  }
  throw new Error(`${pattern} was accepted`)
}

describe('a pattern', { timeout: 60_000 }, () => {
  it.each([
    ['get', 'GET / HTTP/1.1', true],
    ['(?-i)get', 'GET / HTTP/1.1', false],
    ['a(?-i)B', 'AB', true],
    ['a(?-i)B', 'Ab', false],
    ['a(?-i:B)c', 'ABC', true],
    ['a(?-i:B)c', 'AbC', false],
    ['^GET', ' GET', false],
    ['^GET', 'GET', true],
    ['1$', 'HTTP/1.1', true],
    ['1$', 'HTTP/1.1\n', true],
    ['1\\z', 'HTTP/1.1\n', false],
    ['(?m)^b$', 'a\nb\nc', true],
    ['^b$', 'a\nb\nc', false],
    ['a.c', 'a\nc', false],
    ['(?s)a.c', 'a\nc', true],
    ['a|b|cd', 'xxcdx', true],
    ['a|b|cd', 'xxcx', false],
    ['ab?c', 'ac', true],
    ['x{3}', 'xx', false],
    ['x{3}', 'xxxx', true],
    ['^x{2,3}$', 'xxxx', false],
    ['^x{2,}$', 'xxxx', true],
    ['a{,3}b', 'aab', true],
    ['a{b}', 'a{b}', true],
    ['[0-9a-f]{4}', 'zz12Fz', false],
    ['[0-9a-f]{4}', 'zz12F0z', true],
    ['[^a-z]', 'abcZ', false],
    ['(?-i)[^a-z]', 'abcZ', true],
    ['[]a]', ']', true],
    ['[a\\]b]', ']', true],
    ['[-x]', '-', true],
    ['[[:digit:]]{2}', 'a42', true],
    ['\\d+\\s\\w', '12 _', true],
    ['\\D', '123', false],
    ['\\x41\\x{42}', 'ab', true],
    ['\\bcat\\b', 'a cat.', true],
    ['\\bcat\\b', 'concat', false],
    ['\\Bcat', 'concat', true],
    ['(?<name>a)(?:b)', 'ab', true],
    ['', '', true],
    ['(|a)b', 'b', true],
    ['(a*)*b', 'aab', true],
    ['grüße', 'viele grüße', true],
    ['a\\.b', 'a-b', false],
    ['a*?b', 'aab', true],
  ])('%s in %j: %s', (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected)
  })

  it('matches raw bytes', () => {
    expect(new Pattern('\\xff\\x00').test(Uint8Array.of(1, 0xff, 0, 2))).toBe(true)
    expect(new Pattern('\\xff\\x00').test(Uint8Array.of(1, 0xff, 0, 2), 0, 2)).toBe(false)
  })

  it('takes time in proportion to the bytes for expressions that make backtracking ones hang', () => {
    const text = encodeUtf8('a'.repeat(50_000))
    for (const pattern of ['(a+)+b', '(a|a)*b', '(a|aa)+$b', 'a*a*a*a*a*b', '(.*)*x', '(a?){900}b']) {
      expect(new Pattern(pattern).test(text)).toBe(false)
    }
  })

  it('stays within its memory when the automaton has very many states', () => {
    const pattern = new Pattern('a.{14}b.{14}c')
    let seed = 1
    const text = Uint8Array.from({ length: 100_000 }, () => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0
      return seed & 0x10000 ? 97 : 98
    })
    expect(pattern.test(text)).toBe(false)
    expect(pattern.test(encodeUtf8('aaa' + 'x'.repeat(14) + 'b' + 'y'.repeat(14) + 'c'))).toBe(true)
  })

  it.each([
    ['(', 'is missing for this "("', 0],
    ['a)', 'closes nothing', 1],
    ['*a', 'nothing before "*"', 0],
    ['a**', 'follows another', 2],
    ['[a', 'is missing for this "["', 0],
    ['[z-a]', 'wrong order', 2],
    ['a{3,2}', 'wrong order', 1],
    ['a{5000}', 'at most 1000', 1],
    ['(?=a)', 'looking ahead or behind', 0],
    ['(?<!a)b', 'looking ahead or behind', 0],
    ['(a)\\1', 'references to groups', 3],
    ['a\\', 'nothing follows', 1],
    ['a++', 'possessive', 2],
    ['[[:nope:]]', 'not a class', 1],
    ['((((a{1000}){1000}){1000}){1000})', 'too large', 0],
    ['\\q', 'not supported', 0],
  ])('%s is refused, saying why and where', (pattern, message, at) => {
    const refused = refusal(pattern)
    expect(refused.message).toContain(message)
    expect(refused.at).toBe(at)
  })

  it.each([
    ['nee+dle', 'nee'],
    ['/api/v[1-3]/orders/\\d+', '/orders/'],
    ['(?:GET|POST) /health', ' /health'],
    ['(abc){2,}d?', 'abc'],
    ['^HTTP/1\\.1\\b 5', 'http/1.1 5'],
    ['a.b|c', undefined],
    ['(?:abcdef)?xy', undefined],
  ])('%s is looked for only where "%s" is', (source, run) => {
    const found = new Pattern(source).run
    expect(found && decodeUtf8(found.bytes, 0, found.bytes.length).toLowerCase()).toBe(run)
  })

  it('refuses deep nesting instead of running out of stack', () => {
    expect(refusal('('.repeat(100_000)).message).toContain('too deeply')
  })

  it('agrees with the regular expressions of the language on what both understand', () => {
    const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\w', '\\b', '^', '$')
    const pattern = fc.letrec<{ node: string }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 4 },
        atom,
        fc.tuple(tie('node'), tie('node')).map(([a, b]) => a + b),
        fc.tuple(tie('node'), tie('node')).map(([a, b]) => `(?:${a}|${b})`),
        fc.tuple(tie('node'), fc.constantFrom('*', '+', '?', '{2}', '{1,2}')).map(([a, q]) => `(?:${a})${q}`),
      ),
    })).node
    const text = fc.array(fc.constantFrom('a', 'b', 'A', '\n', ' ', 'c'), { maxLength: 12 }).map((all) => all.join(''))
    fc.assert(
      fc.property(pattern, text, (source, sample) => {
        // "$" there means the very end only.
        const theirs = new RegExp(source.replaceAll('$', '(?:(?=\\n?$(?![\\s\\S])))'), 'i')
        expect(matches(source, sample)).toBe(theirs.test(sample))
        // What it looks for beforehand is in all that it matches.
        const { run } = new Pattern(source)
        if (run && theirs.test(sample)) expect(run.indexIn(encodeUtf8(sample), 0)).toBeGreaterThanOrEqual(0)
      }),
      { numRuns: 2000 },
    )
  })

  it('never throws anything but a refusal, whose place lies in the expression', () => {
    const pieces = fc.constantFrom(...'()[]{}*+?|\\^$.-,:=<>!123abxdwsiP'.split(''))
    fc.assert(
      fc.property(
        fc.array(pieces, { maxLength: 20 }).map((all) => all.join('')),
        (source) => {
          try {
            new Pattern(source).test(encodeUtf8('abcab123'))
          } catch (error) {
            expect(error).toBeInstanceOf(PatternError)
            if (error instanceof PatternError) {
              expect(error.at).toBeGreaterThanOrEqual(0)
              expect(error.at).toBeLessThanOrEqual(source.length)
            }
          }
        },
      ),
      { numRuns: 3000 },
    )
  })
})
