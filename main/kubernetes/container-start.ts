import { setTimeout as sleep } from 'node:timers/promises'
import { HostError } from '../../common/host-error.ts'
import type { ApiConnection } from './api-connection.ts'
import { ApiError } from './api-error.ts'
import type { ContainerStatus, KubernetesEvent, KubernetesList, Pod } from './objects.ts'
import { retryAfterMs } from './retry.ts'

/** Images have to be pulled first. Shorter than a container of ours waits for a heartbeat, as its neighbours in a capture do. */
const START_TIMEOUT_MS = 300_000
/** At first it may take a moment; an image may take minutes, and a workload has many pods that are asked about. */
const SHORTEST_POLL_MS = 250
const LONGEST_POLL_MS = 2000
const EVENTS_MS = 5000

/** What nothing is wrong with, for those who don't know the kubelet's words by heart. */
const UNDER_WAY: Readonly<Partial<Record<string, string>>> = {
  ContainerCreating: 'the node is making its container (ContainerCreating)',
  PodInitializing: 'other containers of the pod start first (PodInitializing)',
}

export interface ContainerStart {
  readonly connection: ApiConnection
  readonly namespace: string
  readonly pod: string
  readonly container: string
  readonly image: string
  /** What it is for, in messages: "capture", "debug". */
  readonly purpose: string
  /** Told what it is waiting for, in words, whenever that changes. */
  readonly tell?: (waitingFor: string) => void
  readonly signal?: AbortSignal
}

/** Resolves when the container that was just made runs. Throws HostError, in words, when it will not, or not within 5 minutes. */
export async function waitForContainer(start: ContainerStart): Promise<void> {
  const { connection, namespace, pod: name, container, image, purpose, tell, signal } = start
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`
  const until = performance.now() + START_TIMEOUT_MS
  let last = 'it did not start'
  let told = ''
  let event: string | undefined
  let askAgainAt = 0
  for (let poll = SHORTEST_POLL_MS; ; poll = Math.min(poll * 1.25, LONGEST_POLL_MS)) {
    signal?.throwIfAborted()
    let pod: Pod
    try {
      pod = await connection.get(path, signal ? { signal } : {})
    } catch (error) {
      if (error instanceof ApiError && error.httpStatus === 404) {
        const text = `Pod ${name} was deleted while its ${purpose} container was being started: by somebody else, or by the cluster.`
        throw new HostError('unavailable', text)
      }
      // The node goes on without the API server, which may be restarting while an image of a gigabyte is pulled.
      if (!isAway(error) || performance.now() > until) throw error
      if (error.message !== told) tell?.((told = error.message))
      // Who asks to be left alone for longer than is waited is asked a last time.
      const pause = Math.min(Math.max(poll, retryAfterMs(error)), until - performance.now() + SHORTEST_POLL_MS)
      await sleep(pause, undefined, signal ? { signal } : {})
      continue
    }
    const failure = podFailure(pod)
    if (failure) throw new HostError('unavailable', failure)
    const state = statusOf(pod, container)?.state
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
      last = [UNDER_WAY[waiting.reason] ?? waiting.reason, waiting.message].filter(Boolean).join(': ')
      const hopeless = explain(waiting.reason, image, purpose)
      if (hopeless)
        throw new HostError('unavailable', `${hopeless} The cluster says: ${waiting.message ?? waiting.reason}`)
    }
    if (performance.now() >= askAgainAt) {
      event = await lastEvent(start, pod)
      askAgainAt = event === undefined ? Infinity : performance.now() + EVENTS_MS
    }
    const waitingFor = [last, event].filter(Boolean).join('. ')
    if (performance.now() > until)
      throw new HostError('unavailable', `The ${purpose} container is not running after 5 minutes: ${waitingFor}.`)
    if (waiting?.reason && waitingFor !== told) tell?.((told = waitingFor))
    await sleep(poll, undefined, signal ? { signal } : {})
  }
}

function statusOf({ status }: Pod, container: string): ContainerStatus | undefined {
  const all = [...(status?.containerStatuses ?? []), ...(status?.ephemeralContainerStatuses ?? [])]
  return all.find(({ name }) => name === container)
}

/**
 * What the node said last about the container ("Pulling image ...", "Failed to create pod sandbox ..."); '' when nothing yet; undefined
 * when events may not be read.
 */
async function lastEvent({ connection, namespace, container, signal }: ContainerStart, pod: Pod) {
  const { name, uid = '' } = pod.metadata
  const fieldSelector = `involvedObject.kind=Pod,involvedObject.name=${name}`
  const query = { fieldSelector, limit: 500 }
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/events`
  try {
    const list: KubernetesList<KubernetesEvent> = await connection.get(path, { query, ...(signal ? { signal } : {}) })
    // What concerns a pod as a whole concerns a container that was made with it.
    const isAdded = pod.spec.ephemeralContainers?.some((one) => one.name === container) === true
    const about = list.items.filter(({ involvedObject: { fieldPath, uid: of = uid } }) =>
      fieldPath === undefined ? !isAdded && of === uid : fieldPath.endsWith(`{${container}}`),
    )
    return (
      about
        .toSorted((a, b) => (timeOf(a) < timeOf(b) ? -1 : 1))
        .at(-1)
        ?.message?.trim() ?? ''
    )
  } catch (error) {
    if (isAway(error)) return ''
    if (error instanceof ApiError) return undefined
    throw error
  }
}

const isAway = (error: unknown): error is HostError => error instanceof HostError && error.code === 'unavailable'

const timeOf = ({ lastTimestamp, eventTime, metadata }: KubernetesEvent) =>
  lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? ''

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
      return `The image ${image} can't be pulled by the node: name one that it can reach (under Image in the window, with --image on the command line), or give a pull secret.`
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
