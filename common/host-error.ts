import type { ErrorCode } from './contract.ts'

/** An error for the person: what failed, why, what to do. The only kind that crosses the contract. */
export class HostError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string) {
    super(message)
    this.name = 'HostError'
    this.code = code
  }
}

const CODES: ReadonlySet<unknown> = new Set<ErrorCode>([
  'invalid-argument',
  'not-found',
  'permission-denied',
  'unavailable',
  'cancelled',
  'unsupported',
  'internal',
])

export function isErrorCode(code: unknown): code is ErrorCode {
  return CODES.has(code)
}

/** Any thrown value as a HostError: a code that crossed is kept, everything else is 'internal' with its message and no stack. */
export function asHostError(error: unknown): HostError {
  if (error instanceof HostError) return error
  const message = error instanceof Error ? error.message : String(error)
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return new HostError(isErrorCode(code) ? code : 'internal', message)
}
