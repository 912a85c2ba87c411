import { whyNoNamespaces } from '../../cluster/cluster.ts'
import { startBrowser } from '../../e2e/support/chromium.ts'
import { type Latency, measureLatency } from './capture-latency.ts'
import { measureSlowDisk } from './capture-memory.ts'
import { measureThroughput } from './capture-throughput.ts'
import { startCluster } from './cluster.ts'
import { measureLaneLatency } from './lane-latency.ts'

const SHARE = 0.7
const LATENCY_MS = 1000
const MEMORY_BYTES = 200e6

/** Captures from a cluster: how fast, and how soon. What is to be kept of it. */
export async function benchCluster(runs: number): Promise<object> {
  console.log('\ncluster: captures from the double, which runs in a process of its own on this machine')
  const why = whyNoNamespaces()
  if (why !== undefined) {
    console.log(`  skipped: ${why}`)
    return { skipped: why }
  }
  await using cluster = await startCluster()
  const throughput = []
  for (const packetBytes of [1442, 128]) {
    const measured = await measureThroughput(cluster, packetBytes, runs)
    // The run in the middle.
    const against = (peer: 'ws' | 'cat') =>
      median(measured.runs.map((one) => one.capture.bytesPerSecond / one[peer].bytesPerSecond))
    const share = against('ws')
    const shareOfOwn = against('cat')
    const rate = (key: 'ws' | 'cat' | 'capture') => {
      const best = Math.max(...measured.runs.map((one) => one[key].bytesPerSecond))
      const seconds = median(measured.runs.map((one) => one[key].processorSeconds))
      return `${(best / 1e6).toFixed(0)} MB/s (${seconds.toFixed(2)} s of processor)`
    }
    const percent = (value: number) => `${(value * 100).toFixed(0)} %`
    console.log(
      `  packets of ${packetBytes} bytes:`.padEnd(28) +
        `exec cat by ws ${rate('ws')}, by ours ${rate('cat')}, capture ${rate('capture')}: ` +
        `${percent(share)} and ${percent(shareOfOwn)}  ${share >= SHARE ? 'holds' : 'MISSES'}: at least ${percent(SHARE)} of the first`,
    )
    throughput.push({ packetBytes, ...measured, share, shareOfOwn })
  }
  await using browser = await startBrowser()
  const latency = []
  for (const pods of [['web'], ['web', 'db']]) {
    const points = pods.length
    const places = points === 1 ? '1 point' : '2 points'
    const file = latencyTold(`until in the file, ${places}`, await measureLatency(cluster.connection, pods, cluster.db))
    const lanes = latencyTold(`until in the lanes, ${places}`, await measureLaneLatency(cluster, browser, pods))
    latency.push({ points, file, lanes })
  }
  const slowDisk = await measureSlowDisk(cluster)
  const { peakBytes, behindBytes, dropped } = slowDisk
  console.log(
    `  a disk of 4 MB/s:`.padEnd(28) +
      `${megabytes(behindBytes)} behind, ${dropped} dropped, host at most ${megabytes(peakBytes)}  ` +
      `${peakBytes < MEMORY_BYTES && dropped === 0 ? 'holds' : 'MISSES'}: under ${megabytes(MEMORY_BYTES)}, none dropped`,
  )
  return { throughput, latency, slowDisk }
}

function latencyTold(what: string, latency: Latency): Latency {
  const ms = (value: number) => `${value.toFixed(0)} ms`.padStart(7)
  console.log(
    `  ${what}:`.padEnd(32) +
      `median ${ms(latency.median)}, 99 % ${ms(latency.p99)} of ${latency.packets}  ` +
      `${latency.p99 < LATENCY_MS ? 'holds' : 'MISSES'}: under ${LATENCY_MS} ms`,
  )
  return latency
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`
const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
