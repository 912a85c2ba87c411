// The small shop that the demo shows: the pods of the samples, where they ran and what addresses they had.

export interface DemoPod {
  readonly namespace: string
  /** Of the workload; the pod's label app. */
  readonly app: string
  readonly name: string
  readonly node: 'node-a' | 'node-b'
  readonly address: string
  readonly kind: 'Deployment' | 'StatefulSet' | 'DaemonSet'
}

export interface DemoService {
  readonly namespace: string
  readonly name: string
  readonly address: string
  readonly port: number
  readonly protocol?: 'UDP'
  readonly app: string
}

export const DEMO_NODES = { 'node-a': '10.0.1.11', 'node-b': '10.0.2.12' } as const

const pod =
  (kind: DemoPod['kind']) =>
  (app: string, suffix: string | number, node: DemoPod['node'], address: string, namespace = 'shop'): DemoPod => {
    return { namespace, app, name: `${app}-${suffix}`, node, address, kind }
  }
const deployment = pod('Deployment')
const stateful = pod('StatefulSet')
const daemon = pod('DaemonSet')

export const DEMO_PODS: readonly DemoPod[] = [
  deployment('checkout', '7d9f6c5b8-xk2lp', 'node-a', '10.244.1.17'),
  stateful('orders', 0, 'node-b', '10.244.2.21'),
  stateful('orders', 1, 'node-b', '10.244.2.22'),
  deployment('inventory', '6b7c9f8d5-p4rtz', 'node-b', '10.244.2.31'),
  deployment('prices', '5f7c9d4d6f-8wz4n', 'node-b', '10.244.2.44'),
  deployment('billing', '6c8f4b7d5-q9vjt', 'node-a', '10.244.1.23'),
  deployment('ledger', '8d5b6f7c9-h2mxw', 'node-b', '10.244.2.52'),
  deployment('frontend', '5d8f7c9b4-x2vwp', 'node-a', '10.244.1.90'),
  stateful('catalog', 0, 'node-b', '10.244.2.92'),
  deployment('web', '7c6d5f8b9-lq8sd', 'node-a', '10.244.1.40'),
  deployment('worker', '9f8d7c6b5-t7vnk', 'node-a', '10.244.1.33'),
  stateful('cache', 0, 'node-a', '10.244.1.34'),
  stateful('queue', 0, 'node-b', '10.244.2.35'),
  deployment('dashboard', '5b9c8d7f6-w3jhx', 'node-a', '10.244.1.61'),
  deployment('reports', '6f5d9c8b7-z5kqm', 'node-b', '10.244.2.62'),
  deployment('gateway', '74c5f6-mm2tq', 'node-a', '10.244.1.80', 'edge'),
  stateful('users', 0, 'node-b', '10.244.2.81', 'edge'),
  daemon('log-shipper', '9k2fd', 'node-b', '10.244.2.71', 'logging'),
  stateful('indexer', 0, 'node-a', '10.244.1.72', 'logging'),
  stateful('archiver', 0, 'node-a', '10.244.1.73', 'logging'),
  deployment('coredns', '6d8c4cb4d-7xkzp', 'node-b', '10.244.2.3', 'kube-system'),
]

const service = (name: string, address: string, app = name, port = 80, namespace = 'shop'): DemoService => ({
  namespace,
  name,
  address,
  port,
  app,
})

export const DEMO_SERVICES: readonly DemoService[] = [
  service('inventory', '10.96.31.10'),
  service('cart', '10.96.31.11', 'orders'),
  service('prices', '10.96.31.12'),
  service('ledger', '10.96.120.4', 'ledger', 443),
  service('catalog', '10.96.90.1'),
  service('sessions', '10.96.77.1', 'users', 80, 'edge'),
  { ...service('kube-dns', '10.96.0.10', 'coredns', 53, 'kube-system'), protocol: 'UDP' },
]
