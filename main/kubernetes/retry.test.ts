import { describe, expect, it } from 'vitest'
import { ApiError } from './api-error.ts'
import { pauseBeforeRetry } from './retry.ts'

const api = (status: number, retryAfterMs?: number) => new ApiError(status, '', 'words', retryAfterMs)
const system = (code: string) => Object.assign(new Error(code), { code })

describe('a request that failed', () => {
  it.each([
    ['429', api(429), true, true],
    ['503', api(503), true, false],
    ['504', api(504), true, false],
    ['500', api(500), false, false],
    ['500 with Retry-After', api(500, 1000), true, false],
    ['403', api(403), false, false],
    ['409', api(409), false, false],
    ['nobody listens', system('ECONNREFUSED'), true, true],
    ['broken', system('ECONNRESET'), true, false],
    ['certificate', system('CERT_HAS_EXPIRED'), false, false],
  ])('%s: is sent again where that does no harm', (_what, error, repeatable, otherwise) => {
    expect(pauseBeforeRetry(error, 1, true) !== undefined).toBe(repeatable)
    expect(pauseBeforeRetry(error, 1, false) !== undefined).toBe(otherwise)
    expect(pauseBeforeRetry(error, 4, true)).toBeUndefined()
  })

  it('waits as long as it is told to, within reason', () => {
    expect(pauseBeforeRetry(api(429, 5000), 1, false)).toBe(5000)
    expect(pauseBeforeRetry(api(429, 60_000), 1, false)).toBeUndefined()
  })
})
