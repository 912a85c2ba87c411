import { homedir } from 'node:os'
import { asHostError, HostError } from '../../common/host-error.ts'
import type { TerminalEnd } from '../../common/model/terminal.ts'
import type { PluginLogin } from '../kubernetes/exec-credential.ts'
import { receivePrinted, type PrintedOutput } from './login-wrapper.ts'
import { openPty, type PtyExit, type PtyLine } from './pty-line.ts'
import type { LineHandlers, TerminalLine, TerminalSize } from './terminal-line.ts'

/** Runs a login plugin in a terminal: its questions are on the screen, the credential that it prints goes to who asked for the login. */
export async function openPluginLogin(
  login: PluginLogin,
  size: TerminalSize,
  handlers: Pick<LineHandlers, 'output'>,
  signal: AbortSignal,
): Promise<TerminalLine> {
  let printed: PrintedOutput | undefined
  let line: PtyLine
  try {
    printed = await receivePrinted()
    // The terminal may have been closed while another run of the plugin was waited for.
    signal.throwIfAborted()
    const { file, args, env } = printed.wrap(login.command, login.args)
    line = await openPty({ file, args, cwd: homedir(), env: { ...login.env, ...env } }, size, handlers)
  } catch (error) {
    login[Symbol.dispose]()
    await printed?.close()
    if (error instanceof HostError) throw error
    throw new HostError('unavailable', `The login can't be started: ${asHostError(error).message}`)
  }
  const { exited, ...rest } = line
  const ended = endOf(login, printed, exited)
  return {
    ...rest,
    ended,
    async close() {
      await line.close()
      await ended
    },
  }
}

async function endOf(login: PluginLogin, printed: PrintedOutput, exited: Promise<PtyExit>): Promise<TerminalEnd> {
  const { exitCode, signal } = await exited
  const text = printed.text()
  // Before it is taken: who hears of that may want to log in again.
  login[Symbol.dispose]()
  await printed.close().catch(() => undefined)
  if (signal) return { reason: `The login was ended by signal ${signal}.` }
  if (exitCode !== 0) return { reason: `The login ended with exit code ${exitCode}.`, exitCode }
  try {
    login.accept(text)
    return { reason: 'Logged in.', exitCode, final: true }
  } catch (error) {
    return { reason: `Not logged in: ${asHostError(error).message}` }
  }
}
