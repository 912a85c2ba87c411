import type { ApiConnection } from '../api-connection.ts'
import { ApiError } from '../api-error.ts'
import { podFailure } from '../container-start.ts'
import type { Pod } from '../objects.ts'
import { podPath } from '../pod-requests.ts'
import type { CapturePlace } from './capture-place.ts'

/** Why it is of no use to ask a container again. */
export interface Gone {
  readonly message: string
  /** The pod was deleted or its capture container ended: there is nothing left to fetch from. */
  readonly gone?: boolean
}

/** What the cluster says became of a container that does not answer; undefined where it may answer again, or nothing is known. */
export async function containerGone(
  connection: ApiConnection,
  { namespace, pod, container }: CapturePlace,
  signal: AbortSignal,
): Promise<Gone | undefined> {
  try {
    const object: Pod = await connection.get(podPath(namespace, pod), { timeoutMs: 10_000, signal })
    const { ephemeralContainerStatuses = [], containerStatuses = [] } = object.status ?? {}
    const failure = podFailure(object)
    if (failure) return { message: `${failure} What was fetched before is here.`, gone: true }
    // Who is in a pod's specification stays there as long as the pod.
    const { containers, ephemeralContainers = [] } = object.spec
    if (![...containers, ...ephemeralContainers].some(({ name }) => name === container)) {
      const message = 'The pod is gone, and another has its name now: what was fetched before is here.'
      return { message, gone: true }
    }
    const status = [...ephemeralContainerStatuses, ...containerStatuses].find(({ name }) => name === container)
    const terminated = status?.state?.terminated
    if (!terminated) return undefined
    const { reason, exitCode } = terminated
    // OOMKilled: admission may give it less memory than is asked for.
    const how = [reason, `exit code ${exitCode}`].filter(Boolean).join(', ')
    const message = `The capture container ended (${how}): what was fetched before is here.`
    return { message, gone: true }
  } catch (error) {
    // After a kubelet restart it is the kubelet, not the API server, that denies the pod for a moment.
    if (error instanceof ApiError && error.httpStatus === 404)
      return { message: 'The pod was deleted: what was fetched before is here.', gone: true }
    if (error instanceof ApiError && error.httpStatus === 403) return { message: `No longer allowed: ${error.message}` }
    return undefined
  }
}
