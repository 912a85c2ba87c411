import { expect, it } from 'vitest'
import type { LibraryCapture } from '../../../common/model/live-capture.ts'
import { byOverlap } from './overlap.ts'

const capture = (name: string, startedAt: number, endedAt?: number, state: LibraryCapture['state'] = 'complete') => ({
  ...{ name, path: name, title: name, context: '', size: 1, points: [], filter: '' },
  ...{ startedAt, state, ...(endedAt !== undefined && { endedAt }) },
})
const namesOf = (captures: readonly LibraryCapture[]) => captures.map(({ name }) => name)

it('puts captures of the same time first, by how much of it they share', () => {
  const { during, others } = byOverlap(
    [
      capture('before', 0, 99),
      capture('a little', 190, 500),
      capture('touches', 0, 100),
      capture('all', 0, 1000),
      capture('put there later', 900),
      capture('still runs', 150, undefined, 'live'),
    ],
    { from: 100, to: 200 },
  )
  expect(namesOf(during)).toEqual(['all', 'still runs', 'a little', 'touches'])
  expect(namesOf(others)).toEqual(['before', 'put there later'])
})

it('knows no time of what is not open', () => {
  expect(byOverlap([capture('one', 0, 9)], undefined)).toMatchObject({ during: [], others: [{ name: 'one' }] })
})
