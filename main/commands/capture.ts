import { resolve } from 'node:path'
import { HostError } from '../../common/host-error.ts'
import type { ClusterCaptureStatus } from '../../common/model/cluster-capture.ts'
import type { ApiConnection } from '../kubernetes/api-connection.ts'
import type { CaptureSettings } from '../kubernetes/capture/capture-request.ts'
import { ClusterCapture } from '../kubernetes/capture/cluster-capture.ts'
import type { CaptureTarget } from '../kubernetes/capture/preflight.ts'
import { listAll } from '../kubernetes/cluster-access.ts'
import type { Pod } from '../kubernetes/objects.ts'
import { whySilent } from '../services/capturing/why-silent.ts'
import { parseArguments } from './arguments.ts'
import {
  asCommand,
  bytesOf,
  CONTEXT_OPTIONS,
  containerSettings,
  durationOf,
  openContexts,
  openLedger,
  TARGET_HELP,
  TARGET_OPTIONS,
} from './cluster.ts'
import { type Command, CommandError, endingSignals, Interrupted, UsageError } from './command.ts'
import { bytesText } from './text.ts'
import { say } from './write-out.ts'

const HEADERS = 128
const SILENT_MS = 10_000

export const capture: Command = {
  name: 'capture',
  usage: '[--context C] [-n NS] (POD... | -l SELECTOR | --node N) [--filter BPF] [--duration 30s] -o FILE.pcapng',
  summary: 'captures in pods or on a node, into one pcapng',
  help: `
Captures at one or more points at the same time, each the least privileged way that the cluster allows (see preflight), into one file
with an interface for each point. Nothing is installed in the cluster. Cut connections are taken up again at the last good byte. Ctrl+C
ends the capture in order; a second one gives up what has not been fetched.

${TARGET_HELP}
  -l, --selector LABELS  all pods with these labels, those that come later included
  --node NAME            the node's own network
  --interface NAME       default: eth0, or the first that is up
  --filter BPF           as for tcpdump
  --snaplen N            bytes of each packet. Default: headers (${HEADERS} bytes, which can hold some 60 bytes of payload: a URL, the
                         start of a query); full keeps whole packets, with all that people send through them
  --duration 30s         30s, 5m, 1h; without it, until Ctrl+C
  --packets N            at each point
  --bytes 100M           of the file, about
  -o, --output FILE      the pcapng; FILE.names.json beside it says whose the addresses were
  --force                overwrite FILE, once the capture has begun
  --resume               go on with FILE, whose capture was interrupted by a crash or a restart`,
  async run(args) {
    const { values, positionals } = parseArguments(args, {
      ...CONTEXT_OPTIONS,
      ...TARGET_OPTIONS,
      selector: { type: 'string', short: 'l' },
      interface: { type: 'string' },
      filter: { type: 'string' },
      snaplen: { type: 'string' },
      duration: { type: 'string' },
      packets: { type: 'string' },
      bytes: { type: 'string' },
      output: { type: 'string', short: 'o' },
      force: { type: 'boolean' },
      resume: { type: 'boolean' },
    })
    if (values.output === undefined) throw new UsageError('name the file to write with -o FILE.pcapng.')
    const ways = [positionals.length > 0, values.selector !== undefined, values.node !== undefined].filter(
      Boolean,
    ).length
    if (ways !== (values.resume ? 0 : 1)) {
      throw new UsageError(
        values.resume ? '--resume takes no pods.' : 'name pods, or labels with -l, or a node with --node.',
      )
    }
    const settings: CaptureSettings = {
      filter: values.filter ?? '',
      snapLength: snapLengthOf(values.snaplen),
      ...(values.duration === undefined ? {} : { durationSeconds: durationOf(values.duration) }),
      ...(values.packets === undefined ? {} : { packetLimit: countOf(values.packets) }),
      ...(values.bytes === undefined ? {} : { byteLimit: bytesOf(values.bytes) }),
    }
    const file = resolve(values.output)
    return asCommand(async () => {
      using all = openContexts(values.kubeconfig)
      const { connection, context } = await all.open(values.context)
      const namespace = values.namespace ?? context.namespace
      const common = {
        connection,
        context: context.name,
        container: containerSettings(values),
        debugNamespace: values['debug-namespace'] ?? namespace,
        ledger: openLedger(),
        file,
        ...(values.force ? { force: true } : {}),
        onChange: progress(settings.filter),
      }
      const made = values.resume
        ? await ClusterCapture.resume(common)
        : ClusterCapture.create({
            ...common,
            targets: await targetsOf(connection, namespace, positionals, values),
            ...(values.selector === undefined ? {} : { follow: { namespace, labels: values.selector } }),
            capture: settings,
          })
      const status = await untilStopped(made)
      return finish(status)
    })
  },
}

async function targetsOf(
  connection: ApiConnection,
  namespace: string,
  pods: readonly string[],
  values: {
    readonly selector?: string | undefined
    readonly node?: string | undefined
    readonly interface?: string | undefined
  },
): Promise<readonly CaptureTarget[]> {
  const on = values.interface === undefined ? {} : { interface: values.interface }
  if (values.node !== undefined) return [{ kind: 'node', node: values.node, ...on }]
  if (values.selector === undefined) return [...new Set(pods)].map((pod) => ({ kind: 'pod', namespace, pod, ...on }))
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`
  const { items } = await listAll<Pod>(connection, path, { labelSelector: values.selector })
  const running = items.filter((pod) => pod.status?.phase === 'Running')
  if (running.length === 0) {
    const there = items.length > 0 ? ` (${items.length} do not run)` : ''
    throw new CommandError(`no pod that runs in namespace ${namespace} has the labels ${values.selector}${there}.`)
  }
  return running.map((pod) => ({ kind: 'pod', namespace, pod: pod.metadata.name, ...on }))
}

async function untilStopped(made: ClusterCapture): Promise<ClusterCaptureStatus> {
  let asked: NodeJS.Signals | undefined
  const stop = (signal: NodeJS.Signals) => {
    if (asked) made.abandon()
    else void made.stop()
    asked ??= signal
  }
  const signals = endingSignals()
  for (const signal of signals) process.on(signal, stop)
  try {
    return await made.run()
  } catch (error) {
    if (!asked || !(error instanceof HostError) || error.code !== 'cancelled') throw error
    say(`hopscope capture: ${error.message}`)
    throw new Interrupted(asked)
  } finally {
    for (const signal of signals) process.off(signal, stop)
    if (process.stderr.isTTY) process.stderr.write('\n')
  }
}

/** One line that is written over on a terminal, one every 5 s elsewhere; each change of what is the matter at once. */
function progress(filter: string): (status: ClusterCaptureStatus) => void {
  let last = 0
  const silence = new Silence(filter)
  const said = new Map<number, string>()
  const tell = (text: string) => {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
    say(`hopscope capture: ${text}`)
  }
  const happened = new Map<number, number>()
  return (status) => {
    for (const { id, events = [] } of status.points) {
      for (const { at, text } of events.slice(happened.get(id) ?? 0)) tell(`${new Date(at).toISOString()}: ${text}`)
      happened.set(id, events.length)
    }
    for (const { id, pod, node, message, state } of status.points) {
      const words = message ?? ''
      if (words === (said.get(id) ?? '')) continue
      said.set(id, words)
      const where = pod ?? node
      const text = words === '' ? `${where}: goes on.` : `${where}: ${state}: ${words}`
      tell(text)
    }
    const now = Date.now()
    for (const words of silence.newlyAt(status, now)) {
      tell(words)
    }
    if (now - last < (process.stderr.isTTY ? 250 : 5000)) return
    last = now
    const live = status.points.filter(({ state }) => state === 'capturing' || state === 'stopping').length
    const dropped = status.points.reduce((sum, point) => sum + (point.dropped ?? 0), 0)
    const seconds = Math.round((now - status.startedAt) / 1000)
    const left = status.points.reduce((sum, point) => sum + (point.leftBytes ?? 0), 0)
    const rest = left === 0 ? '' : `, ${bytesText(left)} still to fetch`
    const line = `${status.state}: ${live} of ${status.points.length} points, ${status.packets} packets, ${bytesText(status.bytes)}, ${dropped} dropped, ${seconds} s${rest}`
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`)
    else say(`hopscope capture: ${line}`)
  }
}

/** Points at which no packet has come for a while, each told of once. */
class Silence {
  readonly #filter: string
  readonly #news = new Map<number, { packets: number; at: number; told: boolean }>()

  constructor(filter: string) {
    this.#filter = filter
  }

  newlyAt({ points }: ClusterCaptureStatus, now: number): string[] {
    return points.flatMap((point) => {
      const { id, packets, state, pod, node } = point
      const before = this.#news.get(id)
      if (state !== 'capturing' || !before || before.packets !== packets) {
        this.#news.set(id, { packets, at: now, told: false })
        return []
      }
      if (before.told || now - before.at < SILENT_MS) return []
      before.told = true
      const elsewhere = points.reduce((sum, other) => sum + (other.id === id ? 0 : other.packets), 0)
      const why = whySilent({ point, filter: this.#filter, elsewhere, now })
      return [`${pod ?? node}: no packet in ${SILENT_MS / 1000} s. ${why.join(' ')}`]
    })
  }
}

function finish(status: ClusterCaptureStatus): number {
  const { file, packets, bytes, points } = status
  say(`hopscope capture: ${file}: ${packets} packets, ${bytesText(bytes)}.`)
  if (status.late)
    say(
      `hopscope capture: ${status.late} packets came too late to be put in the order of time; their places are marked in the file.`,
    )
  for (const point of points) {
    const where = point.pod ?? point.node
    if (point.dropped) say(`hopscope capture: ${where}: the kernel dropped ${point.dropped} packets.`)
    if (point.lostBytes > 0) {
      say(`hopscope capture: ${where}: ${bytesText(point.lostBytes)} were lost; the place is marked in the file.`)
    }
    if (point.state !== 'complete') say(`hopscope capture: ${where}: ${point.state}: ${point.message ?? 'unknown why'}`)
  }
  if (status.state === 'complete' && status.message !== undefined) say(`hopscope capture: ${status.message}`)
  if (packets === 0)
    say(`hopscope capture: no packet passed${status.points.length > 1 ? ' at any point' : ''}: does the filter fit?`)
  return status.state === 'complete' ? 0 : 1
}

function snapLengthOf(text: string | undefined): number {
  if (text === undefined || text === 'headers') return HEADERS
  if (text === 'full') return 0
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0 || value > 262144)
    throw new UsageError('--snaplen is a number of bytes, headers or full.')
  return value
}

function countOf(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new UsageError(`"${text}" is no number of packets.`)
  return value
}
