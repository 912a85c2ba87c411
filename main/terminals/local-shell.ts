import { homedir, userInfo } from 'node:os'
import type * as NodePty from 'node-pty'
import { HostError } from '../../common/host-error.ts'
import type { TerminalEnd } from '../../common/model/terminal.ts'
import type { PrivateKubeconfig } from './private-kubeconfig.ts'
import type { LineHandlers, TerminalLine, TerminalSize } from './terminal-line.ts'

const INPUT_PIECE = 1024
const HANG_UP_MS = 2000

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
  let pty: typeof NodePty
  try {
    pty = await import('node-pty')
  } catch (error) {
    await kubeconfig?.remove()
    const why = error instanceof Error ? error.message : String(error)
    throw new HostError('unavailable', `Terminals on this machine need node-pty, which can't be loaded: ${why}`)
  }
  const shell = loginShell(env)
  let child: NodePty.IPty
  try {
    child = pty.spawn(shell, process.platform === 'win32' ? [] : ['-l'], {
      name: 'xterm-256color',
      cols: size.columns,
      rows: size.rows,
      cwd: homedir(),
      env: { ...env, COLORTERM: 'truecolor', ...(kubeconfig && { KUBECONFIG: kubeconfig.path }) },
      encoding: null,
    })
  } catch (error) {
    await kubeconfig?.remove()
    throw new HostError(
      'unavailable',
      `${shell} can't be started: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
  const { promise: ended, resolve } = Promise.withResolvers<TerminalEnd>()
  child.onData((data: unknown) => {
    // Without an encoding they are bytes, whatever the type says.
    const bytes = Buffer.isBuffer(data) ? data : Buffer.from(String(data))
    const held = handlers.output(bytes)
    if (!held) return
    child.pause()
    void held.then(() => child.resume())
  })
  child.onExit(({ exitCode, signal }) => {
    const removed = kubeconfig?.remove() ?? Promise.resolve()
    const reason = signal ? `The shell was ended by signal ${signal}.` : `The shell ended with exit code ${exitCode}.`
    void removed.catch(() => undefined).then(() => resolve({ reason, ...(signal ? {} : { exitCode }) }))
  })
  return {
    ended,
    async write(bytes) {
      for (let at = 0; at < bytes.length; at += INPUT_PIECE) {
        child.write(Buffer.from(bytes.subarray(at, at + INPUT_PIECE)))
        // node-pty writes when the kernel takes more; a turn between pieces keeps its queue short.
        if (bytes.length > INPUT_PIECE) await new Promise((go) => setImmediate(go))
      }
    },
    resize({ columns, rows }) {
      try {
        child.resize(columns, rows)
      } catch {
        // It has just ended.
      }
    },
    async close() {
      hangUp(child, 'SIGHUP')
      const timer = setTimeout(() => hangUp(child, 'SIGKILL'), HANG_UP_MS)
      child.resume()
      await ended
      clearTimeout(timer)
    },
  }
}

function hangUp(child: NodePty.IPty, signal: string): void {
  try {
    if (process.platform === 'win32') child.kill()
    else child.kill(signal)
  } catch {
    // It has ended already.
  }
}
