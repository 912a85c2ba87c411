import { describe, expect, it } from 'vitest'
import { pastedLines } from './pasted-lines.ts'

describe('the lines of a text that is pasted', () => {
  it.each([
    ['ls', { count: 1, runs: false, first: ['ls'] }],
    ['ls\n', { count: 1, runs: true, first: ['ls'] }],
    ['ls\r', { count: 1, runs: true, first: ['ls'] }],
    ['a\r\nb\r\n', { count: 2, runs: true, first: ['a', 'b'] }],
    ['a\n\nb', { count: 3, runs: true, first: ['a', '', 'b'] }],
    ['', { count: 1, runs: false, first: [''] }],
    ['1\n2\n3\n4\n5\n6\n7\n', { count: 7, runs: true, first: ['1', '2', '3', '4', '5'] }],
  ])('of %j', (text, expected) => {
    expect(pastedLines(text)).toEqual(expected)
  })
})
