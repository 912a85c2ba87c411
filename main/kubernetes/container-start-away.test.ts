import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, it, vi } from 'vitest'
import type { ApiConnection } from './api-connection.ts'
import { ApiError } from './api-error.ts'
import { waitForContainer } from './container-start.ts'

vi.mock('node:timers/promises', () => ({ setTimeout: vi.fn(() => Promise.resolve()) }))

afterEach(() => void vi.useRealTimers())

it.each([
  ['for as long as it says', 60_000, 60_000],
  ['for a moment where it says nothing', undefined, 250],
  ['no longer than the container is waited for', 86_400_000, 300_250],
])('leaves the API server alone that turns requests away, %s', async (_how, retryAfterMs, pause) => {
  vi.useFakeTimers({ toFake: ['performance'], now: 0 })
  const running = { status: { containerStatuses: [{ name: 'app', state: { running: {} } }] } }
  const get = vi.fn().mockRejectedValueOnce(new ApiError(429, '', 'too much to do', retryAfterMs))
  const connection = { get: get.mockResolvedValueOnce(running) } as Partial<ApiConnection> as ApiConnection
  const names = { namespace: 'default', pod: 'web', container: 'app', image: 'tools:1', purpose: 'capture' }
  await waitForContainer({ connection, ...names })
  expect(vi.mocked(sleep).mock.lastCall?.[0]).toBe(pause)
})
