import { randomBytes } from 'node:crypto'
import type { Permission } from '../../common/model/preflight.ts'
import { HostError } from '../../common/host-error.ts'
import type { ApiConnection } from './api-connection.ts'
import { ApiError } from './api-error.ts'
import type { Provenance } from './capture/capture-container.ts'
import { CONTAINER_PREFIX, podOnNode, provenanceVariables } from './capture/capture-container.ts'
import { createNoted, deletePod, endContainer } from './capture/capture-place.ts'
import { nodeObstacle } from './capture/obstacles.ts'
import { permissionText, rbacRule } from './capture/ladder.ts'
import type { Ledger, LedgerEntry } from './capture/ledger.ts'
import { script } from './capture/pod-scripts.ts'
import { isAllowed } from './cluster-access.ts'
import { containerCommand } from './container-command.ts'
import { waitForContainer } from './container-start.ts'
import { openExec, runCommand } from './exec-stream.ts'
import type { Container, Node, Pod } from './objects.ts'
import { addEphemeralContainer, podPath, wasRefused } from './pod-requests.ts'

// A container of ours to run a shell in: beside a container without one, or on a node. It ends by itself when its heart stops beating.

const BEAT_MS = 5000
const RETRY_MS = 3000
/** Without a heartbeat for so long the container ends: long enough for a laptop's connection to come back. */
const SILENT_SECONDS = 300
const LIFE_SECONDS = 12 * 3600

/** The container's first process; arguments: seconds without a heartbeat, and its whole life. */
const KEEPER = `
beats=\${TMPDIR:-/tmp}/hopscope-beats
trap 'exit 0' TERM
umask 077
echo 0 > "$beats" || exit 1
echo $$ > "$beats.pid"
said='' silent=0 life=0
while [ "$silent" -lt "$1" ] && [ "$life" -lt "$2" ]; do
  sleep 1
  life=$((life + 1)) silent=$((silent + 1))
  read -r beat < "$beats"
  if [ "$beat" != "$said" ]; then said=$beat silent=0; fi
done
`
const BEAT = `
beats=\${TMPDIR:-/tmp}/hopscope-beats
while read -r beat; do echo "$beat" > "$beats"; done
`
/** Says the keeper's process id: 1 where the container has processes of its own. */
const KEEPER_ID = `
read -r pid < "\${TMPDIR:-/tmp}/hopscope-beats.pid" && echo "$pid"
`
const END_KEEPER = `
read -r pid < "\${TMPDIR:-/tmp}/hopscope-beats.pid" && kill -TERM "$pid"
`

export interface ShellSettings {
  readonly image: string
  readonly imagePullSecrets: readonly string[]
  /** Where pods on nodes are made. */
  readonly debugNamespace: string
}

export interface ShellPlaceRequest {
  readonly connection: ApiConnection
  readonly context: string
  readonly settings: ShellSettings
  readonly by: Provenance
  readonly ledger: Ledger
  readonly signal?: AbortSignal
}

export interface ShellPlace {
  readonly namespace: string
  readonly pod: string
  readonly container: string
  /** What was made, in a sentence. */
  readonly made: string
  /** What is not there that one would expect, in a sentence. */
  readonly caveat?: string
  /** Ends what was made. Throws when that could not be done: then it is still in the ledger. */
  close(): Promise<void>
}

/** What must be allowed before a shell is tried. exec over WebSocket is a GET, and since Kubernetes 1.35 needs create as well. */
export function shellPermissions(
  kind: 'container' | 'debug-container' | 'node',
  namespace: string,
): readonly Permission[] {
  const pods = (verb: string, subresource?: string): Permission => ({
    verb,
    group: '',
    resource: 'pods',
    namespace,
    ...(subresource ? { subresource } : {}),
  })
  const exec = [pods('get', 'exec'), pods('create', 'exec')]
  if (kind === 'container') return exec
  if (kind === 'debug-container') return [pods('get'), pods('patch', 'ephemeralcontainers'), ...exec]
  return [pods('create'), pods('get'), pods('delete'), ...exec]
}

/** Throws HostError 'permission-denied' that names what is missing and the rule that would help. */
export async function requireAllowed(connection: ApiConnection, permissions: readonly Permission[]): Promise<void> {
  const answers = await Promise.all(
    permissions.map((one) =>
      isAllowed(connection, {
        verb: one.verb,
        group: one.group,
        resource: one.resource,
        ...(one.subresource ? { subresource: one.subresource } : {}),
        ...(one.namespace === undefined ? {} : { namespace: one.namespace }),
      }),
    ),
  )
  const missing = permissions.filter((_, i) => answers[i] === false)
  if (missing.length === 0) return
  const what = missing.map(permissionText).join(', nor ')
  throw new HostError(
    'permission-denied',
    `You may not ${what}. A Role with these rules would allow it:\n${rbacRule(missing)}`,
  )
}

/** An ephemeral container beside `target`, which sees its processes where the container runtime can do that. */
export async function debugContainerPlace(
  request: ShellPlaceRequest,
  namespace: string,
  pod: string,
  target: string,
): Promise<ShellPlace> {
  const { connection, settings, by, ledger, signal } = request
  const about = await connection.get<Pod>(podPath(namespace, pod), signal ? { signal } : {})
  refuse(nodeObstacle(about.spec.nodeName ?? '', undefined, about))
  const container = `${CONTAINER_PREFIX}${randomBytes(4).toString('hex')}`
  const entry = await intend(request, { kind: 'ephemeral-container', namespace, pod, container })
  const added = {
    name: container,
    image: settings.image,
    imagePullPolicy: 'IfNotPresent',
    command: keeper(),
    targetContainerName: target,
    env: provenanceVariables(by),
    // Both, or the kubelet refuses a root container in a runAsNonRoot pod, and that entry could never be removed.
    securityContext: { runAsUser: 0, runAsNonRoot: false },
  }
  try {
    await addEphemeralContainer(connection, namespace, pod, added, signal ? { signal } : {})
  } catch (error) {
    // A refusal says that nothing was made; silence says nothing.
    if (wasRefused(error)) await ledger.gone(entry)
    throw error
  }
  const made = `Ephemeral container ${container} was added to ${pod}. It stays listed in the pod until the pod is deleted.`
  const place = await started(request, entry, made)
  const caveat = await whyNoProcesses(connection, place, target)
  return { ...place, ...(caveat === undefined ? {} : { caveat }) }
}

/**
 * Why the processes of `target` can't be seen from `place`; undefined where they can. No API says whether a runtime honoured
 * targetContainerName ("if it doesn't support this, the result is undefined", says Kubernetes), but a process is the first one only of its own.
 */
async function whyNoProcesses(
  connection: ApiConnection,
  { namespace, pod, container }: ShellPlace,
  target: string,
): Promise<string | undefined> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}`
  try {
    const { stdout } = await runCommand(connection, { namespace, pod, container, command: script(KEEPER_ID) })
    const id = Number.parseInt(stdout, 10)
    if (id > 1) return undefined
    if (id === 1) {
      const { spec } = await connection.get<Pod>(path)
      const added = spec.ephemeralContainers?.find(({ name }) => name === container)
      const why =
        added?.targetContainerName === target
          ? "the cluster's container runtime did not share them"
          : "targetContainerName was taken out of the pod's spec, as admission rules can do"
      return `The processes of container ${target} can't be seen here: ${why}. The network is the pod's.`
    }
  } catch {
    // Nothing hangs on it but that sentence.
  }
  return `Whether the processes of container ${target} can be seen here could not be found out.`
}

/** A privileged pod on the node, in the node's own namespaces, with its files under /host. */
export async function nodePlace(request: ShellPlaceRequest, node: string): Promise<ShellPlace> {
  const { connection, settings, by, signal } = request
  const namespace = settings.debugNamespace
  const about = await connection
    .get<Node>(`/api/v1/nodes/${encodeURIComponent(node)}`, signal ? { signal } : {})
    .catch(() => undefined)
  refuse(nodeObstacle(node, about, undefined))
  const name = `${CONTAINER_PREFIX}${randomBytes(4).toString('hex')}`
  const container = 'shell'
  const entry = await intend(request, { kind: 'pod', namespace, pod: name, container })
  const shell: Container = {
    name: container,
    image: settings.image,
    imagePullPolicy: 'IfNotPresent',
    command: keeper(),
    securityContext: { privileged: true, runAsUser: 0, runAsNonRoot: false },
    resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '512Mi' } },
    volumeMounts: [{ name: 'host', mountPath: '/host' }],
  }
  const { imagePullSecrets } = settings
  const body = podOnNode(
    { name, namespace, node, by, lifeSeconds: LIFE_SECONDS, imagePullSecrets },
    {
      hostPID: true,
      hostNetwork: true,
      containers: [shell],
      volumes: [{ name: 'host', hostPath: { path: '/' } }],
    },
  )
  const noted = await createNoted(request, entry, body)
  const made = `Privileged pod ${namespace}/${noted.pod} was made on node ${node}; the node's files are under /host. It is deleted with this terminal.`
  return started(request, noted, made)
}

function refuse(obstacle: string | undefined): void {
  if (obstacle !== undefined) throw new HostError('unsupported', obstacle)
}

const keeper = () => containerCommand(script(KEEPER, SILENT_SECONDS, LIFE_SECONDS))

async function intend(
  { ledger, context, connection, by }: ShellPlaceRequest,
  what: Pick<LedgerEntry, 'kind' | 'namespace' | 'pod' | 'container'>,
): Promise<LedgerEntry> {
  const id = randomBytes(8).toString('hex')
  return ledger.intend({ ...what, id, context, server: connection.cluster.server, capture: by.capture })
}

async function started(request: ShellPlaceRequest, entry: LedgerEntry, made: string): Promise<ShellPlace> {
  const { connection, settings, ledger, signal } = request
  const { namespace, pod, container } = entry
  const beating = new AbortController()
  const close = async () => {
    beating.abort()
    if (entry.kind === 'pod') await deletePod(connection, namespace, pod)
    else await endContainer(connection, { namespace, pod, container }, script(END_KEEPER))
    await ledger.gone(entry)
  }
  try {
    const { image } = settings
    const wait = { connection, namespace, pod, container, image, purpose: 'debug' }
    await waitForContainer({ ...wait, ...(signal ? { signal } : {}) })
  } catch (error) {
    await close().catch(() => undefined)
    throw error
  }
  void keepBeating(connection, { namespace, pod, container }, beating.signal)
  return { namespace, pod, container, made, close }
}

/** Says that we live until told to stop, through cuts of the connection. */
async function keepBeating(
  connection: ApiConnection,
  place: { readonly namespace: string; readonly pod: string; readonly container: string },
  signal: AbortSignal,
): Promise<void> {
  let beat = 0
  while (!signal.aborted) {
    try {
      const stream = await openExec(connection, { ...place, command: script(BEAT), stdin: true }, {}, signal)
      const send = () => stream.write(Buffer.from(`${++beat}\n`))
      send()
      const timer = setInterval(send, BEAT_MS)
      await stream.ended.catch(() => undefined)
      clearInterval(timer)
    } catch (error) {
      // The pod is gone: there is no heart to beat for.
      if (error instanceof ApiError && error.httpStatus === 404) return
    }
    await new Promise((resolve) => setTimeout(resolve, signal.aborted ? 0 : RETRY_MS).unref())
  }
}
