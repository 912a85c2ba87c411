import { describe, expect, it } from 'vitest'
import { podRow as pod } from '../../../common/model/testing/pod-row.ts'
import { findRows, podsOfSelector, podsOfWorkload, sortRows } from './find-rows.ts'

const names = (rows: readonly { readonly name: string }[]) => rows.map(({ name }) => name)

describe('searching rows', () => {
  it('wants every word somewhere: names, nodes, addresses, labels, states', () => {
    const rows = [
      pod('web-10', { labels: { app: 'web' } }),
      pod('web-2', { node: 'node-b', addresses: ['10.0.7.9'] }),
      pod('db', { status: 'CrashLoopBackOff' }),
    ]
    expect(names(findRows(rows, ''))).toEqual(['db', 'web-2', 'web-10'])
    expect(names(findRows(rows, 'WEB node-b'))).toEqual(['web-2'])
    expect(names(findRows(rows, '10.0.7'))).toEqual(['web-2'])
    expect(names(findRows(rows, 'app=web'))).toEqual(['web-10'])
    expect(names(findRows(rows, 'crash'))).toEqual(['db'])
  })
})

describe('sorting rows', () => {
  it('goes by numbers, names with numbers in them, or age; what has nothing comes last either way', () => {
    const rows = [
      pod('a', { restarts: 2, createdAt: 3, node: 'node-10' }),
      pod('b', { restarts: 11, node: 'node-9' }),
      pod('c', { restarts: 0, createdAt: 1, node: 'node-2' }),
    ]
    expect(names(sortRows(rows, { key: 'restarts', descending: true }))).toEqual(['b', 'a', 'c'])
    expect(names(sortRows(rows, { key: 'node', descending: false }))).toEqual(['c', 'b', 'a'])
    expect(names(sortRows(rows, { key: 'age', descending: false }))).toEqual(['a', 'c', 'b'])
    expect(names(sortRows(rows, { key: 'age', descending: true }))).toEqual(['c', 'a', 'b'])
  })
})

describe('pods', () => {
  it('of a workload are those that name it as their owner, in its namespace', () => {
    const owner = { kind: 'Deployment', name: 'web' }
    const rows = [
      pod('a', { workload: owner }),
      pod('b', { workload: { ...owner, kind: 'StatefulSet' } }),
      pod('c', { workload: owner, namespace: 'other' }),
    ]
    const workload = {
      key: '',
      kind: 'Deployment',
      namespace: 'shop',
      name: 'web',
      desired: 1,
      ready: 1,
      selector: {},
    } as const
    expect(names(podsOfWorkload(rows, workload))).toEqual(['a'])
  })

  it('of a selector are those with its labels', () => {
    const rows = [pod('a', { labels: { app: 'web', tier: 'front' } }), pod('b', { labels: { app: 'web' } }), pod('c')]
    expect(names(podsOfSelector(rows, 'app=web'))).toEqual(['a', 'b'])
    expect(names(podsOfSelector(rows, 'app==web, tier'))).toEqual(['a'])
    expect(names(podsOfSelector(rows, 'app!=web'))).toEqual(['c'])
    expect(names(podsOfSelector(rows, ''))).toEqual([])
  })
})
