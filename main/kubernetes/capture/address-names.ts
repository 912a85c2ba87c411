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

/** Names are worth much, but no capture waits longer for them. */
const PATIENCE_MS = 5000

/** What is allowed to be read: all namespaces, or only the given ones. What is forbidden is left out, and what takes too long. */
export async function addressNames(
  connection: Pick<ApiConnection, 'get'>,
  namespaces: readonly string[],
): Promise<readonly AddressName[]> {
  const { promise: enough, resolve } = Promise.withResolvers<[]>()
  const timer = setTimeout(() => resolve([]), PATIENCE_MS)
  const soon = <T>(kind: string): Promise<readonly T[]> =>
    Promise.race([objects<T>(connection, kind, namespaces), enough])
  const [pods, services, nodes] = await Promise.all([soon<Pod>('pods'), soon<Service>('services'), soon<Node>('nodes')])
  clearTimeout(timer)
  return [
    ...pods.filter((pod) => !pod.spec.hostNetwork).flatMap(podNames),
    ...services.flatMap(serviceNames),
    ...nodes.flatMap(nodeNames),
  ]
}

async function objects<T>(
  connection: Pick<ApiConnection, 'get'>,
  kind: string,
  namespaces: readonly string[],
): Promise<readonly T[]> {
  const list = async (within: string) => (await listAll<T>(connection, `/api/v1/${within}${kind}`)).items
  try {
    return await list('')
  } catch {
    if (kind === 'nodes') return []
    const lists = namespaces.map((each) => list(`namespaces/${encodeURIComponent(each)}/`).catch(() => []))
    return (await Promise.all(lists)).flat()
  }
}

/**
 * What was read at the start and at the end of a capture, as one: what went meanwhile gets its end, at the latest when another had the
 * address, and `now` where nobody has it. Of a kind of which nothing was read at the end it is not known what went.
 */
export function mergeNames(
  before: readonly AddressName[],
  after: readonly AddressName[],
  now: number,
): readonly AddressName[] {
  const key = ({ kind, namespace = '', name, address, from = 0 }: AddressName) =>
    [kind, namespace, name, address, from].join(' ')
  const still = new Set(after.map(key))
  const read = new Set(after.map(({ kind }) => kind))
  const next = new Map(after.map((one) => [one.address, one.from]))
  const gone = before.filter((one) => !still.has(key(one)))
  const ended = (one: AddressName) => {
    const end = next.get(one.address) ?? (read.has(one.kind) ? now : undefined)
    return end === undefined ? one : { ...one, until: Math.min(one.until ?? now, end) }
  }
  return [...gone.map(ended), ...after]
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
