import type { Permission, Preflight, Rung } from '../../../common/model/preflight.ts'
import { HostError } from '../../../common/host-error.ts'
import type { ApiConnection } from '../api-connection.ts'
import { ApiError, isOfAMoment } from '../api-error.ts'
import { isAllowed, UNNAMED_USER, whoami } from '../cluster-access.ts'
import type { Namespace, Node, Pod } from '../objects.ts'
import { addEphemeralContainer, createPod, podPath } from '../pod-requests.ts'
import type { ContainerSettings } from './capture-container.ts'
import { CONTAINER_PREFIX, debugPod, ephemeralContainer, findReusable } from './capture-container.ts'
import { circumstances } from './circumstances.ts'
import type { DryRun, LadderFacts, Reusable } from './ladder.ts'
import { nodeObstacle, podObstacle, spoiledByAdmission } from './obstacles.ts'
import { apiServerEndpoints, type Endpoint, leftOut } from './own-traffic.ts'
import { decideLadder, permissionKey, permissionsOf, rbacRule, rungsFor, watchPermissions } from './ladder.ts'

/** What to capture: a pod, or a whole node. */
export type CaptureTarget =
  | { readonly kind: 'pod'; readonly namespace: string; readonly pod: string; readonly interface?: string }
  | { readonly kind: 'node'; readonly node: string; readonly interface?: string }

export interface PreflightResult {
  readonly preflight: Preflight
  /** The pod as it was read; absent for a node. */
  readonly pod?: Pod
  readonly reusable?: Reusable
  /** Where the API server is; there when the capture is on a node's network, whose packets are partly our own. */
  readonly apiServer?: readonly Endpoint[]
}

/** Asks the cluster what would be allowed, without doing anything in it. Throws when the target is not there or the cluster not reachable. */
export async function preflight(
  connection: ApiConnection,
  target: CaptureTarget,
  settings: ContainerSettings,
  debugNamespace: string,
): Promise<PreflightResult> {
  const [{ username: named }, pod] = await Promise.all([
    whoami(connection),
    target.kind === 'pod' ? readPod(connection, target) : undefined,
  ])
  const username = named || UNNAMED_USER
  const namespace = target.kind === 'pod' ? target.namespace : debugNamespace
  const node = target.kind === 'pod' ? (pod?.spec.nodeName ?? '') : target.node
  const podName = target.kind === 'pod' ? target.pod : undefined
  const reusable = pod && findReusable(pod, settings, connection.now())
  const rungs = rungsFor(podName)
  const [allowed, nodeObject, namespaceObject] = await Promise.all([
    review(connection, [
      ...rungs.flatMap((rung) => permissionsOf(rung, namespace, debugNamespace)),
      ...watchPermissions(namespace, podName),
    ]),
    readable<Node>(connection, `/api/v1/nodes/${encodeURIComponent(node)}`),
    readable<Namespace>(connection, `/api/v1/namespaces/${encodeURIComponent(namespace)}`),
  ])
  const dryRuns = new Map<Rung, DryRun>()
  await Promise.all(
    rungs.map(async (rung) => {
      const permitted = permissionsOf(rung, namespace, debugNamespace).every(
        (one) => allowed.get(permissionKey(one)) !== false,
      )
      if (!permitted || reusable?.rung === rung) return
      const said = await dryRun(connection, rung, target, node, settings, debugNamespace, username)
      if (said) dryRuns.set(rung, said)
    }),
  )
  const runtime = nodeObject?.status?.nodeInfo?.containerRuntimeVersion ?? runtimeOf(pod)
  const level = namespaceObject?.metadata.labels?.['pod-security.kubernetes.io/enforce']
  const obstacle = pod && podObstacle(pod)
  const noMachine = nodeObstacle(node, nodeObject, pod)
  const facts: LadderFacts = {
    user: username,
    namespace,
    node,
    debugNamespace,
    allowed,
    dryRuns,
    circumstances: [...circumstances(pod, nodeObject), ...clockText(connection.now() - Date.now())],
    ...(podName === undefined ? {} : { pod: podName }),
    ...(runtime ? { runtime } : {}),
    ...(level ? { podSecurity: level } : {}),
    ...(reusable ? { reusable } : {}),
    ...(obstacle ? { obstacle } : {}),
    ...(noMachine ? { noMachine } : {}),
  }
  const ladder = decideLadder(facts)
  const found = { ...(pod ? { pod } : {}), ...(reusable ? { reusable } : {}) }
  // A pod on its node's network sees what the node sees.
  if (target.kind === 'pod' && !pod?.spec.hostNetwork) return { preflight: ladder, ...found }
  const apiServer = await apiServerEndpoints(connection)
  return { preflight: { ...ladder, notes: [...ladder.notes, leftOut(apiServer)] }, apiServer, ...found }
}

/** For who puts what this machine says, its logs or another capture beside the packets. `behind`: this machine, in milliseconds. */
export function clockText(behind: number): string[] {
  const seconds = Math.round(Math.abs(behind) / 1000)
  if (seconds === 0) return []
  const time = seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`
  const how = behind > 0 ? 'behind' : 'ahead of'
  return [`The clock of this machine is ${time} ${how} that of the API server. Packets have the time of their node.`]
}

async function readPod(
  connection: ApiConnection,
  target: { readonly namespace: string; readonly pod: string },
): Promise<Pod> {
  try {
    return await connection.get<Pod>(podPath(target.namespace, target.pod))
  } catch (error) {
    if (error instanceof ApiError && error.httpStatus === 404) {
      throw new HostError('not-found', `There is no pod "${target.pod}" in namespace "${target.namespace}".`)
    }
    if (error instanceof ApiError && error.httpStatus === 403) {
      const rule = rbacRule([{ verb: 'get', group: '', resource: 'pods', namespace: target.namespace }])
      throw new HostError(
        'permission-denied',
        `You may not get pods in namespace ${target.namespace}, with which each way to capture in one begins; a whole node can be captured without. A Role with these rules would allow it:\n${rule}It says: ${error.message}`,
      )
    }
    throw error
  }
}

async function review(connection: ApiConnection, permissions: readonly Permission[]): Promise<Map<string, boolean>> {
  const unique = new Map(permissions.map((one) => [permissionKey(one), one]))
  const answers = await Promise.all(
    [...unique].map(async ([key, permission]) => {
      const answer: [string, boolean | undefined] = [key, await isAllowed(connection, permission)]
      return answer
    }),
  )
  return new Map(answers.flatMap(([key, allowed]) => (allowed === undefined ? [] : [[key, allowed] as const])))
}

/** containerd://..., cri-o://...: each container's id names its runtime, where the node may not be read. */
const runtimeOf = (pod: Pod | undefined) =>
  pod?.status?.containerStatuses?.find(({ containerID }) => containerID)?.containerID

/** undefined when it may not be read: that is a fact like another. */
async function readable<T>(connection: ApiConnection, path: string): Promise<T | undefined> {
  try {
    return await connection.get<T>(path)
  } catch (error) {
    if (error instanceof ApiError) return undefined
    throw error
  }
}

/** Undefined where only doing it tells. Throws where the cluster has no answer at the moment: that must not close a way, and lead to one of more rights. */
async function dryRun(
  connection: ApiConnection,
  rung: Rung,
  target: CaptureTarget,
  node: string,
  settings: ContainerSettings,
  debugNamespace: string,
  user: string,
): Promise<DryRun | undefined> {
  const name = `${CONTAINER_PREFIX}preflight`
  const by = { user, capture: 'preflight', createdAt: new Date() }
  try {
    if (rung.startsWith('ephemeral') && target.kind === 'pod') {
      const container = ephemeralContainer(name, rung, settings, by)
      const { namespace, pod } = target
      const made = await addEphemeralContainer(connection, namespace, pod, container, { dryRun: true })
      return asStored(rung, made, name)
    }
    const pod = debugPod(name, debugNamespace, node, rung, settings, by)
    return asStored(rung, await createPod(connection, pod, { dryRun: true }), pod.spec.containers[0]?.name ?? '')
  } catch (error) {
    if (!(error instanceof ApiError) || isOfAMoment(error)) throw error
    // Of an admission webhook that declares side effects.
    if (/does not support dry ?run/i.test(error.message)) return undefined
    return { ok: false, message: `The cluster would refuse it: ${error.message}` }
  }
}

function asStored(rung: Rung, made: Pod, container: string): DryRun {
  const message = spoiledByAdmission(rung, made, container)
  return message ? { ok: false, message } : { ok: true }
}
