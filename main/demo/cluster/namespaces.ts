import type { ChildProcess } from 'node:child_process'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

// The kernel's namespaces, held by processes. None has a name: the first process in them reads our pipe, and when that closes - because we say so
// or because we are dead - the kernel ends everything in its PID namespace, and with it every network namespace, link, mount and file.

/** Why machines of namespaces can't be had here, or undefined when they can. */
export function whyNoNamespaces(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces exist on Linux only'
  if (process.getuid?.() !== 0) return 'making network namespaces needs root'
  const missing = ['unshare', 'nsenter', 'setpriv', 'ip', 'sysctl', 'tcpdump'].filter((program) => !onPath(program))
  if (missing.length > 0) return `these programs are missing: ${missing.join(', ')}`
  // Root may be one who may not: what will be done is tried.
  const attempt =
    'mount --make-rprivate / && mount -t tmpfs tmpfs /tmp && ip link add bridge0 type bridge && ip link add link0 type veth peer name link1'
  const namespaces = ['--net', '--pid', '--mount', '--uts', '--ipc', '--fork', '--mount-proc']
  const { status, stderr } = spawnSync('unshare', [...namespaces, 'sh', '-c', attempt])
  return status === 0 ? undefined : `making namespaces was refused: ${stderr.toString().trim()}`
}

/** As execvp finds a program. */
export function onPath(program: string): boolean {
  const folders = program.includes('/') ? [''] : (process.env['PATH'] ?? '').split(delimiter)
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** A process that holds namespaces, and the pid of its first process in them. */
export class Holder {
  readonly #child: ChildProcess
  readonly pid: number

  private constructor(child: ChildProcess, pid: number) {
    this.#child = child
    this.pid = pid
  }

  /**
   * `before`: programs that each end by running the rest of their arguments (nsenter ..., unshare ...). `setup`: shell text in which nothing of
   * a user's is; that is among `args`.
   */
  static async start(before: readonly string[], setup: string, args: readonly string[] = []): Promise<Holder> {
    const [program = 'sh', ...words] = before
    const rest = [...words, 'sh', '-c', `${setup}\necho ready\nexec cat`, 'sh', ...args]
    const child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'pipe'] })
    await ready(child)
    return new Holder(child, lastDescendant(child))
  }

  close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return Promise.resolve()
    const gone = once(this.#child, 'exit')
    this.#child.stdin?.end()
    kill(this.pid, 'SIGKILL')
    return gone.then(() => undefined)
  }
}

/** Runs ip(8) in the process's network namespace. */
export function inNet(pid: number, command: string): void {
  inNamespace(pid, 'ip', command.split(' '))
}

/** Runs a program in the process's network namespace; what it printed. Throws what it says when it fails. */
export function inNamespace(pid: number, program: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('nsenter', ['-t', String(pid), '-n', '--', program, ...args], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr.trim()}`)
  return stdout
}

/** Resolves when the process has printed that it is; rejects when it ends first. */
export async function ready(child: ChildProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let said = ''
  let errors = ''
  const hear = (bytes: Buffer) => {
    said += bytes.toString()
    if (said.includes('ready\n')) resolve()
  }
  child.stdout?.on('data', hear)
  child.stderr?.on('data', (bytes: Buffer) => (errors += bytes.toString()))
  child.once('error', reject)
  child.once('exit', (code) =>
    reject(new Error(`a namespace ended with ${code} before it was ready: ${errors.trim()}`)),
  )
  await promise
  child.stdout?.off('data', hear)
  child.stdout?.resume()
}

/** nsenter and unshare each leave a process waiting for the next: the last one is what was asked for. */
export function lastDescendant(child: ChildProcess): number {
  let pid = child.pid ?? 0
  for (;;) {
    const next = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0])
    if (!next) return pid
    pid = next
  }
}

/** As a shell tells it: 128 and the number of the signal where one ended the process. */
export function exitCode(code: unknown, signal: unknown): number {
  if (typeof code === 'number') return code
  const numbers: Readonly<Record<string, number>> = {
    SIGHUP: 1,
    SIGINT: 2,
    SIGKILL: 9,
    SIGSEGV: 11,
    SIGPIPE: 13,
    SIGTERM: 15,
  }
  return 128 + (numbers[String(signal)] ?? 9)
}

export function kill(pid: number, signal: NodeJS.Signals): void {
  // 0 and -1 are not a process: they are all of ours, and all there are.
  if (pid <= 0) return
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended.
  }
}
