// How much memory the built command line needs for a capture when the disk takes less than the pod sends.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runCommand } from '../../../main/kubernetes/exec-stream.ts'
import { readBlocks } from '../../cluster/read-blocks.ts'
import { trafficCommand } from '../../cluster/sequenced-traffic.ts'
import type { BenchCluster } from './cluster.ts'

const CLI = join(import.meta.dirname, '../../../out/main/cli.js')
const SLOW_DISK = join(import.meta.dirname, 'slow-disk.mjs')
const DISK_BYTES_PER_SECOND = 4e6
/** 14 MB/s, for six seconds. */
const TRAFFIC = { perSecond: 10_000, size: 1400, count: 60_000 }

export interface SlowDiskMemory {
  /** Resident memory of the host at its highest. */
  readonly peakBytes: number
  readonly packets: number
  readonly bytes: number
  /** How much of it was not here yet when the last was sent. */
  readonly behindBytes: number
  /** By the kernel, since tcpdump was too slow. */
  readonly dropped: number
}

/** Linux: the peak is read from /proc. */
export async function measureSlowDisk({ connection, kubeconfig, db }: BenchCluster): Promise<SlowDiskMemory> {
  const folder = mkdtempSync(join(tmpdir(), 'hopscope-slow-disk-'))
  const file = join(folder, 'c.pcapng')
  const args = ['capture', 'web', '-n', 'default', '--filter', 'udp', '--snaplen', '1600', '-o', file]
  const child = spawn(process.execPath, ['--import', SLOW_DISK, CLI, ...args], {
    env: {
      ...process.env,
      KUBECONFIG: kubeconfig,
      HOPSCOPE_CONFIG: join(folder, 'config'),
      SHELL: '/bin/sh',
      SLOW_DISK_BYTES_PER_SECOND: String(DISK_BYTES_PER_SECOND),
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  try {
    let said = ''
    child.stderr.on('data', (bytes: Buffer) => (said += bytes.toString()))
    const ended = once(child, 'close')
    while (!said.includes('capturing: 1 of 1')) {
      if (child.exitCode !== null) throw new Error(`the capture ended before it began: ${said}`)
      await sleep(50)
    }
    let peakBytes = 0
    const poll = setInterval(() => (peakBytes = Math.max(peakBytes, peakOf(child.pid))), 100)
    const from = { namespace: 'default', pod: 'web', container: 'app', stdin: true }
    await runCommand(connection, { ...from, command: trafficCommand(db, TRAFFIC) }, 120_000)
    const here = readBlocks(file).packets.length
    child.kill('SIGINT')
    await ended
    clearInterval(poll)
    if (child.exitCode !== 0) throw new Error(`the capture failed: ${said}`)
    const { packets, dropped } = readBlocks(file)
    const bytes = packets.reduce((sum, one) => sum + one.bytes.length, 0)
    const behindBytes = Math.round((bytes * (packets.length - here)) / packets.length)
    return { peakBytes, packets: packets.length, bytes, behindBytes, dropped: dropped[0] ?? Number.NaN }
  } finally {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
}

function peakOf(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}
