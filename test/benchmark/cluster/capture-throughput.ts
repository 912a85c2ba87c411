// How fast a backlog comes out of a pod: as a capture, checked, resumable and converted, against `exec cat` of the same bytes into a file,
// by npm's ws as other clients of Kubernetes do it, and by our own WebSocket.
import { mkdtempSync, openSync, rmSync, writeSync, closeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ApiConnection } from '../../../main/kubernetes/api-connection.ts'
import { DEFAULT_SETTINGS } from '../../../main/kubernetes/capture/capture-container.ts'
import { CaptureFile } from '../../../main/kubernetes/capture/capture-file.ts'
import { type CapturePlace, makePlace } from '../../../main/kubernetes/capture/capture-place.ts'
import { Ledger } from '../../../main/kubernetes/capture/ledger.ts'
import { PointCapture, type PointJob, type PointSink } from '../../../main/kubernetes/capture/point-capture.ts'
import { preflight } from '../../../main/kubernetes/capture/preflight.ts'
import { SegmentPackets } from '../../../main/kubernetes/capture/segment-packets.ts'
import { SEGMENT_MEGABYTES } from '../../../main/kubernetes/capture/tcpdump.ts'
import { openExec } from '../../../main/kubernetes/exec-stream.ts'
import type { BenchCluster } from './cluster.ts'
import { execThroughWs } from './exec-through-ws.ts'

const SEGMENTS = 60

/** Of a transfer, by the process that receives it. */
export interface Rate {
  readonly bytesPerSecond: number
  /** Of all its threads. */
  readonly processorSeconds: number
}

export interface Throughput {
  /** One after the other, so that a busy machine slows all. */
  readonly runs: readonly { readonly ws: Rate; readonly cat: Rate; readonly capture: Rate }[]
  readonly packets: number
}

/** `packetBytes`: the size of each packet in the backlog. */
export async function measureThroughput(
  { connection, kubeconfig }: BenchCluster,
  packetBytes: number,
  runs: number,
): Promise<Throughput> {
  const folder = mkdtempSync(join(tmpdir(), 'hopscope-bench-'))
  try {
    const place = await placeIn(connection, folder)
    await run(connection, place, ['sh', '-c', GENERATE, 'sh', String(packetBytes), String(SEGMENT_MEGABYTES * 1e6)])
    const found: { ws: Rate; cat: Rate; capture: Rate }[] = []
    let packets = 0
    for (let i = 0; i < runs; i++) {
      const job = await backlog(connection, place, `${packetBytes}-${i}`)
      const command = ['sh', '-c', CAT, 'sh', job.id]
      const cats = {
        ws: (write: Write) => execThroughWs(kubeconfig, { ...place, command }, write),
        cat: async (write: Write) =>
          void (await (
            await openExec(connection, { ...place, command }, { stdout: write })
          ).ended),
      }
      // Each is first as often as the other.
      const order = i % 2 === 0 ? (['ws', 'cat'] as const) : (['cat', 'ws'] as const)
      const rates = new Map<string, Rate>()
      for (const how of order) rates.set(how, await intoFile(folder, cats[how]))
      const one = await captureRate(connection, place, folder, job)
      const [ws, cat] = [rates.get('ws'), rates.get('cat')]
      if (ws && cat) found.push({ ws, cat, capture: one.rate })
      packets = one.packets
    }
    return { runs: found, packets }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A segment as tcpdump writes it, in /tmp/model: doubled until it is long enough. */
const GENERATE = `
cd /tmp
n=$1
le() { printf "\\\\$(printf %03o $(($1 & 255)))\\\\$(printf %03o $((($1 >> 8) & 255)))\\\\$(printf %03o $((($1 >> 16) & 255)))\\\\$(printf %03o $((($1 >> 24) & 255)))"; }
{ le $((0xa1b23c4d)); printf '\\002\\000\\004\\000'; le 0; le 0; le 65550; le 1; } > head
{ le 1700000000; le 5; le $n; le $n; head -c $n /dev/urandom; } > packets
while [ $(stat -c %s packets) -lt $2 ]; do cat packets packets > more; mv more packets; done
size=$((n + 16))
{ cat head; head -c $(($2 / size * size)) packets; } > model
rm packets head`

/** A capture that has ended: its segments wait in the pod. */
async function backlog(connection: ApiConnection, place: CapturePlace, number: string): Promise<PointJob> {
  const copies = 'cp /tmp/model seg; i=1; while [ $i -lt "$1" ]; do cp /tmp/model seg$i; i=$((i+1)); done'
  const command = ['sh', '-c', copies, 'sh', String(SEGMENTS)]
  const job = { id: `bench-${number}`, command, seconds: 600, segments: 1000, leaseSeconds: 60, giveUpMs: 60_000 }
  await new PointCapture(connection, place, job, NOBODY, () => undefined).start()
  await run(connection, place, ['sh', '-c', 'until [ -e "/tmp/hopscope/$1/code" ]; do sleep 0.1; done', 'sh', job.id])
  return job
}

const NOBODY: PointSink = { begin() {}, bytes() {}, accept() {}, gap() {}, end: () => Promise.resolve() }

/** A capture's segments, as they are. */
const CAT = 'cd "/tmp/hopscope/$1"; set -- seg; while [ -e seg$# ]; do set -- "$@" seg$#; done; exec cat "$@"'

type Write = (bytes: Uint8Array) => void

async function intoFile(folder: string, transfer: (write: Write) => Promise<void>): Promise<Rate> {
  const out = join(folder, 'cat')
  const file = openSync(out, 'w')
  const rate = watch()
  let size = 0
  await transfer((bytes) => void (size += writeSync(file, bytes)))
  const found = rate(size)
  closeSync(file)
  rmSync(out)
  return found
}

/** From now on. */
function watch(): (bytes: number) => Rate {
  const start = performance.now()
  const before = process.cpuUsage()
  return (bytes) => {
    const { user, system } = process.cpuUsage(before)
    const bytesPerSecond = bytes / ((performance.now() - start) / 1000)
    return { bytesPerSecond, processorSeconds: (user + system) / 1e6 }
  }
}

async function captureRate(connection: ApiConnection, place: CapturePlace, folder: string, job: PointJob) {
  const out = join(folder, `${job.id}.pcapng`)
  const file = await CaptureFile.create(out, `${out}.parts/journal`, true)
  const id = file.addInterface(0, { name: 'eth0', description: '', filter: '', linkType: 1, snapLength: 65_550 })
  const packets = new SegmentPackets()
  const sink: PointSink = {
    begin: (segment) => packets.begin(segment),
    bytes: (bytes) => packets.add(bytes),
    accept() {
      const batch = packets.accept(() => id)
      return batch && file.add(0, batch)
    },
    gap() {},
    end: (lostBytes, end) => file.end(0, lostBytes, end),
  }
  const capture = new PointCapture(connection, place, job, sink, () => undefined)
  file.join(0, (segment) => capture.safe(segment))
  const rate = watch()
  const progress = await capture.run()
  const found = rate(progress.bytes)
  await file.close()
  if (progress.state !== 'complete') throw new Error(`the capture was ${progress.state}: ${progress.message}`)
  rmSync(out)
  return { rate: found, packets: file.packets }
}

async function placeIn(connection: ApiConnection, folder: string): Promise<CapturePlace> {
  const target = { kind: 'pod', namespace: 'default', pod: 'web' } as const
  const result = await preflight(connection, target, DEFAULT_SETTINGS, 'default')
  const by = { user: 'bench', capture: 'bench', createdAt: new Date() }
  const ledger = new Ledger(join(folder, 'ledger'))
  const settings = DEFAULT_SETTINGS
  return makePlace({ connection, context: 'bench', target, result, settings, debugNamespace: 'default', by, ledger })
}

async function run(connection: ApiConnection, place: CapturePlace, command: readonly string[]): Promise<void> {
  const stream = await openExec(connection, { ...place, command }, {})
  const end = await stream.ended
  if (end.exitCode !== 0) throw new Error(`a command in the pod failed: ${JSON.stringify(end)}`)
}
