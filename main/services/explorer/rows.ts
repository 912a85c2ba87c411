import type { NamespaceRow, NodeRow, PodRow, ServiceRow, WorkloadRow } from '../../../common/model/explorer.ts'
import { keyOf } from '../../kubernetes/informer.ts'
import type {
  ContainerState,
  EndpointSlice,
  Namespace,
  Node,
  ObjectMeta,
  Pod,
  Service,
  Workload,
} from '../../kubernetes/objects.ts'

// From Kubernetes' objects to the rows of the explorer. Nothing here asks anything.

const MOST_ENDPOINTS = 200

export const timeOf = (text: string | undefined): number | undefined => {
  const time = Date.parse(text ?? '')
  return Number.isNaN(time) ? undefined : time
}

const created = ({ creationTimestamp }: ObjectMeta): { readonly createdAt?: number } => {
  const createdAt = timeOf(creationTimestamp)
  return createdAt === undefined ? {} : { createdAt }
}

export function namespaceRow(namespace: Namespace): NamespaceRow {
  const { name, labels, deletionTimestamp } = namespace.metadata
  const level = labels?.['pod-security.kubernetes.io/enforce']
  return {
    key: keyOf(namespace),
    name,
    phase: deletionTimestamp ? 'Terminating' : (namespace.status?.phase ?? 'Active'),
    ...(level ? { podSecurity: level } : {}),
  }
}

export function podRow(pod: Pod): PodRow {
  const { name, namespace = '', labels = {} } = pod.metadata
  const statuses = pod.status?.containerStatuses ?? []
  const workload = workloadOf(pod.metadata)
  const addresses = pod.status?.podIPs?.map(({ ip }) => ip) ?? (pod.status?.podIP ? [pod.status.podIP] : [])
  return {
    key: keyOf(pod),
    namespace,
    name,
    node: pod.spec.nodeName ?? '',
    status: statusText(pod),
    running: pod.status?.phase === 'Running' && !pod.metadata.deletionTimestamp,
    readyContainers: statuses.filter(({ ready }) => ready).length,
    containers: pod.spec.containers.map(({ name }) => name),
    restarts: statuses.reduce((sum, { restartCount = 0 }) => sum + restartCount, 0),
    addresses,
    hostNetwork: pod.spec.hostNetwork === true,
    labels,
    ...(workload ? { workload } : {}),
    ...created(pod.metadata),
  }
}

/** Who makes the pod. A replica set's name is its deployment's with the hash of the template behind it. */
export function workloadOf({
  ownerReferences = [],
  labels = {},
}: ObjectMeta): { readonly kind: string; readonly name: string } | undefined {
  const owner = ownerReferences.find(({ controller }) => controller) ?? ownerReferences[0]
  if (!owner) return undefined
  const hash = labels['pod-template-hash']
  if (owner.kind === 'ReplicaSet' && hash && owner.name.endsWith(`-${hash}`)) {
    return { kind: 'Deployment', name: owner.name.slice(0, -hash.length - 1) }
  }
  return { kind: owner.kind, name: owner.name }
}

/** What kubectl shows as STATUS. */
function statusText(pod: Pod): string {
  const { status, spec, metadata } = pod
  if (metadata.deletionTimestamp) return 'Terminating'
  const inits = status?.initContainerStatuses ?? []
  const unfinished = inits.findIndex(({ state }) => state?.terminated?.exitCode !== 0)
  if (status?.phase === 'Pending' && unfinished >= 0) {
    const reason = reasonOf(inits[unfinished]?.state)
    return `Init:${reason ?? `${unfinished}/${spec.initContainers?.length ?? inits.length}`}`
  }
  for (const { state } of status?.containerStatuses ?? []) {
    const reason = reasonOf(state)
    if (reason && reason !== 'Completed') return reason
  }
  return status?.reason ?? status?.phase ?? 'Unknown'
}

function reasonOf(state: ContainerState | undefined): string | undefined {
  if (state?.waiting) return state.waiting.reason
  if (state?.terminated) return state.terminated.reason ?? `ExitCode:${state.terminated.exitCode}`
  return undefined
}

export function workloadRow(kind: WorkloadRow['kind'], workload: Workload): WorkloadRow {
  const { name, namespace = '' } = workload.metadata
  const { spec, status } = workload
  const numbers: Readonly<Record<string, unknown>> = { ...status, ...spec }
  const count = (key: string) => (typeof numbers[key] === 'number' ? numbers[key] : undefined)
  return {
    key: `${kind} ${keyOf(workload)}`,
    kind,
    namespace,
    name,
    // A daemon set counts nodes, a job completions.
    desired: count('desiredNumberScheduled') ?? count('replicas') ?? count('completions') ?? 1,
    ready: count('numberReady') ?? count('readyReplicas') ?? count('ready') ?? 0,
    selector: spec?.selector?.matchLabels ?? {},
    ...created(workload.metadata),
  }
}

export const SERVICE_OF = 'kubernetes.io/service-name'

export function serviceRow(service: Service, slices: readonly EndpointSlice[]): ServiceRow {
  const { name, namespace = '' } = service.metadata
  const { type = 'ClusterIP', clusterIP, clusterIPs, ports = [], selector = {} } = service.spec ?? {}
  const endpoints = slices.flatMap((slice) =>
    (slice.endpoints ?? []).flatMap(({ addresses, conditions, targetRef, nodeName }) =>
      addresses.map((address) => ({
        address,
        ready: conditions?.ready !== false,
        ...(targetRef?.kind === 'Pod' && targetRef.name ? { pod: targetRef.name } : {}),
        ...(nodeName ? { node: nodeName } : {}),
      })),
    ),
  )
  return {
    key: keyOf(service),
    namespace,
    name,
    type,
    addresses: clusterIPs ?? (clusterIP ? [clusterIP] : []),
    ports: ports.map((port) => {
      const target = port.targetPort === undefined || port.targetPort === port.port ? '' : `→${port.targetPort}`
      return `${port.name ? `${port.name} ` : ''}${port.port}${target}/${port.protocol ?? 'TCP'}`
    }),
    selector,
    endpoints: endpoints.slice(0, MOST_ENDPOINTS),
    readyEndpoints: endpoints.filter(({ ready }) => ready).length,
    allEndpoints: endpoints.length,
  }
}

export function nodeRow(node: Node): NodeRow {
  const { status, spec, metadata } = node
  const conditions = status?.conditions ?? []
  const ready = conditions.find(({ type }) => type === 'Ready')
  const info = status?.nodeInfo
  return {
    key: keyOf(node),
    name: metadata.name,
    ready: ready?.status === 'True',
    troubles: [
      ...(ready && ready.status !== 'True' ? [ready.message ?? ready.reason ?? 'not ready'] : []),
      ...conditions.filter(({ type, status: is }) => type !== 'Ready' && is === 'True').map(({ type }) => type),
      ...(spec?.unschedulable ? ['cordoned'] : []),
    ],
    addresses: (status?.addresses ?? []).filter(({ type }) => type !== 'Hostname').map(({ address }) => address),
    kubelet: info?.kubeletVersion ?? '',
    runtime: info?.containerRuntimeVersion ?? '',
    system: [info?.osImage, info?.kernelVersion, info?.architecture].filter(Boolean).join(', '),
    ...created(metadata),
  }
}
