import { ApiError } from './api-error.ts'

const PAUSES_MS = [200, 600, 1500]
/** Who is told to wait longer is told so, too. */
const LONGEST_WAIT_MS = 15_000

/**
 * How long to wait before a request is sent once more, in milliseconds; undefined: not again. `tries`: how often it was sent. What is not
 * `repeatable` (create, exec) is sent again only where nothing can have been done: nobody listened, or it was turned away (429).
 */
export function pauseBeforeRetry(error: unknown, tries: number, repeatable: boolean): number | undefined {
  const pause = PAUSES_MS[tries - 1]
  if (pause === undefined) return undefined
  const wait = Math.max(pause * (0.75 + Math.random() / 2), retryAfterMs(error))
  return wait <= LONGEST_WAIT_MS && isWorthIt(error, repeatable) ? wait : undefined
}

/** How long the server asks to be left alone. */
export const retryAfterMs = (error: unknown) => (error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0)

function isWorthIt(error: unknown, repeatable: boolean): boolean {
  if (error instanceof ApiError) {
    const { httpStatus } = error
    if (httpStatus === 429) return true
    return repeatable && (httpStatus >= 502 || (httpStatus >= 500 && error.retryAfterMs !== undefined))
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return code === 'ECONNREFUSED' || (repeatable && (code === 'ECONNRESET' || code === 'EPIPE'))
}
