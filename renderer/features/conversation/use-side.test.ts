import { describe, expect, it } from 'vitest'
import { sideOf } from './use-side.ts'

const CONVERSATION = {
  id: 3,
  addressA: '10.0.0.1',
  addressB: '10.0.0.2',
  bytesAB: 100,
  bytesBA: 900,
  retransmissions: 4,
}

describe('the direction that is shown', () => {
  it('is that with more bytes', () => {
    expect(sideOf(undefined, CONVERSATION)).toBe('server')
    expect(sideOf(undefined, { ...CONVERSATION, bytesAB: 1000 })).toBe('client')
    expect(sideOf({ conversation: 3, tone: 'plain', source: '10.0.0.1' }, CONVERSATION)).toBe('server')
  })

  it('is that of the selected trouble', () => {
    expect(sideOf({ conversation: 3, tone: 'bad', source: '10.0.0.1' }, CONVERSATION)).toBe('client')
    expect(sideOf({ conversation: 3, tone: 'warn', source: '10.0.0.2' }, CONVERSATION)).toBe('server')
  })

  it('is that in which more was sent again, else that with more bytes', () => {
    expect(sideOf(undefined, CONVERSATION, 3)).toBe('client')
    expect(sideOf(undefined, CONVERSATION, 1)).toBe('server')
    expect(sideOf(undefined, CONVERSATION, 2)).toBe('server')
    expect(sideOf({ conversation: 3, tone: 'bad', source: '10.0.0.2' }, CONVERSATION, 3)).toBe('server')
  })

  it('is not that of a packet of another conversation, or whose addresses do not tell', () => {
    expect(sideOf({ conversation: 4, tone: 'bad', source: '10.0.0.1' }, CONVERSATION)).toBe('server')
    const loopback = { ...CONVERSATION, addressA: '::1', addressB: '::1' }
    expect(sideOf({ conversation: 3, tone: 'bad', source: '::1' }, loopback)).toBe('server')
  })
})
