import { describe, expect, it } from 'vitest'
import type { NodeRow, PodRow } from '../../common/model/explorer.ts'
import { podRow } from '../../common/model/testing/pod-row.ts'
import { placesOfAddress, shellTitle, type ClusterPlaces } from './shell-places.ts'

const pod = (name: string, address: string, more: Partial<PodRow> = {}) =>
  podRow(name, { addresses: [address], ...more })
const node: NodeRow = {
  key: '/node-a',
  name: 'node-a',
  ready: true,
  troubles: [],
  addresses: ['192.168.0.1'],
  kubelet: '',
  runtime: '',
  system: '',
}
function cluster(...pods: readonly PodRow[]): ClusterPlaces {
  return {
    context: 'prod',
    pods: new Map(pods.map((one) => [one.key, one])),
    nodes: new Map([[node.key, node]]),
  }
}
const titles = (...args: Parameters<typeof placesOfAddress>) =>
  placesOfAddress(...args).map((place) => `${shellTitle(place)}: ${place.hint}`)

describe('the shells behind an address', () => {
  it('are those of the pod that has it, one for each container', () => {
    const at = cluster(pod('web', '10.0.0.1'), pod('db', '10.0.0.2', { containers: ['db', 'proxy'] }))
    expect(titles(at, '10.0.0.1')).toEqual(['Open a shell in web: shop'])
    expect(titles(at, '10.0.0.2')).toEqual(['Open a shell in db (db): shop', 'Open a shell in db (proxy): shop'])
    expect(placesOfAddress(at, '10.0.0.2')[1]?.target).toEqual({
      kind: 'container',
      context: 'prod',
      namespace: 'shop',
      pod: 'db',
      container: 'proxy',
    })
    expect(titles(at, '10.0.0.9')).toEqual([])
  })

  it('are those of the pod that the capture names, although its address went to another since', () => {
    const at = cluster(pod('web', '10.0.0.7'), pod('other', '10.0.0.1'))
    expect(titles(at, '10.0.0.1', 'web.shop')).toEqual(['Open a shell in web: has another address by now'])
  })

  it('say that a pod has the address only now when the capture names one that is gone', () => {
    expect(titles(cluster(pod('other', '10.0.0.1')), '10.0.0.1', 'web.shop')).toEqual([
      'Open a shell in other: has this address now',
    ])
  })

  it('are the node where pods share its address', () => {
    const at = cluster(pod('proxy', '192.168.0.1', { hostNetwork: true }))
    expect(titles(at, '192.168.0.1')).toEqual(['Open a shell on node node-a: makes a privileged pod'])
    expect(titles(at, '192.168.0.1', 'proxy.shop')).toEqual(['Open a shell in proxy: shop'])
  })

  it('are none in a pod that has ended', () => {
    expect(titles(cluster(pod('job', '10.0.0.1', { running: false })), '10.0.0.1', 'job.shop')).toEqual([])
  })
})
