import { expect, it } from 'vitest'
import { Talk } from '../application/testing/talk.ts'
import { addressPairs } from './address-pairs.ts'

const MS = 1e6

it('pairs of addresses have the round trips of their conversations, apart by half; what came with data is none', () => {
  const talk = new Talk()
    .client('', { at: -1, flags: 2, ms: 0 })
    .server('', { at: -1, flags: 0x12, ms: 20 })
    .client('', { ms: 3 })
    .client('question', { ms: 10 })
    .server('answer', { ms: 120 })
  expect(addressPairs(talk.ingest)).toMatchObject([
    {
      client: '10.0.0.1',
      server: '10.0.0.2',
      conversations: 1,
      toClient: { count: 1, maxNs: 3 * MS },
      toServer: { count: 1, maxNs: 20 * MS },
    },
  ])
  expect(addressPairs(talk.ingest, Uint32Array.of(4))).toEqual([])
})
