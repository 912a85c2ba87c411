import { join } from 'node:path'
import { CONTAINER_NODE, EVERYTHING, TestCluster, type ClusterUser } from '../../cluster/cluster.ts'

// A small shop in the test cluster: a client that asks two web pods all the time, over a path that loses packets.

const SERVER = `require('node:http').createServer((request, response) => response.end('x'.repeat(20000))).listen(8080)`

const CLIENT = `
const { Agent, get } = require('node:http')
const agent = new Agent({ keepAlive: true, maxSockets: 4 })
const hosts = process.argv.slice(1)
let n = 0
const ask = () => {
  const request = get({ host: hosts[n++ % hosts.length], port: 8080, path: '/item/' + n, agent }, (response) => response.resume())
  request.on('error', () => undefined)
}
setInterval(ask, 40)`

const NARROW: ClusterUser = {
  name: 'narrow',
  token: 'narrow-token',
  rules: [
    {
      namespaces: ['shop'],
      resources: ['pods', 'services', 'endpointslices', 'events'],
      verbs: ['get', 'list', 'watch'],
    },
  ],
}

export interface Shop extends AsyncDisposable {
  readonly cluster: TestCluster
  /** Contexts admin (current) and narrow. */
  readonly kubeconfig: string
}

export async function startShop(): Promise<Shop> {
  const cluster = await TestCluster.start({ users: [{ ...NARROW }, { name: 'unused', rules: EVERYTHING }] })
  try {
    await fill(cluster)
  } catch (error) {
    await cluster.close()
    throw error
  }
  return {
    cluster,
    kubeconfig: cluster.kubeconfig(['admin', 'narrow'], join(cluster.folder, 'config')),
    [Symbol.asyncDispose]: () => cluster.close(),
  }
}

async function fill(cluster: TestCluster): Promise<void> {
  cluster.namespace('shop', 'baseline')
  cluster.namespace('vault', 'restricted')
  const selector = { app: 'web' }
  cluster.add('deployments', 'shop', {
    metadata: { name: 'web', namespace: 'shop' },
    spec: { replicas: 2, selector: { matchLabels: selector } },
    status: { replicas: 2, readyReplicas: 2 },
  })
  const labels = { ...selector, 'pod-template-hash': '7d9f' }
  const owners = [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-7d9f', uid: 'u', controller: true }]
  const webs = await Promise.all([
    cluster.pod('shop', 'web-7d9f-a', { nodeName: 'node-a' }, labels, owners),
    cluster.pod('shop', 'web-7d9f-b', { nodeName: 'node-b' }, labels, owners),
  ])
  const client = await cluster.pod('shop', 'client', { nodeName: 'node-a' }, { app: 'client' })
  // As distroless images are run: no shell in it, and no root allowed.
  await cluster.pod(
    'shop',
    'distroless',
    {
      nodeName: 'node-b',
      securityContext: { runAsNonRoot: true, runAsUser: 65532 },
      container: { image: 'example.com/distroless:1' },
    },
    { app: 'distroless' },
  )
  const addresses = webs.map((pod) => pod.status?.podIP ?? '')
  cluster.add('services', 'shop', {
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      type: 'ClusterIP',
      clusterIP: '10.96.0.20',
      clusterIPs: ['10.96.0.20'],
      selector,
      ports: [{ name: 'http', port: 80, targetPort: 8080 }],
    },
  })
  cluster.add('endpointslices', 'shop', {
    metadata: { name: 'web-1', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    endpoints: webs.map((pod, index) => ({
      addresses: [addresses[index] ?? ''],
      conditions: { ready: true },
      nodeName: pod.spec.nodeName ?? '',
      targetRef: { kind: 'Pod', name: pod.metadata.name, namespace: 'shop' },
    })),
  })
  cluster.add('events', 'shop', {
    metadata: { name: 'client.1', namespace: 'shop' },
    involvedObject: { kind: 'Pod', name: 'client', namespace: 'shop' },
    type: 'Warning',
    reason: 'Unhealthy',
    message: 'Readiness probe failed: connection refused',
    count: 3,
    lastTimestamp: new Date(Date.now() - 90_000).toISOString(),
  })
  for (const { metadata } of webs) cluster.container('shop', metadata.name, 'app').exec([CONTAINER_NODE, '-e', SERVER])
  const lossy = ['-p', 'tcp', '--sport', '8080', '-m', 'statistic', '--mode', 'random', '--probability', '0.08']
  cluster.sandbox('shop', 'client').run('iptables', '-A', 'INPUT', ...lossy, '-j', 'DROP')
  cluster.container('shop', client.metadata.name, 'app').exec([CONTAINER_NODE, '-e', CLIENT, ...addresses])
}
