import type { Rung } from '../../../common/model/preflight.ts'
import type { Container, Node, Pod } from '../objects.ts'

// What stands in the way of a capture besides permissions: the pod's state, the node's kind, room on its disk, and what admission makes of
// a container. Sentences for the person; undefined where nothing does.

/** The share of what a pod may keep on its node's disk that a capture takes. The rest is the pod's own. */
const DISK_SHARE = 0.25
/** Three segments, and what is being written: less is no ring. */
const LEAST_RING_BYTES = 16_000_000

export function podObstacle(pod: Pod): string | undefined {
  const { name } = pod.metadata
  if (pod.metadata.deletionTimestamp) return `Pod ${name} is being deleted.`
  if (pod.metadata.annotations?.['kubernetes.io/config.mirror']) {
    return `Pod ${name} is a static pod of its node: ephemeral containers can't be added to it.`
  }
  const phase = pod.status?.phase ?? 'Unknown'
  if (phase !== 'Running') {
    const waiting = pod.status?.containerStatuses?.find((one) => one.state?.waiting)?.state?.waiting
    const unscheduled = pod.status?.conditions?.find((one) => one.type === 'PodScheduled' && one.status === 'False')
    const why = waiting?.message ?? waiting?.reason ?? unscheduled?.message ?? pod.status?.message
    return `Pod ${name} is ${phase}, not Running${why ? `: ${why}` : '.'}`
  }
  const limit = diskLimit(pod)
  if (limit === undefined || limit * DISK_SHARE >= LEAST_RING_BYTES) return undefined
  return (
    `Pod ${name} may keep ${Math.floor(limit / 1e6)} MB on its node's disk (its limit of ephemeral-storage): ` +
    'a capture inside it could have it evicted.'
  )
}

/** Nodes on which nothing of ours can run; `node` is absent where it may not be read, and the pod says what it can. */
export function nodeObstacle(name: string, node: Node | undefined, pod: Pod | undefined): string | undefined {
  const labels = node?.metadata.labels ?? {}
  const system = labels['kubernetes.io/os'] ?? pod?.spec.os?.name ?? pod?.spec.nodeSelector?.['kubernetes.io/os']
  if (system !== undefined && system !== 'linux')
    return `Node ${name} runs ${system}: the containers of Hopscope need Linux.`
  const isVirtual =
    labels['type'] === 'virtual-kubelet' ||
    node?.spec?.taints?.some(({ key }) => key.startsWith('virtual-kubelet.io/')) === true
  if (isVirtual) return `Node ${name} is a virtual kubelet, not a machine: no container can be added there.`
  return undefined
}

/** How many bytes a capture may hold in the container. In a pod it shares what the pod may keep on the disk, beyond which it is evicted. */
export function ringBytes(rung: Rung, pod: Pod | undefined, wanted: number): number {
  const limit = rung.startsWith('ephemeral') && pod ? diskLimit(pod) : undefined
  return limit === undefined ? wanted : Math.min(wanted, Math.floor(limit * DISK_SHARE))
}

/** The kubelet adds up the limits of those containers that have one. */
function diskLimit(pod: Pod): number | undefined {
  const limits = pod.spec.containers.flatMap(({ resources }) => {
    const bytes = quantity(resources?.limits?.['ephemeral-storage'])
    return bytes === undefined ? [] : [bytes]
  })
  return limits.length === 0 ? undefined : limits.reduce((sum, one) => sum + one, 0)
}

const UNITS: Readonly<Record<string, number>> = {
  ...{ m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 },
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 },
}

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ */
export function quantity(text: string | undefined): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)([kKMGTPEm]i?)?$/.exec(text ?? '') ?? []
  const factor = unit === '' ? 1 : UNITS[unit]
  return number === undefined || factor === undefined ? undefined : Number(number) * factor
}

/** Why a container that admission let through can't capture: a policy changed it. `made`: the pod as the API server would store it. */
export function spoiledByAdmission(rung: Rung, made: Pod, name: string): string | undefined {
  const all: readonly Container[] = [...made.spec.containers, ...(made.spec.ephemeralContainers ?? [])]
  const one = all.find((container) => container.name === name)
  if (!one) return undefined
  const { runAsUser, runAsNonRoot, privileged, readOnlyRootFilesystem, capabilities } = one.securityContext ?? {}
  const dropped = capabilities?.drop?.some((capability) => ['ALL', 'NET_RAW', 'CAP_NET_RAW'].includes(capability))
  const added = capabilities?.add?.some((capability) => ['ALL', 'NET_RAW', 'CAP_NET_RAW'].includes(capability))
  const needsNetRaw = rung !== 'node-pod'
  const ways = [
    runAsUser !== 0 || runAsNonRoot === true ? 'does not let it run as root' : undefined,
    needsNetRaw && dropped && !added ? 'takes the capability NET_RAW from it' : undefined,
    rung === 'node-pod' && !privileged ? 'does not let it be privileged' : undefined,
    rung === 'node-pod' && !made.spec.hostPID ? 'keeps it from the processes of the node' : undefined,
    rung === 'node-network' && !made.spec.hostNetwork ? "keeps it from the node's network" : undefined,
    readOnlyRootFilesystem && !one.volumeMounts?.some(({ mountPath }) => mountPath === '/tmp')
      ? 'makes its files read-only'
      : undefined,
  ].filter((way) => way !== undefined)
  if (ways.length === 0) return undefined
  return `A policy of the cluster would change it on the way in and ${ways.join(', and ')}: it could not capture.`
}
