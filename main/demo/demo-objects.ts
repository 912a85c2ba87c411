import type { LocalCluster } from './cluster/local-cluster.ts'
import type { DemoPod } from './world.ts'
import { DEMO_PODS, DEMO_SERVICES } from './world.ts'

const RESOURCES = { Deployment: 'deployments', StatefulSet: 'statefulsets', DaemonSet: 'daemonsets' } as const

/** Fills a cluster with the demo's namespaces, workloads, pods and services; `command`: what a pod's container runs. */
export async function fill(
  cluster: LocalCluster,
  command: (pod: DemoPod) => readonly string[] | undefined,
): Promise<void> {
  for (const namespace of new Set(DEMO_PODS.map((pod) => pod.namespace))) {
    // A shop that keeps to the rules, so that the way in is the one that a real one would take.
    cluster.namespace(namespace, namespace === 'shop' ? 'baseline' : undefined)
  }
  const workloads = Map.groupBy(DEMO_PODS, ({ namespace, app }) => `${namespace}/${app}`)
  for (const pods of workloads.values()) addWorkload(cluster, pods)
  await Promise.all(
    DEMO_PODS.map((pod) => {
      const { namespace, name, node, app } = pod
      const run = command(pod)
      const container = { name: app, image: DEMO_IMAGE, ...(run ? { command: run } : {}) }
      return cluster.pod(namespace, name, { nodeName: node, containers: [container] }, podLabelsOf(pod), [ownerOf(pod)])
    }),
  )
  for (const { namespace, name, address, port, protocol = 'TCP', app } of DEMO_SERVICES) {
    cluster.add('services', namespace, {
      metadata: { name },
      spec: {
        type: 'ClusterIP',
        clusterIP: address,
        clusterIPs: [address],
        selector: { app },
        ports: [{ port, protocol, targetPort: port }],
      },
    })
    const endpoints = cluster
      .listPods(namespace)
      .filter(({ metadata }) => metadata.labels?.['app'] === app)
      .map(({ metadata, spec, status }) => ({
        addresses: status?.podIP ? [status.podIP] : [],
        conditions: { ready: true },
        nodeName: spec.nodeName,
        targetRef: { kind: 'Pod', name: metadata.name, namespace, uid: metadata.uid },
      }))
    cluster.add('endpointslices', namespace, {
      metadata: { name: `${name}-demo`, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      endpoints,
      ports: [{ port, protocol }],
    })
  }
}

export const DEMO_IMAGE = 'demo.invalid/shop:1'

const labelsOf = ({ app }: DemoPod) => ({ app })
/** A replica set marks its pods with the hash that ends its name. */
const podLabelsOf = (pod: DemoPod) =>
  pod.kind === 'Deployment'
    ? { ...labelsOf(pod), 'pod-template-hash': ownerOf(pod).name.slice(pod.app.length + 1) }
    : labelsOf(pod)
const uidOf = ({ namespace, app }: DemoPod, what: string) => `demo-${what}-${namespace}-${app}`

/** A deployment's pods belong to its replica set. */
function ownerOf(pod: DemoPod) {
  const deployed = pod.kind === 'Deployment'
  return {
    apiVersion: 'apps/v1',
    kind: deployed ? 'ReplicaSet' : pod.kind,
    name: deployed ? pod.name.slice(0, pod.name.lastIndexOf('-')) : pod.app,
    uid: uidOf(pod, deployed ? 'rs' : 'workload'),
    controller: true,
  }
}

function addWorkload(cluster: LocalCluster, pods: readonly DemoPod[]): void {
  const [first] = pods
  if (!first) return
  const { namespace, app, kind } = first
  const count = pods.length
  const spec = { replicas: count, selector: { matchLabels: labelsOf(first) } }
  const status = { replicas: count, readyReplicas: count }
  const uid = uidOf(first, 'workload')
  cluster.add(RESOURCES[kind], namespace, { metadata: { name: app, uid, labels: labelsOf(first) }, spec, status })
  if (kind !== 'Deployment') return
  const owner = ownerOf(first)
  const ownerReferences = [{ apiVersion: 'apps/v1', kind, name: app, uid, controller: true }]
  cluster.add('replicasets', namespace, {
    metadata: { name: owner.name, uid: owner.uid, labels: labelsOf(first), ownerReferences },
    spec,
    status,
  })
}
