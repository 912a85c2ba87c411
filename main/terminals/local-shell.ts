import { homedir, userInfo } from 'node:os'
import type { TerminalEnd } from '../../common/model/terminal.ts'
import type { PrivateKubeconfig } from './private-kubeconfig.ts'
import { openPty, type PtyExit, type PtyLine } from './pty-line.ts'
import type { LineHandlers, TerminalLine, TerminalSize } from './terminal-line.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The shell that this person logs in with. */
export function loginShell(env: Environment): string {
  if (process.platform === 'win32') return env['COMSPEC'] ?? 'powershell.exe'
  return env['SHELL'] || userInfo().shell || '/bin/sh'
}

/** A login shell on this machine. With a kubeconfig kubectl in it sees that one only; the file goes when the shell does. */
export async function openLocalShell(
  env: Environment,
  kubeconfig: PrivateKubeconfig | undefined,
  size: TerminalSize,
  handlers: Pick<LineHandlers, 'output'>,
): Promise<TerminalLine> {
  const shell = {
    file: loginShell(env),
    args: process.platform === 'win32' ? [] : ['-l'],
    cwd: homedir(),
    env: { ...env, ...(kubeconfig && { KUBECONFIG: kubeconfig.path }) },
  }
  let line: PtyLine
  try {
    line = await openPty(shell, size, handlers)
  } catch (error) {
    await kubeconfig?.remove()
    throw error
  }
  const { exited, ...rest } = line
  const ended = exited.then(async (exit) => {
    await kubeconfig?.remove().catch(() => undefined)
    return endOf(exit)
  })
  return {
    ...rest,
    ended,
    async close() {
      await line.close()
      await ended
    },
  }
}

function endOf({ exitCode, signal }: PtyExit): TerminalEnd {
  if (signal) return { reason: `The shell was ended by signal ${signal}.` }
  return { reason: `The shell ended with exit code ${exitCode}.`, exitCode }
}
