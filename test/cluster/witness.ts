import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunningContainer } from './cluster.ts'

// A capture beside the one that is tested, by tcpdump alone: what was on the wire.

export interface Witness {
  /** What was seen until now. */
  packets(): Promise<readonly Buffer[]>
  stop(): Promise<void>
}

/** Begins to look at a container's datagrams to port 9. */
export async function startWitness(container: RunningContainer): Promise<Witness> {
  const filter = ['-i', 'eth0', '-B', '32768', '-s', '60', '-U', '-w', '-', 'udp', 'port', '9']
  const child = container.exec(['tcpdump', '-n', ...filter])
  const bytes: Buffer[] = []
  child.stdout?.on('data', (part: Buffer) => void bytes.push(part))
  let said = ''
  child.stderr?.on('data', (part: Buffer) => (said += part.toString()))
  while (!said.includes('listening')) {
    if (child.exitCode !== null) throw new Error(`tcpdump does not look: ${said}`)
    await Promise.race([once(child.stderr ?? child, 'data'), once(child, 'close')])
  }
  return {
    async packets() {
      // A packet is here a moment after it was sent.
      await sleep(1500)
      return packetsIn(Buffer.concat(bytes))
    },
    async stop() {
      if (child.exitCode !== null) return
      container.killProgram('tcpdump')
      await once(child, 'close')
    },
  }
}

/** Of a classic capture file in this machine's byte order, up to a packet that is not whole. */
function packetsIn(file: Buffer): Buffer[] {
  const found: Buffer[] = []
  for (let at = 24; at + 16 <= file.length;) {
    const end = at + 16 + file.readUInt32LE(at + 8)
    if (end > file.length) break
    found.push(file.subarray(at + 16, end))
    at = end
  }
  return found
}
