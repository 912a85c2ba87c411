import { statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { exited } from './network.mjs'

/**
 * Starts a capture in `namespace` and waits until the tool has opened the interface.
 * dumpcap writes pcapng with interface names and drop counts, tcpdump classic pcap.
 */
export async function startCapture(
  namespace,
  file,
  { tool = 'tcpdump', devices = ['eth0'], filter, snapLength, nanoseconds } = {},
) {
  const snap = snapLength ? ['-s', String(snapLength)] : []
  const args =
    tool === 'dumpcap'
      ? [...devices.flatMap((device) => ['-i', device, ...snap]), '-q', '-w', file, ...(filter ? ['-f', filter] : [])]
      : [
          ...['-i', devices[0], ...snap, '-n', '-U', '--immediate-mode', '-w', file],
          ...(nanoseconds ? ['--time-stamp-precision=nano'] : []),
          // tcpdump would give up root, and then could not write where root may.
          ...['-Z', 'root', ...(filter ? [filter] : [])],
        ]
  const child = namespace.spawn(tool, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  await new Promise((resolve, reject) => {
    child.stderr.on('data', (text) => {
      said += text
      if (/listening on|File:/.test(said)) resolve()
    })
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`${tool} ended with ${code}: ${said.trim()}`)))
  })
  await sleep(300)
  return {
    /** Ends the capture once everything sent so far is in it. */
    async stop() {
      await sleep(500)
      child.kill('SIGINT')
      await exited(child)
      if (statSync(file).size === 0) throw new Error(`${tool} wrote nothing: ${said.trim()}`)
      const dropped = /(\d+) packets dropped by kernel/.exec(said)
      if (dropped && dropped[1] !== '0') throw new Error(`the capture itself lost ${dropped[1]} packets; make it again`)
    },
  }
}
