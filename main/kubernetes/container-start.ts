import { setTimeout as sleep } from 'node:timers/promises'
import { HostError } from '../../common/host-error.ts'
import type { ApiConnection } from './api-connection.ts'
import type { ContainerStatus, Pod } from './objects.ts'

const START_TIMEOUT_MS = 120_000
const POLL_MS = 250

export interface ContainerStart {
  readonly connection: ApiConnection
  readonly namespace: string
  readonly pod: string
  readonly image: string
  /** What it is for, in messages: "capture", "debug". */
  readonly purpose: string
  readonly statusOf: (pod: Pod) => ContainerStatus | undefined
  readonly signal?: AbortSignal
}

/** Resolves when the container that was just made runs. Throws HostError, in words, when it will not, or not within 2 minutes. */
export async function waitForContainer(start: ContainerStart): Promise<void> {
  const { connection, namespace, pod: name, image, purpose, statusOf, signal } = start
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`
  const until = Date.now() + START_TIMEOUT_MS
  let last = 'it did not start'
  for (;;) {
    signal?.throwIfAborted()
    const pod: Pod = await connection.get(path, signal ? { signal } : {})
    const failure = podFailure(pod)
    if (failure) throw new HostError('unavailable', failure)
    const state = statusOf(pod)?.state
    if (state?.running) return
    if (state?.terminated) {
      const { reason = '', exitCode, message = '' } = state.terminated
      const text = `The ${purpose} container ended at once (${reason}, exit code ${exitCode}). ${message}`
      throw new HostError('unavailable', text.trim())
    }
    const unscheduled = pod.status?.conditions?.find((one) => one.type === 'PodScheduled' && one.status === 'False')
    if (unscheduled?.message)
      throw new HostError('unavailable', `The ${purpose} pod can't be placed: ${unscheduled.message}`)
    const waiting = state?.waiting
    if (waiting?.reason) {
      last = [waiting.reason, waiting.message].filter(Boolean).join(': ')
      const hopeless = explain(waiting.reason, image, purpose)
      if (hopeless)
        throw new HostError('unavailable', `${hopeless} The cluster says: ${waiting.message ?? waiting.reason}`)
    }
    if (Date.now() > until)
      throw new HostError('unavailable', `The ${purpose} container is not running after 2 minutes: ${last}.`)
    await sleep(POLL_MS, undefined, signal ? { signal } : {})
  }
}

/** Why the node has stopped the pod or would not have it (Evicted, OutOfcpu, DeadlineExceeded), in words; undefined when it has not. */
export function podFailure({ metadata, status }: Pod): string | undefined {
  if (status?.phase !== 'Failed' || !status.reason) return undefined
  const { reason, message } = status
  return `Pod ${metadata.name} was stopped by its node (${reason})${message ? `: ${message}` : '.'}`
}

function explain(reason: string, image: string, purpose: string): string | undefined {
  switch (reason) {
    case 'ErrImagePull':
    case 'ImagePullBackOff':
      return `The image ${image} can't be pulled by the node: name one that it can reach with --image, or give a pull secret.`
    case 'InvalidImageName':
      return `"${image}" is not the name of an image.`
    case 'CreateContainerConfigError':
    case 'CreateContainerError':
    case 'RunContainerError':
      return `The node can not start the ${purpose} container.`
    default:
      return undefined
  }
}
