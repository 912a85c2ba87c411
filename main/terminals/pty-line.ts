import type * as NodePty from 'node-pty'
import { HostError } from '../../common/host-error.ts'
import type { LineHandlers, TerminalLine, TerminalSize } from './terminal-line.ts'

const INPUT_PIECE = 1024
const HANG_UP_MS = 2000

export interface PtyCommand {
  readonly file: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
}

export interface PtyExit {
  readonly exitCode: number
  /** Absent, or 0, where it ended by itself. */
  readonly signal?: number | undefined
}

export interface PtyLine extends Omit<TerminalLine, 'ended'> {
  readonly exited: Promise<PtyExit>
}

/** A command of this machine on a terminal of its own. */
export async function openPty(
  { file, args, cwd, env }: PtyCommand,
  size: TerminalSize,
  handlers: Pick<LineHandlers, 'output'>,
): Promise<PtyLine> {
  let pty: typeof NodePty
  try {
    pty = await import('node-pty')
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new HostError('unavailable', `Terminals on this machine need node-pty, which can't be loaded: ${why}`)
  }
  let child: NodePty.IPty
  try {
    child = pty.spawn(file, [...args], {
      name: 'xterm-256color',
      cols: size.columns,
      rows: size.rows,
      cwd,
      env: { ...env, COLORTERM: 'truecolor' },
      encoding: null,
    })
  } catch (error) {
    throw new HostError(
      'unavailable',
      `${file} can't be started: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
  const { promise: exited, resolve } = Promise.withResolvers<PtyExit>()
  child.onData((data: unknown) => {
    // Without an encoding they are bytes, whatever the type says.
    const bytes = Buffer.isBuffer(data) ? data : Buffer.from(String(data))
    const held = handlers.output(bytes)
    if (!held) return
    child.pause()
    void held.then(() => child.resume())
  })
  child.onExit(resolve)
  return {
    exited,
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
      await exited
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
