import type { CheckTarget } from '../../common/model/check.ts'
import type { NodeRow, PodRow } from '../../common/model/explorer.ts'

/** A shell that can be opened, as a menu or the palette names it. */
export interface ShellPlace {
  /** "web-1", "web-1 (sidecar)", "node node-a" */
  readonly name: string
  readonly namespace?: string
  readonly target: CheckTarget
  /** What there is to know before. */
  readonly hint: string
}

/** A cluster's pods and nodes as they are now, by what a capture knows of them. */
export interface ClusterPlaces {
  readonly context: string
  readonly pods: ReadonlyMap<string, PodRow>
  readonly nodes: ReadonlyMap<string, NodeRow>
}

/**
 * Where the shells are that an address leads to. Addresses are given away again, names less often: a pod that the capture names is
 * meant also where it has another address by now, and one that only has the address is told as such.
 */
export function placesOfAddress(cluster: ClusterPlaces, address: string, named?: string): readonly ShellPlace[] {
  const pods = [...cluster.pods.values()].filter(({ running }) => running)
  // A capture names pods "pod.namespace".
  const meant = pods.find(({ name, namespace }) => `${name}.${namespace}` === named)
  if (meant)
    return placesOfPod(cluster, meant, meant.addresses.includes(address) ? undefined : 'has another address by now')
  const node = [...cluster.nodes.values()].find(({ addresses }) => addresses.includes(address))
  // Pods in the node's own network share its address: then the node is meant.
  if (node) return [placeOfNode(cluster, node)]
  const holder = pods.find(({ hostNetwork, addresses }) => !hostNetwork && addresses.includes(address))
  if (!holder) return []
  return placesOfPod(cluster, holder, named === undefined ? undefined : 'has this address now')
}

/** One for each container that runs for the pod's work. */
export function placesOfPod(
  { context }: Pick<ClusterPlaces, 'context'>,
  pod: PodRow,
  hint: string = pod.namespace,
): readonly ShellPlace[] {
  const { namespace, name, containers } = pod
  return containers.map((container) => ({
    name: containers.length === 1 ? name : `${name} (${container})`,
    namespace,
    target: { kind: 'container', context, namespace, pod: name, container },
    hint,
  }))
}

export function placeOfNode({ context }: Pick<ClusterPlaces, 'context'>, { name }: NodeRow): ShellPlace {
  return { name: `node ${name}`, target: { kind: 'node', context, node: name }, hint: 'makes a privileged pod' }
}

/** Checks are of the pod, whose containers share one network: the first of them is asked. */
export function checksTitle({ name, target }: ShellPlace): string {
  return target.kind === 'node' ? `Run checks on ${name}` : `Run checks in ${target.pod}`
}

/** "Open a shell in web-1", "Open a shell on node node-a" */
export function shellTitle({ name, target }: ShellPlace): string {
  return `Open a shell ${target.kind === 'node' ? 'on' : 'in'} ${name}`
}
