import { describe, expect, it } from 'vitest'
import { shellLine, shellQuote } from './shell-quote.ts'

describe('a word for the shell', () => {
  it.each([
    ['web-1', 'web-1'],
    ['', "''"],
    ['a b', "'a b'"],
    ["it's", String.raw`'it'\''s'`],
    ['$(rm -rf ~)', "'$(rm -rf ~)'"],
    ['`id`', "'`id`'"],
    ['a\nb', "'a\nb'"],
    ['*', "'*'"],
    ['~', "'~'"],
    ['a;b', "'a;b'"],
    ['!x', "'!x'"],
  ])('%j is %s', (word, quoted) => {
    expect(shellQuote(word)).toBe(quoted)
  })

  it('stands in a line with others', () => {
    expect(shellLine(['kubectl', '--context', 'prod $HOME', 'get'])).toBe("kubectl --context 'prod $HOME' get")
  })
})
