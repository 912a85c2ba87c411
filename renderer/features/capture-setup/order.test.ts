import { describe, expect, it } from 'vitest'
import type { PointPlan } from '../../../common/model/live-capture.ts'
import { DEFAULT_SETUP, draftOf, onInterface, orderOf, whyNotReady } from './order.ts'

const target = (pod: string) => ({ kind: 'pod', namespace: 'shop', pod }) as const
const plan = (pod: string, open: boolean): PointPlan => ({
  target: target(pod),
  preflight: {
    user: 'me',
    namespace: 'shop',
    pod,
    node: 'node-a',
    rungs: [],
    circumstances: [],
    notes: [],
    ...(open ? { chosen: 'ephemeral-container' } : {}),
  },
})

const draft = { context: 'prod', title: 'shop/web', targets: [] }

describe('an order', () => {
  it('is for the points that can be captured, on the interface chosen for each', () => {
    const plans = [plan('a', true), plan('b', false), plan('c', true)]
    const targets = [target('a'), target('b'), onInterface(target('c'), 'eth1')]
    expect(orderOf({ ...draft, targets }, DEFAULT_SETUP, plans)).toEqual({
      context: 'prod',
      title: 'shop/web',
      targets: [target('a'), { ...target('c'), interface: 'eth1' }],
      filter: '',
      snapLength: 128,
      durationSeconds: 300,
      byteLimit: 1e9,
    })
  })

  it('can be made again with the same settings, on the same interface', () => {
    const setup = { filter: 'port 80', snapLength: 0, duration: undefined, packets: '100', megabytes: '', later: true }
    const follow = { namespace: 'shop', labels: 'app=web' }
    const before = { ...draft, targets: [onInterface(target('a'), 'eth1')], follow }
    const order = orderOf(before, setup, [plan('a', true)])
    expect(order.follow).toEqual(follow)
    expect(draftOf(order)).toEqual({ ...before, setup })
  })

  it('is on the interface of the place again once none is chosen', () => {
    expect(onInterface(onInterface(target('a'), 'eth1'), '')).toEqual(target('a'))
  })

  it('leaves out pods that come later when the person does not want them', () => {
    const follow = { namespace: 'shop', labels: 'app=web' }
    const setup = { ...DEFAULT_SETUP, later: false }
    expect(orderOf({ ...draft, follow }, setup, [plan('a', true)]).follow).toBeUndefined()
  })

  it('waits for the cluster, for a way in, and for limits that are numbers', () => {
    expect(whyNotReady(DEFAULT_SETUP, undefined)).toMatch(/^Asking/)
    expect(whyNotReady(DEFAULT_SETUP, [plan('a', false)])).toBe('There is no way in.')
    expect(whyNotReady({ ...DEFAULT_SETUP, packets: 'many' }, [plan('a', true)])).toMatch(/whole number/)
    expect(whyNotReady(DEFAULT_SETUP, [plan('a', true), plan('b', false)])).toBeUndefined()
  })
})
