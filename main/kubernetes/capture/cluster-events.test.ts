import { describe, expect, it } from 'vitest'
import type { ContainerStatus, Node, Pod } from '../objects.ts'
import { nodeEvents, podEvents } from './cluster-events.ts'

const SEEN = Date.parse('2026-11-22T03:00:09Z')
const at = (time: string) => Date.parse(`2026-11-22T${time}Z`)

const pod = (metadata: object = {}, status: Pod['status'] = {}): Pod => ({
  metadata: { name: 'web', namespace: 'shop', uid: 'a', ...metadata },
  spec: { containers: [] },
  status,
})
const app = (status: Partial<ContainerStatus>): Pod => pod({}, { containerStatuses: [{ name: 'app', ...status }] })
const node = (spec: NonNullable<Node['spec']>, ready?: object): Node => ({
  metadata: { name: 'node-a' },
  spec,
  status: { conditions: ready ? [{ type: 'Ready', status: 'True', ...ready }] : [] },
})
const texts = (events: readonly { readonly text: string }[]) => events.map(({ text }) => text)

describe('what the cluster does to a pod', () => {
  it('is its deletion, when it was asked for, and why where the pod says so', () => {
    const deletion = { deletionTimestamp: '2026-11-22T03:00:35Z', deletionGracePeriodSeconds: 30 }
    expect(podEvents(pod(), pod(deletion), SEEN)).toEqual([
      { at: at('03:00:05'), text: 'Pod shop/web was deleted: its containers had 30 s to end.', ended: true },
    ])
    const conditions = [
      { type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting' },
    ]
    expect(texts(podEvents(pod(), pod(deletion, { conditions }), SEEN))).toEqual([
      'Pod shop/web was deleted (EvictionByEvictionAPI: Eviction API: evicting): its containers had 30 s to end.',
    ])
    expect(podEvents(pod(deletion), pod(deletion), SEEN)).toEqual([])
  })

  it('is that it is gone, or that another has its name', () => {
    expect(podEvents(pod(), undefined, SEEN)).toEqual([
      { at: SEEN, text: 'Pod shop/web is gone from the cluster.', ended: true },
    ])
    expect(texts(podEvents(pod(), pod({ uid: 'b' }), SEEN))).toEqual([
      'Pod shop/web is gone; another pod has its name now.',
    ])
    const evicted = pod({}, { phase: 'Failed', reason: 'Evicted', message: 'The node was low on memory.' })
    expect(texts(podEvents(pod(), evicted, SEEN))).toEqual([
      'Pod web was stopped by its node (Evicted): The node was low on memory.',
    ])
  })

  it('is the end of a container and its new start, each once, by the clock of its node', () => {
    const terminated = { exitCode: 137, reason: 'OOMKilled', finishedAt: '2026-11-22T03:00:01Z' }
    const running = app({ restartCount: 0, state: { running: {} } })
    const ended = app({ restartCount: 0, state: { terminated } })
    const again = app({
      restartCount: 1,
      state: { running: { startedAt: '2026-11-22T03:00:03Z' } },
      lastState: { terminated },
    })
    const text = 'Container app of pod shop/web ended (OOMKilled, exit code 137)'
    expect(podEvents(running, ended, SEEN)).toEqual([{ at: at('03:00:01'), text: `${text}.` }])
    expect(podEvents(ended, again, SEEN)).toEqual([
      { at: at('03:00:03'), text: 'Container app of pod shop/web was started again.' },
    ])
    expect(podEvents(running, again, SEEN)).toEqual([{ at: at('03:00:01'), text: `${text}, and was started again.` }])
    const waiting = app({
      restartCount: 0,
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated },
    })
    expect(podEvents(ended, waiting, SEEN)).toEqual([])
    expect(podEvents(waiting, again, SEEN)).toEqual([
      { at: at('03:00:03'), text: 'Container app of pod shop/web was started again.' },
    ])
    expect(podEvents(again, again, SEEN)).toEqual([])
  })

  it('is that it is not ready, with the reason, unless something else says more', () => {
    const ready = (status: string, more: object = {}) => ({ conditions: [{ type: 'Ready', status, ...more }] })
    const not = ready('False', { reason: 'ContainersNotReady', lastTransitionTime: '2026-11-22T03:00:02Z' })
    expect(podEvents(pod({}, ready('True')), pod({}, not), SEEN)).toEqual([
      { at: at('03:00:02'), text: 'Pod shop/web is no longer ready (ContainersNotReady).' },
    ])
    expect(texts(podEvents(pod({}, not), pod({}, ready('True')), SEEN))).toEqual(['Pod shop/web is ready again.'])
    const deletion = { deletionTimestamp: '2026-11-22T03:00:35Z' }
    expect(podEvents(pod({}, ready('True')), pod(deletion, not), SEEN)).toHaveLength(1)
  })
})

describe('what becomes of a node', () => {
  it('is that it is not ready, was cordoned or is gone', () => {
    const lost = { status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' }
    expect(texts(nodeEvents(node({}, {}), node({ unschedulable: true }, lost), SEEN))).toEqual([
      'Node node-a was cordoned: it takes no new pods.',
      'Node node-a is no longer ready (NodeStatusUnknown: Kubelet stopped posting node status.).',
    ])
    expect(texts(nodeEvents(node({}), undefined, SEEN))).toEqual(['Node node-a is gone from the cluster.'])
    expect(nodeEvents(node({}, {}), node({}, {}), SEEN)).toEqual([])
  })
})
