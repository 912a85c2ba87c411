import { uptime } from 'node:os'
import { isFileError } from './file-errors.ts'

/** Whether the process that had this number `at` then (milliseconds since 1970) still runs: after a restart of the machine another may have it. */
export function stillRuns(pid: number, at: number): boolean {
  if (at < Date.now() - uptime() * 1000) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // It is another user's.
    return isFileError(error, 'EPERM')
  }
}
