import { describe, expect, it } from 'vitest'
import { readArrival } from './fragment.ts'

describe('readArrival', () => {
  it.each([
    ['', undefined, undefined, [], ''],
    ['#token=abc', 'abc', undefined, [], ''],
    ['#token=abc&open=file-1,file-2', 'abc', undefined, ['file-1', 'file-2'], ''],
    ['#ticket=xyz&open=file-1', undefined, 'xyz', ['file-1'], ''],
    ['#open=file-1', undefined, undefined, ['file-1'], ''],
    ['#row=5&token=abc', 'abc', undefined, [], '#row=5'],
    ['#anchor', undefined, undefined, [], '#anchor'],
  ])('reads %j', (fragment, token, ticket, captures, rest) => {
    expect(readArrival(fragment)).toEqual({ token, ticket, captures, rest })
  })
})
