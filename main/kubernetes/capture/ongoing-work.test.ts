import { expect, it } from 'vitest'
import { OngoingWork } from './ongoing-work.ts'

it('is done when all is, with what came meanwhile', async () => {
  const [first, later] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const work = new OngoingWork()
  const ended: string[] = []
  work.add(first.promise.then(() => work.add(later.promise.then(() => ended.push('later')))))
  const done = work.done().then(() => ended.push('all'))
  first.resolve()
  await first.promise
  expect(ended).toEqual([])
  later.resolve()
  await done
  expect(ended).toEqual(['later', 'all'])
})

it('fails with the first that fails, while others go on', async () => {
  const slow = Promise.withResolvers<void>()
  const work = new OngoingWork()
  work.add(slow.promise)
  work.add(Promise.reject(new Error('the disk is full')))
  await expect(work.done()).rejects.toThrow('the disk is full')
  await expect(work.failure).rejects.toThrow('the disk is full')
  let isSettled = false
  const settled = work.settled().then(() => (isSettled = true))
  await Promise.resolve()
  expect(isSettled).toBe(false)
  slow.resolve()
  await settled
})
