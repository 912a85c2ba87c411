import { describe, expect, it } from 'vitest'
import type { Condition, Node, Pod } from '../objects.ts'
import { circumstances } from './circumstances.ts'

const pod = (spec: Partial<Pod['spec']> = {}, annotations: Readonly<Record<string, string>> = {}): Pod => ({
  metadata: { name: 'web', namespace: 'shop', annotations },
  spec: { containers: [{ name: 'app', image: 'app:1' }], ...spec },
})
const node = (...conditions: Condition[]): Node => ({
  metadata: { name: 'node-a' },
  status: { conditions: [{ type: 'Ready', status: 'True' }, ...conditions] },
})
const networks = (...list: object[]) => ({ 'k8s.v1.cni.cncf.io/network-status': JSON.stringify(list) })
const app = { name: 'app', image: 'app:1' }

describe('what a capture will not show as one would think', () => {
  it('is nothing in a usual pod on a node that is well, or that may not be read', () => {
    const well = node(
      { type: 'DiskPressure', status: 'False', reason: 'KubeletHasNoDiskPressure' },
      { type: 'NetworkUnavailable', status: 'False', reason: 'FlannelIsUp' },
    )
    expect(circumstances(pod(), well)).toEqual([])
    expect(circumstances(pod(), undefined)).toEqual([])
    expect(circumstances(undefined, well)).toEqual([])
  })

  it.each([
    ['the network of the node', pod({ hostNetwork: true }), /web is on the network of its node: .* all of the node/],
    ['a proxy', pod({ containers: [app, { name: 'istio-proxy', image: 'p' }] }), /its proxy istio-proxy .* on lo\./],
    ['a proxy as a sidecar', pod({ initContainers: [{ name: 'linkerd-proxy', image: 'p' }] }), /proxy linkerd-proxy/],
    ['ambient mode', pod({}, { 'ambient.istio.io/redirection': 'enabled' }), /Istio's ztunnel speaks for it/],
    [
      'other networks',
      pod({}, networks({ name: 'cbr0', interface: 'eth0', default: true }, { name: 'shop/san', interface: 'net1' })),
      /has other networks, too: net1 \(shop\/san\)\./,
    ],
  ])('%s', (_what, captured, words) => {
    expect(circumstances(captured, node())).toEqual([expect.stringMatching(words)])
  })

  it.each(['', 'none', '{}', '[null, 1, {"name": 2}]', '[{"name":"a","interface":"eth0","default":true}]'])(
    'is none of other networks where the pod says %j',
    (text) => {
      expect(circumstances(pod({}, { 'k8s.v1.cni.cncf.io/network-status': text }), undefined)).toEqual([])
    },
  )

  it('is what eBPF does, where Cilium says that it runs', () => {
    const run = node({ type: 'NetworkUnavailable', status: 'False', reason: 'CiliumIsUp' })
    expect(circumstances(undefined, run)).toEqual([expect.stringMatching(/^Node node-a is run by Cilium: /)])
  })

  it('comes behind what may keep it from being made: a node that is not ready, or short of something', () => {
    const ill: Node = {
      metadata: { name: 'node-a' },
      status: {
        conditions: [
          { type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting.' },
          { type: 'DiskPressure', status: 'True', reason: 'KubeletHasDiskPressure' },
        ],
      },
    }
    expect(circumstances(pod({ hostNetwork: true }), ill)).toEqual([
      expect.stringContaining('node-a is not ready (NodeStatusUnknown: Kubelet stopped posting.)'),
      expect.stringContaining('node-a is short of disk space (DiskPressure)'),
      expect.stringContaining('web is on the network of its node'),
    ])
  })
})
