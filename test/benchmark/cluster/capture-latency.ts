// How long a packet takes from the kernel of its pod until it can be read in the capture's file here.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiConnection } from '../../../main/kubernetes/api-connection.ts'
import { DEFAULT_SETTINGS } from '../../../main/kubernetes/capture/capture-container.ts'
import { ClusterCapture } from '../../../main/kubernetes/capture/cluster-capture.ts'
import { Ledger } from '../../../main/kubernetes/capture/ledger.ts'
import { runCommand } from '../../../main/kubernetes/exec-stream.ts'
import { readBlocks } from '../../cluster/read-blocks.ts'
import { trafficCommand } from '../../cluster/sequenced-traffic.ts'

const PACKETS = 800
const PER_SECOND = 100

export interface Latency {
  readonly packets: number
  /** Milliseconds. */
  readonly median: number
  readonly p99: number
}

/** When how many packets were there. */
export interface Seen {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly packets: number
}

/** `pods`: how many points; packets of several wait for each other. */
export async function measureLatency(connection: ApiConnection, pods: readonly string[], to: string): Promise<Latency> {
  const folder = mkdtempSync(join(tmpdir(), 'hopscope-latency-'))
  try {
    const capture = ClusterCapture.create({
      connection,
      context: 'bench',
      targets: pods.map((pod) => ({ kind: 'pod', namespace: 'default', pod })),
      capture: { filter: 'udp', snapLength: 0 },
      container: DEFAULT_SETTINGS,
      debugNamespace: 'default',
      ledger: new Ledger(join(folder, 'ledger')),
      file: join(folder, 'c.pcapng'),
    })
    const done = capture.run()
    while (!capture.status.points.every(({ state }) => state === 'capturing')) await sleep(50)
    await sleep(500)
    const seen: Seen[] = []
    const poll = setInterval(() => {
      const { packets } = capture.status
      if (packets !== (seen.at(-1)?.packets ?? 0)) seen.push({ at: Date.now(), packets })
    }, 2)
    const command = trafficCommand(to, { perSecond: PER_SECOND, count: PACKETS })
    const from = { namespace: 'default', pod: pods[0] ?? '', container: 'app', stdin: true }
    await runCommand(connection, { ...from, command }, 120_000)
    await sleep(1500)
    clearInterval(poll)
    await capture.stop()
    const { file } = await done
    return latencyOf(readBlocks(file).packets, seen)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Of packets, in the order in which they were there. */
export function latencyOf(packets: readonly { readonly timeNs: bigint }[], seen: readonly Seen[]): Latency {
  const waits = packets.flatMap(({ timeNs }, index) => {
    const first = seen.find((one) => one.packets > index)
    return first ? [first.at - Number(timeNs / 1000n) / 1000] : []
  })
  waits.sort((a, b) => a - b)
  const at = (share: number) => waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? Number.NaN
  return { packets: waits.length, median: at(0.5), p99: at(0.99) }
}
