import { describe, expect, it } from 'vitest'
import type { Pod, PodStatus } from '../../kubernetes/objects.ts'
import { nodeRow, podRow, serviceRow, workloadOf, workloadRow } from './rows.ts'

const pod = (status: PodStatus, more: Partial<Pod['metadata']> = {}): Pod => ({
  metadata: { name: 'web-7d9f-x', namespace: 'shop', ...more },
  spec: {
    nodeName: 'node-a',
    containers: [{ name: 'app', image: 'i' }],
    initContainers: [{ name: 'init', image: 'i' }],
  },
  status,
})

describe('a pod', () => {
  it.each<readonly [string, PodStatus]>([
    ['Running', { phase: 'Running', containerStatuses: [{ name: 'app', state: { running: {} } }] }],
    [
      'CrashLoopBackOff',
      { phase: 'Running', containerStatuses: [{ name: 'app', state: { waiting: { reason: 'CrashLoopBackOff' } } }] },
    ],
    ['Init:0/1', { phase: 'Pending', initContainerStatuses: [{ name: 'init', state: { running: {} } }] }],
    [
      'Init:ImagePullBackOff',
      {
        phase: 'Pending',
        initContainerStatuses: [{ name: 'init', state: { waiting: { reason: 'ImagePullBackOff' } } }],
      },
    ],
    [
      'OOMKilled',
      {
        phase: 'Failed',
        containerStatuses: [{ name: 'app', state: { terminated: { exitCode: 137, reason: 'OOMKilled' } } }],
      },
    ],
    ['ExitCode:3', { phase: 'Failed', containerStatuses: [{ name: 'app', state: { terminated: { exitCode: 3 } } }] }],
    ['Evicted', { phase: 'Failed', reason: 'Evicted' }],
    ['Pending', { phase: 'Pending' }],
  ])('is %s as kubectl says it', (text, status) => {
    expect(podRow(pod(status)).status).toBe(text)
  })

  it('that is being deleted runs no more, whatever its phase', () => {
    const row = podRow(pod({ phase: 'Running' }, { deletionTimestamp: '2026-11-21T05:00:00Z' }))
    expect(row).toMatchObject({ status: 'Terminating', running: false })
  })

  it('belongs to the deployment of its replica set, by the hash of its template', () => {
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-7d9f', uid: 'u', controller: true }
    const labels = { 'pod-template-hash': '7d9f' }
    expect(workloadOf({ name: 'x', ownerReferences: [owner], labels })).toEqual({ kind: 'Deployment', name: 'web' })
    expect(workloadOf({ name: 'x', ownerReferences: [owner] })).toEqual({ kind: 'ReplicaSet', name: 'web-7d9f' })
    expect(workloadOf({ name: 'x' })).toBeUndefined()
  })
})

describe('other rows', () => {
  it('count what a workload wants: replicas, nodes or completions', () => {
    const counted = (spec: object, status: object) => workloadRow('Job', { metadata: { name: 'w' }, spec, status })
    expect(counted({ replicas: 3 }, { readyReplicas: 2 })).toMatchObject({ desired: 3, ready: 2 })
    expect(counted({}, { desiredNumberScheduled: 5, numberReady: 4 })).toMatchObject({ desired: 5, ready: 4 })
    expect(counted({ completions: 2 }, { ready: 1 })).toMatchObject({ desired: 2, ready: 1 })
  })

  it('count all endpoints of a service and show some hundred', () => {
    const endpoints = Array.from({ length: 1000 }, (_, index) => ({
      addresses: [`10.0.${index >> 8}.${index & 255}`],
      conditions: { ready: index % 2 === 0 },
    }))
    const service = { metadata: { name: 's', namespace: 'n' }, spec: { ports: [{ port: 80, targetPort: 'http' }] } }
    const row = serviceRow(service, [{ metadata: { name: 'a' }, endpoints }])
    expect(row).toMatchObject({ allEndpoints: 1000, readyEndpoints: 500, ports: ['80→http/TCP'], type: 'ClusterIP' })
    expect(row.endpoints).toHaveLength(200)
  })

  it('say what is the matter with a node', () => {
    const conditions = [
      { type: 'Ready', status: 'False', message: 'kubelet stopped posting' },
      { type: 'DiskPressure', status: 'True' },
      { type: 'MemoryPressure', status: 'False' },
    ]
    const row = nodeRow({ metadata: { name: 'n' }, spec: { unschedulable: true }, status: { conditions } })
    expect(row).toMatchObject({ ready: false, troubles: ['kubelet stopped posting', 'DiskPressure', 'cordoned'] })
  })
})
