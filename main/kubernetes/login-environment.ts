import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { userInfo } from 'node:os'

const TIMEOUT_MS = 8000

type Environment = Readonly<Record<string, string | undefined>>

let resolved: Promise<Environment> | undefined

/**
 * The environment that the person's login shell sets up, asked for once: an app started from a desktop does not have the PATH under
 * which credential plugins are found. What this process has already wins only where the shell says nothing.
 */
export function loginEnvironment(): Promise<Environment> {
  resolved ??= askShell(process.env['SHELL'] ?? userInfo().shell ?? '', process.env)
  return resolved
}

/** As loginEnvironment, for a given shell; the environment as it is when the shell fails, hangs or there is none. */
export async function askShell(shell: string, env: Environment, timeoutMs = TIMEOUT_MS): Promise<Environment> {
  if (process.platform === 'win32' || shell === '') return env
  const mark = randomUUID()
  // -i too: many set PATH in .bashrc or .zshrc. A profile may print anything, so the answer stands between marks.
  const script = `printf '%s' '${mark}'; env -0; printf '%s' '${mark}'`
  const between = await printedBetween(mark, shell, ['-ilc', script], env, timeoutMs)
  if (between === undefined) return env
  const found: Record<string, string | undefined> = { ...env }
  for (const entry of between.split('\0')) {
    const at = entry.indexOf('=')
    if (at > 0) found[entry.slice(0, at)] = entry.slice(at + 1)
  }
  return found
}

/** What it prints between the first mark and the second; it is not waited for any longer, as a profile may leave programs running. */
function printedBetween(
  mark: string,
  shell: string,
  args: readonly string[],
  env: Environment,
  timeoutMs: number,
): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  // A group of its own and no terminal: an interactive shell must neither stop us nor wait for a key.
  const child = spawn(shell, args, { env, stdio: ['ignore', 'pipe', 'ignore'], detached: true })
  const parts: Buffer[] = []
  const timer = setTimeout(() => {
    resolve(undefined)
    if (child.pid !== undefined) endGroup(child.pid)
  }, timeoutMs)
  child.stdout.on('data', (part: Buffer) => {
    parts.push(part)
    const [, between, after] = Buffer.concat(parts).toString('utf8').split(mark)
    if (after !== undefined) resolve(between)
  })
  child.once('error', () => resolve(undefined))
  child.once('close', () => resolve(undefined))
  return promise.finally(() => {
    clearTimeout(timer)
    child.stdout.destroy()
  })
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}
