import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestCluster } from '../../test/cluster/cluster.ts'
import { openAs, skipReason } from '../../test/cluster/start.ts'
import { setClock } from '../../test/support/set-clock.ts'
import { podKind } from '../demo/cluster/kubelet.ts'
import type { ApiConnection } from './api-connection.ts'
import { waitForContainer } from './container-start.ts'
import type { ContainerState, Pod } from './objects.ts'

const PATIENCE = { timeout: 20_000 }
const CREATING = 'the node is making its container (ContainerCreating)'
const blind = { name: 'blind', token: 'blind-token', rules: [{ resources: ['pods'], verbs: ['get'] }] }
const title = `waiting for a container${skipReason ? ` (skipped: ${skipReason})` : ''}`

describe.skipIf(skipReason !== undefined)(title, { timeout: 30_000 }, () => {
  let cluster: TestCluster
  beforeAll(async () => void (cluster = await TestCluster.start({ users: [blind] })))
  afterAll(() => cluster?.close())

  const containers = [{ name: 'app', image: 'tools:1' }]
  /** No kubelet looks after it: it is what the test says. */
  const put = (name: string, state: ContainerState) => {
    const status = {
      phase: 'Pending',
      containerStatuses: [{ name: 'app', image: 'tools:1', ready: false, restartCount: 0, state }],
    }
    const pod: Pod = { metadata: { name, namespace: 'default' }, spec: { nodeName: 'node-a', containers }, status }
    if (cluster.findPod('default', name)) cluster.store.replace(podKind(), pod)
    else cluster.store.create(podKind(), 'default', pod)
  }
  let events = 0
  const happens = (pod: string, message: string, at: number, fieldPath?: string) =>
    cluster.add('events', 'default', {
      metadata: { name: `event-${++events}`, namespace: 'default' },
      involvedObject: { kind: 'Pod', name: pod, ...(fieldPath ? { fieldPath } : {}) },
      message,
      lastTimestamp: new Date(at).toISOString(),
    })
  const wait = (connection: ApiConnection, pod: string, tell: (what: string) => void) =>
    waitForContainer({
      connection,
      namespace: 'default',
      pod,
      container: 'app',
      image: 'tools:1',
      purpose: 'capture',
      tell,
    })

  it('waits on while the API server is away, and says so', async () => {
    put('patient', { waiting: { reason: 'ContainerCreating' } })
    const told: string[] = []
    const running = wait((await openAs(cluster)).connection, 'patient', (what) => told.push(what))
    await expect.poll(() => told, PATIENCE).toEqual([CREATING])
    cluster.api.stop()
    await expect.poll(() => told.at(-1), PATIENCE).toMatch(/^Nothing listens at 127\.0\.0\.1/)
    put('patient', { running: {} })
    await cluster.api.start()
    await running
  })

  it('waits on where the clock of this machine is set', async () => {
    put('timeless', { waiting: { reason: 'ContainerCreating' } })
    const told: string[] = []
    const running = wait((await openAs(cluster)).connection, 'timeless', (what) => told.push(what))
    await expect.poll(() => told, PATIENCE).toEqual([CREATING])
    setClock(3_600_000)
    put('timeless', { waiting: { reason: 'PodInitializing' } })
    await expect
      .poll(() => told, PATIENCE)
      .toEqual([CREATING, 'other containers of the pod start first (PodInitializing)'])
    put('timeless', { running: {} })
    await running
  })

  it('says what the node said last about it, until it runs', async () => {
    put('slow', { waiting: { reason: 'ContainerCreating' } })
    happens('slow', 'Pulling image "tools:1"', 2000, 'spec.containers{app}')
    happens('slow', 'Successfully assigned default/slow to node-a', 1000)
    happens('slow', 'Back-off restarting failed container', 3000, 'spec.containers{other}')
    happens('else', 'Pulling image "else:1"', 4000)
    const told: string[] = []
    const running = wait((await openAs(cluster)).connection, 'slow', (what) => told.push(what))
    await expect.poll(() => told, PATIENCE).toEqual([`${CREATING}. Pulling image "tools:1"`])
    put('slow', { running: {} })
    await running
    expect(told).toHaveLength(1)
  })

  it('says what the status says where events may not be read', async () => {
    put('dark', { waiting: { reason: 'ContainerCreating' } })
    happens('dark', 'Pulling image "tools:1"', 2000, 'spec.containers{app}')
    const told: string[] = []
    const running = wait((await openAs(cluster, 'blind')).connection, 'dark', (what) => told.push(what))
    await expect.poll(() => told, PATIENCE).toEqual([CREATING])
    put('dark', { running: {} })
    await running
  })
})
