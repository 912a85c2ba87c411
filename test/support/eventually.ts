import { vi } from 'vitest'

/** Waits until it no longer throws; long enough for a machine that has other things to do. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 10_000, interval: 20 })
}
