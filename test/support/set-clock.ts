import { onTestFinished, vi } from 'vitest'

/** Sets the clock of this machine, as Date.now tells it, by so many milliseconds until the test has ended. */
export function setClock(byMs: number): void {
  const now = Date.now.bind(Date)
  const spy = vi.spyOn(Date, 'now').mockImplementation(() => now() + byMs)
  onTestFinished(() => spy.mockRestore())
}
