import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod/mini'
import { EVERYTHING } from './cluster/authorization.ts'
import { LocalCluster } from './cluster/local-cluster.ts'
import { onPath, whyNoNamespaces } from './cluster/namespaces.ts'
import { DEMO_CONTEXTS } from './demo-context.ts'
import { DEMO_IMAGE, fill } from './demo-objects.ts'
import { liveProgram, startFaults } from './live-traffic.ts'
import { readRecording } from './replay/recording.ts'
import { ReplayFabric } from './replay/replay-fabric.ts'
import { ReplayedTraffic } from './replay/traffic.ts'
import { DEMO_NODES, DEMO_PODS } from './world.ts'

/** A cluster that needs no cluster: on this machine, as long as this process lives. */
export interface Demo extends AsyncDisposable {
  /** A kubeconfig with the one context. */
  readonly kubeconfig: string
  readonly context: string
  /**
   * namespaces: real processes, tcpdump and faults in network namespaces of this machine; replay: the samples, played again and again at
   * their own pace.
   */
  readonly kind: 'namespaces' | 'replay'
}

const Index = z.array(z.object({ file: z.string() }))

export interface DemoOptions {
  readonly samplesFolder: string
  /** Default: namespaces where the machine allows them. */
  readonly kind?: Demo['kind']
  /** The context's name. */
  readonly context?: string
}

export async function startDemo({
  samplesFolder,
  kind = preferredKind(),
  context = DEMO_CONTEXTS[0],
}: DemoOptions): Promise<Demo> {
  const users = [
    { name: context, groups: ['system:masters'], token: randomBytes(16).toString('hex'), rules: EVERYTHING },
  ]
  const images = {
    [DEMO_IMAGE]: { user: 0, shell: true, busybox: true, tcpdump: false, command: ['sleep', '100000'], pullMs: 5 },
  }
  const nodes = Object.keys(DEMO_NODES)
  const replayed = kind === 'replay' ? { fabric: await replayFabric(samplesFolder) } : {}
  const cluster = await LocalCluster.start({ nodes, users, images, ...replayed })
  try {
    await fill(cluster, kind === 'namespaces' ? liveProgram : () => undefined)
    const faults = kind === 'namespaces' ? startFaults(cluster) : undefined
    return {
      kind,
      context,
      kubeconfig: cluster.kubeconfig([context]),
      async [Symbol.asyncDispose]() {
        faults?.()
        await cluster.close()
      },
    }
  } catch (error) {
    await cluster.close()
    throw error
  }
}

// Without tc their network would never fail.
const preferredKind = () => (whyNoNamespaces() === undefined && onPath('tc') ? 'namespaces' : 'replay')

async function replayFabric(samplesFolder: string): Promise<ReplayFabric> {
  const index = Index.parse(JSON.parse(await readFile(join(samplesFolder, 'samples.json'), 'utf8')))
  const recordings = await Promise.all(
    index.map(async ({ file }) => readRecording(await readFile(join(samplesFolder, file)))),
  )
  return new ReplayFabric(new ReplayedTraffic(recordings), {
    nodes: new Map(Object.entries(DEMO_NODES)),
    pods: new Map(DEMO_PODS.map(({ name, address }) => [name, address])),
  })
}
