import type { Node, Pod } from '../objects.ts'

// What a capture at a point will not show, or show otherwise than one would think, and what may keep it from being made: told before it is.
// Sentences for the person; nothing here makes a request, and what may not be read is not told of.

/** Proxies beside a program in its pod, by the names that their meshes give them. */
const MESH_PROXIES = ['istio-proxy', 'linkerd-proxy', 'kuma-sidecar', 'consul-dataplane']
/** https://kubernetes.io/docs/reference/node/node-status/#condition */
const SHORTAGES: Readonly<Record<string, string>> = {
  DiskPressure: 'disk space',
  MemoryPressure: 'memory',
  PIDPressure: 'process numbers',
}

/** `pod` is absent for a capture on a node itself; `node` where it may not be read. */
export function circumstances(pod: Pod | undefined, node: Node | undefined): readonly string[] {
  return [
    ...(node ? nodeTrouble(node) : []),
    ...(pod ? [nodeNetwork(pod), meshProxy(pod), otherNetworks(pod)] : []),
    ...(node ? [cilium(node)] : []),
  ].filter((one) => one !== undefined)
}

function nodeTrouble({ metadata: { name }, status }: Node): string[] {
  return (status?.conditions ?? []).flatMap(({ type, status: is, reason, message }) => {
    const why = [reason, message].filter(Boolean).join(': ')
    if (type === 'Ready' && is !== 'True') {
      return [
        `Node ${name} is not ready (${why}): it may start nothing, and what is captured there may not be fetched.`,
      ]
    }
    const lacking = SHORTAGES[type]
    if (lacking === undefined || is !== 'True') return []
    return [
      `Node ${name} is short of ${lacking} (${type}): it takes no pod of ours, or ends it, and a capture there makes it no better.`,
    ]
  })
}

const nodeNetwork = ({ metadata: { name }, spec }: Pod) =>
  spec.hostNetwork
    ? `Pod ${name} is on the network of its node: what is captured is what all of the node sends and gets there.`
    : undefined

/** Sidecars may be init containers that go on (KEP-753). Istio's ambient mode has its sockets in the pod without any. */
function meshProxy({ metadata: { name, annotations = {} }, spec }: Pod): string | undefined {
  const proxy = [...spec.containers, ...(spec.initContainers ?? [])].find((one) => MESH_PROXIES.includes(one.name))
  const ambient = annotations['ambient.istio.io/redirection'] === 'enabled'
  if (!proxy && !ambient) return undefined
  const who = proxy ? `its proxy ${proxy.name}` : "Istio's ztunnel"
  return `Pod ${name} is in a service mesh: to the network ${who} speaks for it, most of it encrypted. What its program says in clear is on lo.`
}

/** https://github.com/k8snetworkplumbingwg/multi-net-spec: a list of what each of the pod's networks gave it. */
function otherNetworks({ metadata: { name, annotations = {} } }: Pod): string | undefined {
  const others = networksIn(annotations['k8s.v1.cni.cncf.io/network-status']).filter(({ isDefault }) => !isDefault)
  if (others.length === 0) return undefined
  const which = others.map(({ device, network }) => `${device} (${network})`).join(', ')
  return `Pod ${name} has other networks, too: ${which}. Captured is the interface of its default route, where no other is chosen.`
}

interface AttachedNetwork {
  readonly device: string
  readonly network: string
  readonly isDefault: boolean
}

function networksIn(text: string | undefined): readonly AttachedNetwork[] {
  let list: unknown
  try {
    list = JSON.parse(text ?? '')
  } catch {
    return []
  }
  return (Array.isArray(list) ? list : []).flatMap((one: unknown) => {
    if (typeof one !== 'object' || one === null) return []
    const [device, network]: unknown[] = [Reflect.get(one, 'interface'), Reflect.get(one, 'name')]
    if (typeof device !== 'string' || typeof network !== 'string') return []
    return [{ device, network, isDefault: Reflect.get(one, 'default') === true }]
  })
}

/** Its agent says so of each node. What its eBPF programs do without the interfaces that tcpdump listens at depends on how it was set up. */
function cilium({ metadata: { name }, status }: Node): string | undefined {
  const isUp = status?.conditions?.some(({ type, reason }) => type === 'NetworkUnavailable' && reason === 'CiliumIsUp')
  if (!isUp) return undefined
  return (
    `Node ${name} is run by Cilium: a service's address may be translated in the socket, so that packets show the chosen pod's. On the node, ` +
    'packets for its pods may pass none of their interfaces there (lxc...): inside the pods all are seen.'
  )
}
