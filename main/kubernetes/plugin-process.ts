import { execFile, spawn, type ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'
import { HostError } from '../../common/host-error.ts'
import type { ExecPlugin, KubeUser } from './kubeconfig.ts'

// One run of a credential plugin, with or without a terminal.

const TIMEOUT_MS = 60_000
const OUTPUT_LIMIT = 1 << 20
/** One that failed is left alone for so long: every list and capture of its user asks, and none can do anything about it. */
const HOLD_OFF_MS = 20_000
/** One that waited in vain for somebody may have opened a browser: not again and again. */
const UNANSWERED_HOLD_OFF_MS = 600_000

export type Environment = Readonly<Record<string, string | undefined>>

/** The plugin can't go on without somebody who answers it in a terminal. */
export class LoginNeeded extends HostError {
  /** How long the plugin is not run again by itself. */
  readonly holdOffMs: number

  constructor(message: string, holdOffMs = HOLD_OFF_MS) {
    super('permission-denied', message)
    this.name = 'LoginNeeded'
    this.holdOffMs = holdOffMs
  }
}

export const about = (plugin: ExecPlugin, user: KubeUser): string =>
  `The credential plugin ${plugin.command} of user "${user.name}"`

export interface PluginAnswer {
  readonly stdout: string
  /** Empty where it went to a terminal. */
  readonly stderr: string
  readonly code: number
}

/** Without a terminal, for as long as a request can wait. */
export function runPlugin(plugin: ExecPlugin, env: Environment, user: KubeUser): Promise<PluginAnswer> {
  const child = startGroup(plugin, env)
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    if (stderr.length < OUTPUT_LIMIT) stderr += part
  })
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    endAll(child)
    // What has left the group may live on, and hold them open.
    child.stdout.destroy()
    child.stderr.destroy()
    const message = `${about(plugin, user)} did not answer in 60 s${said(stderr)}`
    const asks = plugin.interactiveMode !== 'Never'
    reject(asks ? new LoginNeeded(message, UNANSWERED_HOLD_OFF_MS) : new HostError('unavailable', message))
  }, TIMEOUT_MS)
  const answered = printed(child, child.stdout, plugin, user).then((answer) => ({ ...answer, stderr }))
  return Promise.race([answered, late]).finally(() => {
    clearTimeout(timer)
    letGo(child)
  })
}

/** Ends a plugin that was started without a terminal, and what it has started. */
function endAll({ pid }: ChildProcess): void {
  if (pid === undefined) return
  if (process.platform === 'win32') {
    execFile('taskkill', ['/T', '/F', '/PID', String(pid)], { windowsHide: true }, () => undefined)
    return
  }
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // All have ended.
  }
}

const running = new Set<ChildProcess>()
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

function endRunning(): void {
  for (const child of running) endAll(child)
}
process.on('exit', endRunning)

/** Where nobody else listens the signal ends this process, and no other: a group of its own does not hear Ctrl+C. */
function onSignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return
  endRunning()
  process.off(signal, onSignal)
  process.kill(process.pid, signal)
}

/** In a group of its own, which can be ended with all that it starts, and ends with us. */
function startGroup({ command, args }: ExecPlugin, env: Environment) {
  // Before: it runs before we hear of that.
  if (running.size === 0) for (const signal of ENDING) process.on(signal, onSignal)
  try {
    const detached = process.platform !== 'win32'
    const child = spawn(command, [...args], { env, stdio: ['ignore', 'pipe', 'pipe'], detached, windowsHide: true })
    running.add(child)
    return child
  } catch (error) {
    letGo()
    throw error
  }
}

function letGo(child?: ChildProcess): void {
  if (child) running.delete(child)
  if (running.size === 0) for (const signal of ENDING) process.off(signal, onSignal)
}

/** With the terminal of this process, for as long as the person takes. */
export async function runInTerminal(plugin: ExecPlugin, env: Environment, user: KubeUser): Promise<PluginAnswer> {
  const child = spawn(plugin.command, [...plugin.args], { env, stdio: ['inherit', 'pipe', 'inherit'] })
  return { ...(await printed(child, child.stdout, plugin, user)), stderr: '' }
}

function printed(
  child: ChildProcess,
  output: Readable,
  plugin: ExecPlugin,
  user: KubeUser,
): Promise<Pick<PluginAnswer, 'stdout' | 'code'>> {
  const { promise, resolve, reject } = Promise.withResolvers<Pick<PluginAnswer, 'stdout' | 'code'>>()
  let stdout = ''
  output.setEncoding('utf8').on('data', (part: string) => {
    if (stdout.length < OUTPUT_LIMIT) stdout += part
  })
  child.once('error', (error) => {
    const missing = 'code' in error && error.code === 'ENOENT'
    const hint = plugin.installHint
      ? ` ${plugin.installHint.trim()}`
      : ' Install it, or add its folder to the PATH of your login shell.'
    const message = missing
      ? `${about(plugin, user)} was not found in PATH.${hint}`
      : `${about(plugin, user)} could not be started: ${error.message}`
    reject(new HostError('not-found', message))
  })
  child.once('close', (code) => resolve({ stdout, code: code ?? 128 }))
  return promise
}

/** The plugin's own words, which usually say what to do; anything that looks like a token is taken out. */
export function said(stderr: string): string {
  const words = redact(stderr.trim()).slice(0, 2000)
  return words === '' ? '.' : `: ${words}`
}

export function redact(words: string): string {
  return words
    .replace(/eyJ[\w-]+\.[\w-]+(\.[\w-]*)?/g, '[token]')
    .replace(/(bearer|token|password|secret)(["']?\s*[:=]\s*["']?|\s+)[^\s"',;]{8,}/gi, '$1$2[hidden]')
}
