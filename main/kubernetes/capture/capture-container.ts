import type { Rung } from '../../../common/model/preflight.ts'
import type { Container, EphemeralContainer, Pod, PodSpec, SecurityContext } from '../objects.ts'
import { containerCommand, literal } from '../container-command.ts'
import type { Reusable } from './ladder.ts'
import { script, SUPERVISOR } from './pod-scripts.ts'

// What is created in the cluster, and nothing else: an ephemeral container in a pod, or a pod on a node.

/** Of one version: what runs as root is not to change by itself, nor differ from node to node. */
export const DEFAULT_IMAGE = 'nicolaka/netshoot:v0.13'
export const APP_LABEL = 'app.kubernetes.io/managed-by'
export const APP_NAME = 'hopscope'
export const CONTAINER_PREFIX = 'hopscope-'

export interface ContainerSettings {
  readonly image: string
  readonly imagePullSecrets: readonly string[]
  /** Capturing stops when no heartbeat came for so long. */
  readonly leaseSeconds: number
  /** The container ends, and its files with it, when no heartbeat came for so long: until then a cut capture can be fetched. */
  readonly keepSeconds: number
  /** Last net: the container ends after this, whatever happens. */
  readonly lifeSeconds: number
  /** Bytes that one capture may hold in the container before the oldest are given up. */
  readonly ringBytes: number
}

export const DEFAULT_SETTINGS: ContainerSettings = {
  image: DEFAULT_IMAGE,
  imagePullSecrets: [],
  leaseSeconds: 60,
  keepSeconds: 600,
  lifeSeconds: 6 * 3600,
  ringBytes: 256_000_000,
}

/** Who made it, when and for what: for those who find it in their cluster. */
export interface Provenance {
  readonly user: string
  readonly capture: string
  readonly createdAt: Date
}

/** tcpdump -Z root sets its groups and ids anew, which takes SETGID and SETUID even where nothing changes. */
const CAPABILITIES = { drop: ['ALL'], add: ['NET_RAW', 'SETGID', 'SETUID'] }
/** The others of a container's usual ones: Pod Security's baseline lets nobody add NET_RAW, but drop all but what is there. */
const UNNEEDED = {
  drop: [
    ...['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL'],
    ...['MKNOD', 'NET_BIND_SERVICE', 'SETFCAP', 'SETPCAP', 'SYS_CHROOT'],
  ],
}
/** Both of the first two, or the kubelet refuses a root container in a runAsNonRoot pod, and an ephemeral one could never be removed. */
const ROOT = { runAsUser: 0, runAsNonRoot: false } as const
/** Root with no way to more than it has. */
const BOUNDED_ROOT = { ...ROOT, allowPrivilegeEscalation: false, seccompProfile: { type: 'RuntimeDefault' } } as const

const command = ({ leaseSeconds, keepSeconds, lifeSeconds }: ContainerSettings) =>
  containerCommand(script(SUPERVISOR, leaseSeconds, keepSeconds, lifeSeconds))

/** Ephemeral containers have no annotations: who made one is said in its environment. */
export const CREATED_BY = 'HOPSCOPE_CREATED_BY'
export const CREATED_AT = 'HOPSCOPE_CREATED_AT'

export const provenanceVariables = ({ user, createdAt }: Provenance) => [
  { name: CREATED_BY, value: literal(user) },
  { name: CREATED_AT, value: createdAt.toISOString() },
]

/** For a rung in the pod. It can be neither removed nor changed once it is there: it must be right the first time. */
export function ephemeralContainer(
  name: string,
  rung: Rung,
  settings: ContainerSettings,
  by: Provenance,
): EphemeralContainer {
  const capabilities = rung === 'ephemeral-container-net-raw' ? CAPABILITIES : UNNEEDED
  return {
    name,
    image: settings.image,
    imagePullPolicy: 'IfNotPresent',
    command: command(settings),
    env: provenanceVariables(by),
    securityContext: { ...BOUNDED_ROOT, capabilities },
  }
}

/**
 * The rung of a container of ours that captures with this image; undefined for others, as those that were made for a shell. What admission
 * made of it counts, not what was asked for.
 */
export function captureRung(one: EphemeralContainer, image: string): Rung | undefined {
  const { runAsUser, capabilities: { add = [], drop = [] } = {} } = one.securityContext ?? {}
  const captures = one.command?.includes(literal(SUPERVISOR)) === true
  if (!one.name.startsWith(CONTAINER_PREFIX) || one.image !== image || !captures || runAsUser !== 0) return undefined
  if (CAPABILITIES.add.every((name) => add.includes(name))) return 'ephemeral-container-net-raw'
  return drop.includes('ALL') || drop.includes('NET_RAW') ? undefined : 'ephemeral-container'
}

/** Of an older one too little is left: it ends after its time, in the middle of a capture too. */
const USABLE_SHARE = 1 / 6

/** A capture container of ours, with the image that is asked for, that runs and has most of its time before it. `now`: milliseconds since 1970. */
export function findReusable(pod: Pod, settings: ContainerSettings, now: number): Reusable | undefined {
  for (const one of pod.spec.ephemeralContainers ?? []) {
    const status = pod.status?.ephemeralContainerStatuses?.find(({ name }) => name === one.name)
    const { startedAt } = status?.state?.running ?? {}
    const rung = startedAt === undefined ? undefined : captureRung(one, settings.image)
    if (!rung || now - Date.parse(startedAt ?? '') > settings.lifeSeconds * 1000 * USABLE_SHARE) continue
    return { container: one.name, rung }
  }
  return undefined
}

/** For a rung on the node. */
export function debugPod(
  name: string,
  namespace: string,
  node: string,
  rung: Rung,
  settings: ContainerSettings,
  by: Provenance,
): Pod {
  const enters = rung === 'node-pod'
  const securityContext: SecurityContext = enters
    ? { ...ROOT, privileged: true, readOnlyRootFilesystem: true }
    : { ...BOUNDED_ROOT, readOnlyRootFilesystem: true, capabilities: CAPABILITIES }
  const container: Container = {
    name: 'capture',
    image: settings.image,
    imagePullPolicy: 'IfNotPresent',
    command: command(settings),
    securityContext,
    // No limit of the processor: throttled, tcpdump would lose packets.
    resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '256Mi' } },
    volumeMounts: [{ name: 'spool', mountPath: '/tmp' }],
  }
  const made = { name, namespace, node, by, ...settings, labels: { 'hopscope/capture': by.capture } }
  return podOnNode(made, {
    ...(enters ? { hostPID: true } : { hostNetwork: true }),
    containers: [container],
    // Room for the ring and one segment more on either side of it.
    volumes: [
      { name: 'spool', emptyDir: { sizeLimit: `${Math.ceil((settings.ringBytes * 1.25) / (1 << 20)) + 32}Mi` } },
    ],
  })
}

export interface PodOnNode {
  readonly name: string
  readonly namespace: string
  readonly node: string
  readonly by: Provenance
  /** It ends after this, whatever happens. */
  readonly lifeSeconds: number
  readonly imagePullSecrets: readonly string[]
  readonly labels?: Readonly<Record<string, string>>
}

/** What all our pods on nodes have in common: they end, have no token, go where they are sent, and say whose they are. */
export function podOnNode(
  { name, namespace, node, by, lifeSeconds, imagePullSecrets, labels = {} }: PodOnNode,
  spec: PodSpec,
): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      // No proxies of service meshes (Istio, Kuma; Linkerd, Consul): they would keep the pod when its own container has ended.
      labels: {
        [APP_LABEL]: APP_NAME,
        'sidecar.istio.io/inject': 'false',
        'kuma.io/sidecar-injection': 'disabled',
        ...labels,
      },
      annotations: {
        'hopscope/created-by': by.user,
        'hopscope/created-at': by.createdAt.toISOString(),
        'linkerd.io/inject': 'disabled',
        'consul.hashicorp.com/connect-inject': 'false',
      },
    },
    spec: {
      nodeName: node,
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 1,
      activeDeadlineSeconds: lifeSeconds,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      tolerations: [{ operator: 'Exists' }],
      ...(imagePullSecrets.length > 0
        ? { imagePullSecrets: imagePullSecrets.map((secret) => ({ name: secret })) }
        : {}),
      ...spec,
    },
  }
}
