import { describe, expect, it } from 'vitest'
import { podFailure } from '../container-start.ts'
import type { Node, Pod } from '../objects.ts'
import { DEFAULT_SETTINGS, debugPod, ephemeralContainer } from './capture-container.ts'
import { nodeObstacle, podObstacle, quantity, ringBytes, spoiledByAdmission } from './obstacles.ts'

const by = { user: 'dev', capture: 'c', createdAt: new Date(0) }
const podWith = (spec: Partial<Pod['spec']>, status: Pod['status'] = { phase: 'Running' }): Pod => ({
  metadata: { name: 'web', namespace: 'pay' },
  spec: { containers: [{ name: 'app', image: 'a' }], ...spec },
  status,
})
const limited = (...limits: (string | undefined)[]) =>
  podWith({
    containers: limits.map((limit, id) => ({
      name: `c${id}`,
      image: 'a',
      ...(limit ? { resources: { limits: { 'ephemeral-storage': limit } } } : {}),
    })),
  })
const nodeWith = (labels: Record<string, string>, taint?: string): Node => ({
  metadata: { name: 'n1', labels },
  spec: taint ? { taints: [{ key: taint, effect: 'NoSchedule' }] } : {},
})

describe('what stands in the way', () => {
  it('of a pod with little room on its disk: it is not to be evicted for a capture', () => {
    expect(podObstacle(limited('50Mi'))).toMatch(/web may keep 52 MB .* could have it evicted/)
    expect(podObstacle(limited('1Gi', undefined))).toBeUndefined()
    expect(podObstacle(limited(undefined))).toBeUndefined()
    expect(ringBytes('ephemeral-container', limited('100M', '100M', undefined), 256e6)).toBe(50e6)
    expect(ringBytes('ephemeral-container', limited(undefined), 256e6)).toBe(256e6)
    expect(ringBytes('node-pod', limited('100M'), 256e6)).toBe(256e6)
  })

  it.each([
    ['1Gi', 2 ** 30],
    ['1.5G', 1.5e9],
    ['128974848', 128974848],
    ['129e6', 129e6],
    ['100x', undefined],
    [undefined, undefined],
  ])('reads the quantity %s', (text, bytes) => expect(quantity(text)).toBe(bytes))

  it('of nodes that are no Linux machines, also where only the pod may be read', () => {
    expect(nodeObstacle('n1', nodeWith({ 'kubernetes.io/os': 'windows' }), undefined)).toMatch(/runs windows/)
    expect(nodeObstacle('n1', undefined, podWith({ os: { name: 'windows' } }))).toMatch(/runs windows/)
    expect(nodeObstacle('n1', nodeWith({ type: 'virtual-kubelet' }), undefined)).toMatch(/virtual kubelet/)
    expect(nodeObstacle('n1', nodeWith({}, 'virtual-kubelet.io/provider'), undefined)).toMatch(/virtual kubelet/)
    expect(nodeObstacle('n1', nodeWith({ 'kubernetes.io/os': 'linux' }), podWith({}))).toBeUndefined()
  })

  it('of a container that admission changes', () => {
    const asked = ephemeralContainer('hopscope-1', 'ephemeral-container-net-raw', DEFAULT_SETTINGS, by)
    const made = (securityContext: object) =>
      podWith({
        ephemeralContainers: [{ ...asked, securityContext: { ...asked.securityContext, ...securityContext } }],
      })
    const says = (change: object) => spoiledByAdmission('ephemeral-container-net-raw', made(change), 'hopscope-1')
    expect(says({})).toBeUndefined()
    expect(says({ capabilities: { drop: ['ALL'] } })).toMatch(/takes the capability NET_RAW from it/)
    expect(says({ runAsNonRoot: true })).toMatch(/does not let it run as root/)
    expect(says({ readOnlyRootFilesystem: true })).toMatch(/read-only/)
    for (const rung of ['node-pod', 'node-network'] as const) {
      const pod = debugPod('hopscope-1', 'debug', 'n1', rung, DEFAULT_SETTINGS, by)
      expect(spoiledByAdmission(rung, pod, 'capture')).toBeUndefined()
    }
  })
})

describe('a pod that failed', () => {
  it('says why, as the kubelet does', () => {
    const message = 'Pod ephemeral local storage usage exceeds the total limit of containers 100Mi.'
    expect(podFailure(podWith({}, { phase: 'Failed', reason: 'Evicted', message }))).toBe(
      `Pod web was stopped by its node (Evicted): ${message}`,
    )
    expect(podFailure(podWith({}, { phase: 'Failed', reason: 'OutOfcpu' }))).toMatch(/\(OutOfcpu\)\.$/)
    expect(podFailure(podWith({}, { phase: 'Failed' }))).toBeUndefined()
    expect(podFailure(podWith({}))).toBeUndefined()
  })
})
