import type { ErrorCode } from '../../common/contract.ts'
import { HostError } from '../../common/host-error.ts'
import type { Status } from './objects.ts'

/** The API server refused: its own words, and its code and reason to decide on. */
export class ApiError extends HostError {
  /** HTTP status. */
  readonly httpStatus: number
  readonly reason: string
  /** How long the server asks to be left alone; absent when it does not say. */
  readonly retryAfterMs: number | undefined

  constructor(httpStatus: number, reason: string, message: string, retryAfterMs?: number) {
    super(codeFor(httpStatus), message)
    this.name = 'ApiError'
    this.httpStatus = httpStatus
    this.reason = reason
    this.retryAfterMs = retryAfterMs
  }
}

function codeFor(status: number): ErrorCode {
  if (status === 401 || status === 403) return 'permission-denied'
  if (status === 404) return 'not-found'
  if (status === 400 || status === 422 || status === 409) return 'invalid-argument'
  if (status === 405 || status === 415) return 'unsupported'
  return 'unavailable'
}

/**
 * What the answer's body says, or its status when the body says nothing (a proxy's HTML page, an empty 403). `retryAfter`: the header's
 * value, of which seconds are understood.
 */
export function apiError(httpStatus: number, body: string, what: string, retryAfter?: string): ApiError {
  const status = parseStatus(body)
  const seconds =
    status?.details?.retryAfterSeconds ?? (/^\d+$/.test(retryAfter ?? '') ? Number(retryAfter) : undefined)
  const wait = seconds === undefined ? undefined : seconds * 1000
  if (httpStatus === 401) {
    return new ApiError(
      401,
      status?.reason ?? '',
      'The API server does not accept these credentials (401): they have expired or were withdrawn. Log in again, or get a new kubeconfig: it is read as soon as it is there.',
    )
  }
  const said = status?.message ?? (body.trimStart().startsWith('<') ? '' : body.trim().slice(0, 500))
  const known = OF_A_MOMENT[httpStatus]
  const words = known ? `${known}${said ? ` It says: ${said}` : ''}` : said
  return new ApiError(
    httpStatus,
    status?.reason ?? '',
    words || `${what}: the API server answered HTTP ${httpStatus}.`,
    wait,
  )
}

/** What comes from an API server that is overloaded, and from what stands before one that is away. */
const OF_A_MOMENT: Readonly<Record<number, string>> = {
  429: 'The API server has too much to do and turns requests away (429): try again in a moment.',
  502: 'The API server cannot be reached behind its load balancer or proxy (502): it may be restarting.',
  503: 'The API server is not available (503): it may be restarting.',
  504: 'The API server did not answer in time (504).',
}

/** The server, or what stands before it, had no answer now, whatever was asked. */
export const isOfAMoment = ({ httpStatus }: ApiError): boolean => OF_A_MOMENT[httpStatus] !== undefined

export function parseStatus(text: string): Status | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return isStatus(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

/** Only what is read of a Status is checked: what it is, and that its words are words. */
function isStatus(value: unknown): value is Status {
  if (typeof value !== 'object' || value === null) return false
  const text = (key: string) => !(key in value) || typeof Reflect.get(value, key) === 'string'
  return ('status' in value || 'message' in value) && text('status') && text('message') && text('reason')
}

/** Why no answer came, in words; the system's error codes mean nothing at 3 a.m. */
export function connectionError(error: unknown, server: string): HostError {
  if (error instanceof HostError) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const host = hostOf(server)
  if (code === 'ABORT_ERR') return new HostError('cancelled', 'Cancelled.')
  const words: Readonly<Record<string, string>> = {
    ERR_OSSL_PEM_NO_START_LINE: `The certificate, its key or the authority that the kubeconfig names for ${host} is no PEM: log in again.`,
    ERR_INVALID_CHAR: `The token in the kubeconfig for ${host} has characters that no token has, as a line break: log in again.`,
    ECONNREFUSED: `Nothing listens at ${host}: the API server is down, or the address in the kubeconfig is old.`,
    ENOTFOUND: `The name ${host} does not resolve: is the VPN up?`,
    EAI_AGAIN: `The name ${host} cannot be resolved now: is the network up?`,
    ETIMEDOUT: `${host} did not answer: is the VPN up, does a firewall stand between?`,
    EHOSTUNREACH: `There is no way to ${host}: is the VPN up?`,
    ENETUNREACH: `There is no way to ${host}: is the network up?`,
    ECONNRESET: `${host} broke the connection.`,
    EPIPE: `${host} broke the connection.`,
    CERT_HAS_EXPIRED: `The certificate of ${host} has expired.`,
    ERR_TLS_CERT_ALTNAME_INVALID: `The certificate of ${host} is for another name; tls-server-name in the kubeconfig can say which.`,
  }
  const known = words[code]
  if (known) return new HostError('unavailable', known)
  if (/CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)/.test(code)) {
    return new HostError(
      'unavailable',
      `The certificate of ${host} is not signed by the authority in the kubeconfig (${code}).`,
    )
  }
  const message = error instanceof Error ? error.message : String(error)
  return new HostError('unavailable', `${host} cannot be reached: ${message}`)
}

function hostOf(server: string): string {
  try {
    return new URL(server).host
  } catch {
    return 'the API server'
  }
}
