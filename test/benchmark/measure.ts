import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

export interface Measurement {
  /** User and system time of the program and its children, in seconds. */
  readonly cpuSeconds: number
  readonly wallSeconds: number
  /** Largest resident set in bytes; undefined where there is no /proc. */
  readonly peakBytes?: number
}

/**
 * Runs a program with its output thrown away. CPU time is what the kernel charged (bash's `time`, which waits for the child as
 * wait4 does); memory is the kernel's own high-water mark, read every few milliseconds while the program lives.
 * Throws when the program fails.
 */
export function measure(command: string, args: readonly string[]): Promise<Measurement> {
  return new Promise((resolve, reject) => {
    // The command's own standard error goes to descriptor 4, so that only `time` writes to 3.
    const script = 'TIMEFORMAT="%R %U %S"; { time "$@" >/dev/null 2>&4; } 2>&3'
    const shell = spawn('bash', ['-c', script, 'bash', command, ...args], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    })
    let times = ''
    let complaints = ''
    shell.stdio[3]?.on('data', (text: Buffer) => (times += text))
    shell.stdio[4]?.on('data', (text: Buffer) => (complaints = (complaints + text.toString()).slice(-2000)))
    let peak = 0
    const timer = setInterval(() => {
      for (const pid of childrenOf(shell.pid)) peak = Math.max(peak, highWaterMark(pid))
    }, 4)
    shell.on('error', reject)
    shell.on('close', (code) => {
      clearInterval(timer)
      const [real, user, system] = times.trim().split(/\s+/).map(Number)
      if (code !== 0 || system === undefined || Number.isNaN(system)) {
        return reject(new Error(`${command} ended with ${code}: ${complaints.trim().split('\n').at(-1)}`))
      }
      resolve({ wallSeconds: real, cpuSeconds: user + system, ...(peak > 0 && { peakBytes: peak }) })
    })
  })
}

function childrenOf(pid: number | undefined): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

/** VmHWM in bytes, 0 when the process is gone. */
function highWaterMark(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}
