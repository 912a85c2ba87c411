import { asHostError, HostError } from '../common/host-error.ts'

/**
 * An error as it may leave the host: code and message; no stack, no cause, no properties that a library hung on it.
 * @param report is told of what is no HostError, which is an error of ours
 */
export function crossing(error: unknown, report: (error: unknown) => void): HostError {
  if (!(error instanceof HostError)) report(error)
  const { code, message } = asHostError(error)
  return new HostError(code, message)
}
