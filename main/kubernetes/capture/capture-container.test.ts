import { describe, expect, it } from 'vitest'
import { containerCommand } from '../container-command.ts'
import type { ContainerState, Pod } from '../objects.ts'
import type { Rung } from '../../../common/model/preflight.ts'
import { captureRung, debugPod, DEFAULT_SETTINGS, ephemeralContainer, findReusable } from './capture-container.ts'

describe('what is made', () => {
  const by = { user: 'dev', capture: 'c1', createdAt: new Date(0) }
  const usual = [
    ...['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE', 'NET_RAW'],
    ...['SETFCAP', 'SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT'],
  ]
  const securityOf = (rung: Rung) =>
    rung.startsWith('ephemeral')
      ? ephemeralContainer('hopscope-1', rung, DEFAULT_SETTINGS, by).securityContext
      : debugPod('hopscope-1', 'debug', 'node-a', rung, DEFAULT_SETTINGS, by).spec.containers[0]?.securityContext

  it.each(['ephemeral-container', 'ephemeral-container-net-raw', 'node-network'] as const)(
    'at %s can use raw sockets, set its ids, and no more',
    (rung) => {
      const { capabilities: { add = [], drop = [] } = {}, ...security } = securityOf(rung) ?? {}
      const left = drop.includes('ALL') ? [] : usual.filter((one) => !drop.includes(one))
      expect([...left, ...add].toSorted()).toEqual(['NET_RAW', 'SETGID', 'SETUID'])
      // Pod Security's baseline.
      if (rung === 'ephemeral-container') expect(add).toEqual([])
      expect(security).toMatchObject({
        allowPrivilegeEscalation: false,
        seccompProfile: { type: 'RuntimeDefault' },
        runAsUser: 0,
        runAsNonRoot: false,
      })
      expect(security.privileged).toBeUndefined()
    },
  )

  it.each(['node-pod', 'node-network'] as const)('on a node at %s ends, has no token and no sidecar', (rung) => {
    const { metadata, spec } = debugPod('hopscope-1', 'debug', 'node-a', rung, DEFAULT_SETTINGS, by)
    expect(spec).toMatchObject({
      nodeName: 'node-a',
      restartPolicy: 'Never',
      activeDeadlineSeconds: 6 * 3600,
      automountServiceAccountToken: false,
      volumes: [{ emptyDir: { sizeLimit: '338Mi' } }],
    })
    expect(spec.containers[0]?.securityContext?.readOnlyRootFilesystem).toBe(true)
    expect(spec.containers[0]?.resources?.limits).toEqual({ memory: '256Mi' })
    expect({ ...metadata.labels, ...metadata.annotations }).toMatchObject({
      'sidecar.istio.io/inject': 'false',
      'linkerd.io/inject': 'disabled',
      'hopscope/created-by': 'dev',
    })
  })
})

describe('a container that is there', () => {
  const by = { user: 'dev', capture: 'c1', createdAt: new Date(0) }
  const { image } = DEFAULT_SETTINGS
  const plain = ephemeralContainer('hopscope-1', 'ephemeral-container', DEFAULT_SETTINGS, by)
  const netRaw = ephemeralContainer('hopscope-1', 'ephemeral-container-net-raw', DEFAULT_SETTINGS, by)

  it.each([
    ['one of a capture', plain, 'ephemeral-container'],
    ['one with NET_RAW', netRaw, 'ephemeral-container-net-raw'],
    ['one of a shell', { ...plain, command: containerCommand(['sh', '-c', 'while :; do sleep 1; done']) }, undefined],
    ['one of another image', { ...plain, image: 'busybox' }, undefined],
    ['one of somebody else', { ...plain, name: 'debugger-x7' }, undefined],
    [
      'one that admission took NET_RAW from',
      { ...plain, securityContext: { runAsUser: 0, capabilities: { drop: ['ALL'] } } },
      undefined,
    ],
    ['one that admission made another user', { ...plain, securityContext: { runAsUser: 1000 } }, undefined],
  ])('%s', (_what, container, rung) => {
    expect(captureRung(container, image)).toBe(rung)
  })

  it('is used again while it has most of its time before it, and runs', () => {
    const started = Date.parse('2026-11-22T10:00:00Z')
    const pod = (state: ContainerState): Pod => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web' },
      spec: { containers: [], ephemeralContainers: [netRaw] },
      status: { ephemeralContainerStatuses: [{ name: netRaw.name, state }] },
    })
    const running = pod({ running: { startedAt: '2026-11-22T10:00:00Z' } })
    const at = (one: Pod, hours: number) => findReusable(one, DEFAULT_SETTINGS, started + hours * 3_600_000)
    expect(at(running, 0.9)).toEqual({ container: netRaw.name, rung: 'ephemeral-container-net-raw' })
    // A capture of five hours and more could not be made in it.
    expect(at(running, 1.1)).toBeUndefined()
    expect(at(pod({ terminated: { exitCode: 0 } }), 0)).toBeUndefined()
    expect(at(pod({ waiting: { reason: 'ContainerCreating' } }), 0)).toBeUndefined()
  })
})
