import type { Status } from '../../kubernetes/objects.ts'

/** A refusal of the API server: the HTTP status code and the Status object that goes with it. */
export class ApiFailure extends Error {
  readonly code: number
  readonly reason: string
  readonly details: Status['details']
  /** Of the header Retry-After. */
  readonly retryAfterSeconds: number | undefined

  constructor(code: number, reason: string, message: string, details?: Status['details'], retryAfterSeconds?: number) {
    super(message)
    this.code = code
    this.reason = reason
    this.details = details
    this.retryAfterSeconds = retryAfterSeconds
  }

  get status(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details ? { details: this.details } : {}),
      code: this.code,
    }
  }
}

export const notFound = (resource: string, name: string) =>
  new ApiFailure(404, 'NotFound', `${resource} "${name}" not found`, { name, kind: resource })

export const invalid = (kind: string, name: string, message: string) =>
  new ApiFailure(422, 'Invalid', `${kind} "${name}" is invalid: ${message}`, { name, kind })

export const forbidden = (resource: string, name: string, message: string) =>
  new ApiFailure(403, 'Forbidden', `${resource} "${name}" is forbidden: ${message}`, { name, kind: resource })
