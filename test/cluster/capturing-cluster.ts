import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, vi } from 'vitest'
import type { ContainerProcess } from '../../main/demo/cluster/running.ts'
import type { ApiConnection } from '../../main/kubernetes/api-connection.ts'
import { DEFAULT_SETTINGS, type ContainerSettings } from '../../main/kubernetes/capture/capture-container.ts'
import type { CaptureSettings } from '../../main/kubernetes/capture/capture-request.ts'
import { ClusterCapture } from '../../main/kubernetes/capture/cluster-capture.ts'
import { Ledger } from '../../main/kubernetes/capture/ledger.ts'
import type { PodSelector } from '../../main/kubernetes/capture/pod-follower.ts'
import { PointCapture } from '../../main/kubernetes/capture/point-capture.ts'
import type { CaptureTarget } from '../../main/kubernetes/capture/preflight.ts'
import { TestCluster } from './cluster.ts'
import { openAs } from './start.ts'

const dev = {
  name: 'dev',
  token: 'dev-token',
  rules: [{ namespaces: ['default'], resources: ['pods'], verbs: ['get', 'list'] }],
}
const debian = { user: 0, shell: true, busybox: false, tcpdump: true, command: ['sh'], pullMs: 5 }

async function start() {
  const cluster = await TestCluster.start({ users: [dev], images: { 'tools/debian:1': debian } })
  cluster.namespace('guarded', 'baseline')
  cluster.namespace('strict', 'restricted')
  cluster.namespace('debug', 'privileged')
  await cluster.pod('default', 'web', { nodeName: 'node-a' }, { app: 'web' })
  const db = await cluster.pod('default', 'db', { nodeName: 'node-b' })
  cluster.add('services', 'default', {
    metadata: { name: 'db' },
    spec: { clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'] },
  })
  const admin = (await openAs(cluster)).connection
  const folder = mkdtempSync(join(tmpdir(), 'hopscope-capture-'))
  return { cluster, db, admin, folder, ledger: new Ledger(join(folder, 'ledger.jsonl')) }
}

/** What a capture is made with besides: what is left out is as most have it. */
interface Circumstances {
  readonly container?: Partial<ContainerSettings>
  readonly connection?: ApiConnection
  readonly file?: string
  readonly debugNamespace?: string
  readonly follow?: PodSelector
}

/**
 * For the tests of a `describe`: a cluster with the pods web and db on two nodes, namespaces that enforce baseline (guarded), restricted
 * (strict) and privileged (debug), a user dev who may only look, and captures there as its administrator.
 */
export function capturingCluster() {
  let started: Awaited<ReturnType<typeof start>> | undefined
  let number = 0
  beforeAll(async () => {
    started = await start()
  })
  afterAll(async () => {
    await started?.cluster.close()
    if (started) rmSync(started.folder, { recursive: true, force: true })
  })
  const there = () => {
    if (!started) throw new Error('the cluster is there in tests, not before')
    return started
  }
  const file = () => join(there().folder, `capture-${++number}.pcapng`)
  return {
    get cluster() {
      return there().cluster
    },
    get db() {
      return there().db
    },
    get admin() {
      return there().admin
    },
    get folder() {
      return there().folder
    },
    get ledger() {
      return there().ledger
    },
    /** The name of a file that is not there yet. */
    file,
    make: (targets: readonly CaptureTarget[], capture: Partial<CaptureSettings> = {}, more: Circumstances = {}) =>
      ClusterCapture.create({
        connection: more.connection ?? there().admin,
        context: 'admin',
        targets,
        capture: { filter: 'udp port 9', snapLength: 0, ...capture },
        container: { ...DEFAULT_SETTINGS, ...more.container },
        debugNamespace: more.debugNamespace ?? 'default',
        ledger: there().ledger,
        file: more.file ?? file(),
        ...(more.follow ? { follow: more.follow } : {}),
      }),
    resume: (file: string) =>
      ClusterCapture.resume({
        connection: there().admin,
        context: 'admin',
        container: DEFAULT_SETTINGS,
        debugNamespace: 'default',
        ledger: there().ledger,
        file,
      }),
    /** Where a crash left what a capture of this one had, when it was about to start tcpdump. */
    crashedBeforeStart: async (capture: ClusterCapture): Promise<string> => {
      const left = file()
      const start = vi.spyOn(PointCapture.prototype, 'start').mockImplementationOnce(() => {
        const before = capture.status.file
        for (const part of ['', '.parts']) cpSync(`${before}${part}`, `${left}${part}`, { recursive: true })
        return Promise.reject(new Error('the host went away'))
      })
      await expect(capture.run()).rejects.toThrow('the host went away')
      start.mockRestore()
      return left
    },
    pod: (name: string, namespace = 'default'): CaptureTarget => ({ kind: 'pod', namespace, pod: name }),
    /** All its points capture. */
    started: async (capture: ClusterCapture) => {
      while (!capture.status.points.every(({ state }) => state === 'capturing')) {
        expect(capture.status.state).not.toBe('failed')
        await sleep(20)
      }
      await sleep(300)
    },
    app: (name: string, namespace = 'default') => there().cluster.container(namespace, name, 'app'),
  }
}

/** What a process in a pod prints, once it has ended. */
export async function said(process: ContainerProcess): Promise<string> {
  let text = ''
  process.stdout?.on('data', (bytes: Buffer) => (text += bytes.toString()))
  await once(process, 'close')
  return text
}
