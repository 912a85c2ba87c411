import { writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type * as NodePty from 'node-pty'
import { HostError } from '../../common/host-error.ts'
import { isFileError } from '../file-errors.ts'
import type { LineHandlers, TerminalLine, TerminalSize } from './terminal-line.ts'

const INPUT_PIECE = 1024
/** Until a terminal that takes no more is asked again. */
const FULL_MS = 5
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
      for (let at = 0; at < bytes.length;) {
        const taken = writeNow(child, bytes.subarray(at, at + INPUT_PIECE))
        at += taken
        if (taken === 0) await sleep(FULL_MS)
        else if (at < bytes.length) await new Promise((go) => setImmediate(go))
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

/**
 * How many bytes the terminal took; all of them where it has ended. node-pty's own writes are done by another thread: where the terminal ends
 * meanwhile its descriptor is closed, and may be another file's by then. This one is over before anything else can happen.
 */
function writeNow(child: NodePty.IPty, bytes: Uint8Array): number {
  if (process.platform === 'win32' || !('fd' in child) || typeof child.fd !== 'number') {
    child.write(Buffer.from(bytes))
    return bytes.length
  }
  // With the descriptor node-pty closes its `write`: it puts another in its place.
  if (Object.hasOwn(child, 'write')) return bytes.length
  try {
    return writeSync(child.fd, bytes)
  } catch (error) {
    return isFileError(error, 'EAGAIN') ? 0 : bytes.length
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
