import { expect, it, onTestFinished, vi } from 'vitest'
import { whileSlow } from './while-slow.ts'

it('says what is waited for only where that takes long, and that it is over', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const said: (string | undefined)[] = []
  const tell = (words: string | undefined) => void said.push(words)
  const taking = (ms: number) => () => new Promise<string>((resolve) => setTimeout(() => resolve('done'), ms))
  const quick = whileSlow(tell, 'quick', taking(1000))
  await vi.advanceTimersByTimeAsync(1000)
  expect(await quick).toBe('done')
  const slow = whileSlow(tell, 'slow', taking(5000))
  await vi.advanceTimersByTimeAsync(4000)
  expect(said).toEqual(['slow'])
  await vi.advanceTimersByTimeAsync(1000)
  await slow
  const failing = expect(
    whileSlow(tell, 'failing', async () => {
      await taking(3000)()
      throw new Error('no')
    }),
  ).rejects.toThrow('no')
  await vi.advanceTimersByTimeAsync(3000)
  await failing
  expect(said).toEqual(['slow', undefined, 'failing', undefined])
})
