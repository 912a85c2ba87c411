import { describe, expect, it } from 'vitest'
import { containerCommand } from '../container-command.ts'
import { captureRung, DEFAULT_SETTINGS, ephemeralContainer } from './capture-container.ts'

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
})
