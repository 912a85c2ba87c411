import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiConnection } from '../api-connection.ts'
import { listAll } from '../cluster-access.ts'
import type { Node, Pod, Service } from '../objects.ts'

/** Whose an address was, and from when to when. */
export interface AddressName {
  readonly address: string
  readonly kind: 'pod' | 'service' | 'node'
  readonly namespace?: string
  readonly name: string
  /** Milliseconds since 1970, by the cluster's word; absent: unknown. */
  readonly from?: number
  readonly until?: number
}

/** What is allowed to be read: all namespaces, or only the given ones; what is forbidden is left out. */
export async function addressNames(
  connection: ApiConnection,
  namespaces: readonly string[],
): Promise<readonly AddressName[]> {
  const everywhere = async <T>(kind: string): Promise<readonly T[]> => {
    try {
      return (await listAll<T>(connection, `/api/v1/${kind}`)).items
    } catch {
      if (kind === 'nodes') return []
      const lists = namespaces.map((namespace) =>
        listAll<T>(connection, `/api/v1/namespaces/${encodeURIComponent(namespace)}/${kind}`).then(
          ({ items }) => items,
          () => [],
        ),
      )
      return (await Promise.all(lists)).flat()
    }
  }
  const gathered = Promise.all([everywhere<Pod>('pods'), everywhere<Service>('services'), everywhere<Node>('nodes')])
  // Names are worth much, but no capture waits for them.
  const [pods, services, nodes] = await Promise.race([
    gathered,
    sleep(5000).then((): [readonly Pod[], readonly Service[], readonly Node[]] => [[], [], []]),
  ])
  return [
    ...pods.filter((pod) => !pod.spec.hostNetwork).flatMap(podNames),
    ...services.flatMap(serviceNames),
    ...nodes.flatMap(nodeNames),
  ]
}

/**
 * What was read at the start and at the end of a capture, as one: what went meanwhile gets its end, at the latest when another had the
 * address, and `now` where nobody has it.
 */
export function mergeNames(
  before: readonly AddressName[],
  after: readonly AddressName[],
  now: number,
): readonly AddressName[] {
  const key = ({ kind, namespace = '', name, address, from = 0 }: AddressName) =>
    [kind, namespace, name, address, from].join(' ')
  const still = new Set(after.map(key))
  const next = new Map(after.map((one) => [one.address, one.from]))
  const gone = before.filter((one) => !still.has(key(one)))
  return [...gone.map((one) => ({ ...one, until: Math.min(one.until ?? now, next.get(one.address) ?? now) })), ...after]
}

function podNames(pod: Pod): AddressName[] {
  const { name, namespace = '', deletionTimestamp } = pod.metadata
  const addresses = pod.status?.podIPs?.map(({ ip }) => ip) ?? (pod.status?.podIP ? [pod.status.podIP] : [])
  const from = Date.parse(pod.status?.startTime ?? pod.metadata.creationTimestamp ?? '')
  const until = Date.parse(deletionTimestamp ?? '')
  return addresses.map((address) => ({ address, kind: 'pod', namespace, name, ...times(from, until) }))
}

function serviceNames(service: Service): AddressName[] {
  const { name, namespace = '' } = service.metadata
  const addresses = service.spec?.clusterIPs ?? (service.spec?.clusterIP ? [service.spec.clusterIP] : [])
  return addresses
    .filter((address) => address !== 'None' && address !== '')
    .map((address) => ({ address, kind: 'service', namespace, name }))
}

function nodeNames(node: Node): AddressName[] {
  return (node.status?.addresses ?? [])
    .filter(({ type }) => type === 'InternalIP' || type === 'ExternalIP')
    .map(({ address }) => ({ address, kind: 'node', name: node.metadata.name }))
}

function times(from: number, until: number) {
  return { ...(Number.isNaN(from) ? {} : { from }), ...(Number.isNaN(until) ? {} : { until }) }
}

/** As Wireshark shows it: pod.namespace, service.namespace.svc, node. */
export function displayName({ kind, namespace, name }: AddressName): string {
  if (kind === 'node') return name
  return kind === 'service' ? `${name}.${namespace}.svc` : `${name}.${namespace}`
}
