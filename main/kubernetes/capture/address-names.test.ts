import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { AddressName } from './address-names.ts'
import type { ApiConnection } from '../api-connection.ts'
import { addressNames, mergeNames } from './address-names.ts'

const pod = (name: string, address: string, from: number): AddressName => ({
  kind: 'pod',
  namespace: 'shop',
  name,
  address,
  from,
})

describe('whose an address is', () => {
  const cluster = (answer: (path: string) => Promise<object>): Pick<ApiConnection, 'get'> => ({
    // What it is told depends on the path alone.
    get: (path) => answer(path).then((items) => JSON.parse(JSON.stringify({ metadata: {}, items }))),
  })
  const web = { metadata: { name: 'web', namespace: 'shop' }, spec: {}, status: { podIP: '10.0.0.1' } }
  const items = (path: string) => (path.endsWith('/pods') ? [web] : [])

  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('is told by all that may be read, and nothing waits any longer', async () => {
    const names = await addressNames(
      cluster((path) => {
        return path === '/api/v1/namespaces/shop/pods' || path === '/api/v1/services'
          ? Promise.resolve(items(path))
          : Promise.reject(new Error('forbidden'))
      }),
      ['shop'],
    )
    expect(names).toEqual([{ address: '10.0.0.1', kind: 'pod', namespace: 'shop', name: 'web' }])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is told as far as the cluster answers in time', async () => {
    const never = Promise.withResolvers<object>().promise
    const slow = cluster((path) => (path === '/api/v1/nodes' ? never : Promise.resolve(items(path))))
    const names = addressNames(slow, [])
    await vi.runAllTimersAsync()
    expect((await names).map(({ name }) => name)).toEqual(['web'])
  })
})

describe('whose an address was', () => {
  it('has an end for a pod that went, and both for an address that changed hands', () => {
    const before = [pod('stays', '10.0.0.1', 100), pod('goes', '10.0.0.2', 100), pod('old', '10.0.0.3', 100)]
    const after = [pod('stays', '10.0.0.1', 100), pod('new', '10.0.0.3', 700), pod('late', '10.0.0.4', 800)]
    expect(mergeNames(before, after, 1000)).toEqual([
      { ...pod('goes', '10.0.0.2', 100), until: 1000 },
      { ...pod('old', '10.0.0.3', 100), until: 700 },
      ...after,
    ])
  })

  it('has no end where nothing of its kind could be read again', () => {
    const before = [pod('web', '10.0.0.1', 100)]
    const after: readonly AddressName[] = [{ kind: 'node', name: 'one', address: '10.0.0.9' }]
    expect(mergeNames(before, after, 1000)).toEqual([...before, ...after])
  })

  it('keeps the end that the cluster gave', () => {
    const before = [{ ...pod('goes', '10.0.0.2', 100), until: 500 }]
    const after = [pod('stays', '10.0.0.1', 100)]
    expect(mergeNames(before, after, 1000)).toEqual([...before, ...after])
  })
})
