import type { Check, CheckResult } from '../../common/model/check.ts'
import type { ApiConnection } from './api-connection.ts'
import { ApiError } from './api-error.ts'
import { hasNoSuchCommand, runCommand } from './exec-stream.ts'

/** Fixed, with no shell between: nothing of a user's is in them. */
const COMMANDS: Readonly<Record<Check, readonly string[]>> = {
  'ip a': ['ip', 'addr'],
  'ip r': ['ip', 'route'],
  'ss -tin': ['ss', '-tin'],
  'conntrack -S': ['conntrack', '-S'],
  // Counters since the start of the network namespace, and without a history file left behind.
  nstat: ['nstat', '-as'],
}
const TIMEOUT_MS = 20_000
/** Of what a command says; runCommand gathers no more than about this. */
const MOST_TEXT = 1 << 20

export interface CheckPlace {
  readonly namespace: string
  readonly pod: string
  readonly container: string
  /** For the person. */
  readonly where: string
}

/** Runs one check in a running container. Throws what openExec throws when the container can't be reached at all. */
export async function runCheck(
  connection: ApiConnection,
  { namespace, pod, container, where }: CheckPlace,
  check: Check,
  signal?: AbortSignal,
): Promise<CheckResult> {
  const command = COMMANDS[check]
  const [program] = command
  const done = { check, command: command.join(' '), where, at: Date.now() }
  const absent = { ...done, output: '', problem: `There is no ${program} in the ${where}.`, missing: true }
  try {
    const request = { namespace, pod, container, command }
    const { stdout, stderr, end } = await runCommand(connection, request, TIMEOUT_MS, signal)
    if (hasNoSuchCommand(end)) return absent
    const output = `${stdout}${stderr}`.slice(0, MOST_TEXT).trimEnd()
    if (end.exitCode === 0) return { ...done, output }
    const why =
      end.exitCode === undefined
        ? `was cut off: ${end.lost ?? end.status?.message ?? 'no reason given'}`
        : `ended with exit code ${end.exitCode}`
    return { ...done, output, problem: `${done.command} ${why}.` }
  } catch (error) {
    // Some runtimes refuse before there is a stream.
    if (error instanceof ApiError && hasNoSuchCommand({ status: { message: error.message } })) return absent
    throw error
  }
}
