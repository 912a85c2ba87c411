import { describe, expect, it } from 'vitest'
import type { LiveCapture } from '../../../common/model/live-capture.ts'
import { clockText, cutsText, leftText, liveNumbers, liveWord, stateText, timesText } from './live-text.ts'

const point = (id: number, more: object = {}) => ({
  id,
  node: 'node-a',
  state: 'capturing' as const,
  bytes: 0,
  packets: 0,
  lostBytes: 0,
  cuts: 0,
  ...more,
})
const capture = (more: Partial<LiveCapture>): LiveCapture => ({
  id: 'a',
  context: 'c',
  state: 'capturing',
  file: '/f',
  bytes: 10,
  packets: 3,
  startedAt: 0,
  points: [point(0), point(1)],
  title: 't',
  order: { context: 'c', title: 't', targets: [], filter: '', snapLength: 0 },
  health: [],
  ...more,
})

describe('the word on a live capture', () => {
  const pods = [
    point(0, { namespace: 'shop', pod: 'web', interface: 'eth0' }),
    point(1, { interface: 'eth0' }),
    point(2, { namespace: 'shop', pod: 'db' }),
  ]
  const silent = { id: 1, packetsPerSecond: 0, bytesPerSecond: 0, silentSince: 0, whySilent: ['The filter.', 'Or lo.'] }

  it('is where it captures while nothing is wrong', () => {
    expect(liveWord(capture({ points: pods }), 'utc')).toEqual({
      tone: 'calm',
      text: 'shop/web eth0, node node-a eth0, shop/db',
    })
  })

  it('names the point that has trouble, and says that there are more', () => {
    const gone = { state: 'incomplete' as const, message: 'The pod was deleted.' }
    const points = pods.map((one, index) => (index === 1 ? one : { ...one, ...gone }))
    expect(liveWord(capture({ points, health: [silent] }), 'utc')).toEqual({
      tone: 'bad',
      text: 'shop/web: The pod was deleted. (And 1 more point.)',
    })
  })

  it('says of a silent point why it may be silent, until the capture is over', () => {
    expect(liveWord(capture({ points: pods, health: [silent] }), 'utc')).toEqual({
      tone: 'silent',
      text: 'node node-a: no packet since 00:00:00. The filter. Or lo.',
    })
    expect(liveWord(capture({ points: pods, health: [silent], endedAt: 1 }), 'utc').tone).toBe('calm')
  })

  it('is what the cluster did last, before that it is silent', () => {
    const events = (at: number) => ({ events: [{ at, text: `Container app ended at ${at}.` }] })
    const points = pods.map((one, index) => ({ ...one, ...events(index === 1 ? 9000 : 8000) }))
    expect(liveWord(capture({ points, health: [silent] }), 'utc')).toEqual({
      tone: 'bad',
      text: expect.stringMatching(/^\d\d:\d\d:\d\d Container app ended at 9000\.$/),
    })
  })

  it('is why all of it failed, unless a point says just that', () => {
    const message = 'The disk is full.'
    expect(liveWord(capture({ endedAt: 1, message, points: pods }), 'utc')).toEqual({ tone: 'bad', text: message })
    const [first, ...others] = pods
    const points = [{ ...first, message }, ...others].map((one) => ({ ...point(0), ...one }))
    expect(liveWord(capture({ endedAt: 1, message, points }), 'utc').text).toBe('shop/web: The disk is full.')
  })
})

describe('the times of a live capture', () => {
  it('are until when it captures, but no longer once it was told to stop', () => {
    const ends = { endsAt: 300_000 }
    expect(timesText(capture(ends), 13_000)).toBe('0:13, 4:47 left')
    expect(timesText(capture({}), 13_000)).toBe('0:13')
    expect(timesText(capture({ ...ends, state: 'stopping' }), 13_000)).toBe('0:13')
    expect(timesText(capture({ state: 'complete', endedAt: 17_000 }), 99_000)).toBe('0:17')
  })
})

describe('the numbers of a live capture', () => {
  it('say of cuts that they were taken up again only where they were', () => {
    expect(cutsText(point(0, { cuts: 2 }))).toBe('2 cuts of the connection, taken up again')
    expect(cutsText(point(0, { cuts: 1, message: 'The pod was deleted.' }))).toBe('1 cut of the connection')
  })

  it('are sums over its points, and say nothing of drops before tcpdump did', () => {
    expect(liveNumbers(capture({}), 0).dropped).toBeUndefined()
    const health = [0, 1].map((id) => ({ id, packetsPerSecond: 5, bytesPerSecond: 50, whySilent: [] }))
    const points = [point(0, { dropped: 2, lostBytes: 7, cuts: 1 }), point(1, { dropped: 3, state: 'reconnecting' })]
    expect(liveNumbers(capture({ points, health }), 0)).toMatchObject({
      dropped: 5,
      lostBytes: 7,
      cuts: 1,
      packetsPerSecond: 10,
      bytesPerSecond: 100,
      live: 1,
    })
  })

  it('tell what is still to be fetched, and for how long where anything comes', () => {
    const points = [point(0, { leftBytes: 3_000_000 }), point(1), point(2, { leftBytes: 1_000_000 })]
    expect(leftText(liveNumbers(capture({ points }), 0))).toBe('4.00 MB')
    const health = [{ id: 0, packetsPerSecond: 1, bytesPerSecond: 50_000, whySilent: [] }]
    expect(leftText(liveNumbers(capture({ points, health }), 0))).toBe('4.00 MB, about 1:20')
  })

  it('tell how long the quietest point was not heard', () => {
    const points = [
      point(0, { heardAt: 9000 }),
      point(1, { heardAt: 4000 }),
      point(2, { heardAt: 1, state: 'complete' }),
    ]
    expect(liveNumbers(capture({ points }), 10_000).quietMs).toBe(6000)
  })

  it('say at how many points it captures when not at all', () => {
    const half = capture({ points: [point(0), point(1, { state: 'failed' })] })
    expect(stateText(half, liveNumbers(half, 0))).toBe('Capturing at 1 of 2 points')
  })

  it('show times as a clock', () => {
    expect([0, 65_000, 3_725_000].map(clockText)).toEqual(['0:00', '1:05', '1:02:05'])
  })
})
