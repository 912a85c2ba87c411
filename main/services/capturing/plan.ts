import type { ContextCaptureSettings } from '../../../common/model/context.ts'
import type { PointPlan, PointTarget } from '../../../common/model/live-capture.ts'
import type { ApiConnection } from '../../kubernetes/api-connection.ts'
import {
  DEFAULT_SETTINGS,
  debugPod,
  ephemeralContainer,
  type ContainerSettings,
} from '../../kubernetes/capture/capture-container.ts'
import { preflight, type CaptureTarget, type PreflightResult } from '../../kubernetes/capture/preflight.ts'

/** Each point is asked about with some ten requests: not all at once of a large workload. */
const AT_ONCE = 4

export const containerSettings = ({ image, imagePullSecrets }: ContextCaptureSettings): ContainerSettings => ({
  ...DEFAULT_SETTINGS,
  image,
  imagePullSecrets,
})

export const asTarget = (target: PointTarget): CaptureTarget => {
  const on = target.interface === undefined ? {} : { interface: target.interface }
  return target.kind === 'pod'
    ? { kind: 'pod', namespace: target.namespace, pod: target.pod, ...on }
    : { kind: 'node', node: target.node, ...on }
}

/** Where pods on nodes are made: as the person said, else where the captured pods are. */
export function debugNamespaceFor(
  settings: ContextCaptureSettings,
  targets: readonly PointTarget[],
  contextNamespace: string,
): string {
  const pod = targets.find((target) => target.kind === 'pod')
  return settings.debugNamespace || (pod?.kind === 'pod' ? pod.namespace : contextNamespace)
}

/** What it would take to capture at each point. One that can't be asked about does not keep the others from being. */
export async function planPoints(
  connection: ApiConnection,
  targets: readonly PointTarget[],
  settings: ContainerSettings,
  debugNamespace: string,
): Promise<readonly PointPlan[]> {
  const plans = new Array<PointPlan>(targets.length)
  const due = targets.map((target, index) => ({ target, index }))
  const work = async () => {
    for (let next = due.shift(); next; next = due.shift()) {
      const { target, index } = next
      plans[index] = await planPoint(connection, target, settings, debugNamespace)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return plans
}

async function planPoint(
  connection: ApiConnection,
  target: PointTarget,
  settings: ContainerSettings,
  debugNamespace: string,
): Promise<PointPlan> {
  try {
    const result = await preflight(connection, asTarget(target), settings, debugNamespace)
    return { target, preflight: result.preflight, ...whatIsMade(target, result, settings, debugNamespace) }
  } catch (error) {
    return { target, problem: error instanceof Error ? error.message : String(error) }
  }
}

/** What the way that was chosen creates: in a sentence, and as it is sent. */
function whatIsMade(
  target: PointTarget,
  { preflight: { chosen, node, user }, reusable }: PreflightResult,
  settings: ContainerSettings,
  debugNamespace: string,
): Pick<PointPlan, 'creates' | 'manifest'> {
  if (!chosen || reusable?.rung === chosen) return {}
  const by = { user, capture: '(its id)', createdAt: new Date(0) }
  const name = 'hopscope-(8 random digits)'
  if (target.kind === 'pod' && chosen.startsWith('ephemeral')) {
    const adds = chosen === 'ephemeral-container-net-raw' ? 'NET_RAW, SETGID and SETUID only' : 'no capability added'
    return {
      creates: `An ephemeral container in pod ${target.namespace}/${target.pod}: image ${settings.image}, root, ${adds}. It ends by itself; its entry stays in the pod's list.`,
      manifest: json(ephemeralContainer(name, chosen, settings, by)),
    }
  }
  const how = chosen === 'node-pod' ? 'privileged, sees the processes of the node' : 'network of the node, NET_RAW only'
  return {
    creates: `A pod in namespace ${debugNamespace} on node ${node}: image ${settings.image}, ${how}. It is deleted after the capture, and ends after ${settings.lifeSeconds / 3600} h in any case.`,
    manifest: json(debugPod(name, debugNamespace, node, chosen, settings, by)),
  }
}

const json = (value: object) => JSON.stringify(value, undefined, 2)
