import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Rung } from '../../../common/model/preflight.ts'
import { HostError } from '../../../common/host-error.ts'
import type { ApiConnection } from '../api-connection.ts'
import { ApiError } from '../api-error.ts'
import { waitForContainer } from '../container-start.ts'
import { askCommand, runCommand } from '../exec-stream.ts'
import type { Pod } from '../objects.ts'
import { addEphemeralContainer, createPod, podPath, wasRefused } from '../pod-requests.ts'
import type { ContainerSettings, Provenance } from './capture-container.ts'
import { CONTAINER_PREFIX, debugPod, ephemeralContainer } from './capture-container.ts'
import { noWayText } from './capture-words.ts'
import type { Ledger, LedgerEntry } from './ledger.ts'
import { BEAT, END, FIND_PROCESS, script } from './pod-scripts.ts'
import type { CaptureTarget, PreflightResult } from './preflight.ts'

const END_TIMEOUT_MS = 20_000
const POLL_MS = 250

/** A container in which captures can be started, and the words that bring a command into the right network. */
export interface CapturePlace {
  readonly namespace: string
  readonly pod: string
  readonly container: string
  /** nsenter and its arguments, on the node; empty in the pod itself. */
  readonly enter: readonly string[]
  readonly rung: Rung
  /** Absent when an earlier capture's container is used again. */
  readonly entry?: LedgerEntry
}

export interface PlaceRequest {
  readonly connection: ApiConnection
  readonly context: string
  readonly target: CaptureTarget
  readonly result: PreflightResult
  readonly settings: ContainerSettings
  readonly debugNamespace: string
  readonly by: Provenance
  readonly ledger: Ledger
  /** See ContainerStart. */
  readonly tell?: (waitingFor: string) => void
  readonly signal?: AbortSignal
}

/** Makes the place that the preflight chose and waits until it runs. What failed to start is removed again, where that is possible. */
export async function makePlace(request: PlaceRequest): Promise<CapturePlace> {
  const { preflight, reusable } = request.result
  const rung = preflight.chosen
  if (!rung) {
    throw new HostError('permission-denied', noWayText(preflight.rungs))
  }
  const { target } = request
  if (target.kind === 'pod' && rung.startsWith('ephemeral')) {
    const { namespace, pod } = target
    if (reusable?.rung === rung) return reusedPlace(request, { namespace, pod, ...reusable, enter: [] })
    return ephemeralPlace(request, rung, namespace, pod)
  }
  return podPlace(request, rung, preflight.node)
}

/** It waits for its next capture since the last one ended: from now on for this one, whose other points may take minutes to start. */
async function reusedPlace({ connection }: PlaceRequest, place: CapturePlace): Promise<CapturePlace> {
  let why: string
  try {
    const { stdout, stderr, end } = await askCommand(connection, { ...place, command: script(BEAT) })
    if (stdout.includes('waits')) return place
    why = end.lost ?? (stderr.trim() || (end.status?.message ?? ''))
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    why = error.message
  }
  throw new HostError(
    'unavailable',
    `The container ${place.container} of an earlier capture was to be used again, and does not answer: capture again. It says: ${why}`,
  )
}

async function ephemeralPlace(
  request: PlaceRequest,
  rung: Rung,
  namespace: string,
  pod: string,
): Promise<CapturePlace> {
  const { connection, settings, by, signal } = request
  const container = `${CONTAINER_PREFIX}${randomBytes(4).toString('hex')}`
  const entry = await intend(request, { kind: 'ephemeral-container', namespace, pod, container })
  try {
    const made = ephemeralContainer(container, rung, settings, by)
    await addEphemeralContainer(connection, namespace, pod, made, signal ? { signal } : {})
  } catch (error) {
    // A refusal says that nothing was made; silence says nothing.
    if (wasRefused(error)) await request.ledger.gone(entry)
    throw error
  }
  await waitFor(request, namespace, pod, container)
  return { namespace, pod, container, enter: [], rung, entry }
}

async function podPlace(request: PlaceRequest, rung: Rung, node: string): Promise<CapturePlace> {
  const { connection, settings, debugNamespace: namespace, by, result } = request
  const name = `${CONTAINER_PREFIX}${randomBytes(4).toString('hex')}`
  const container = 'capture'
  const entry = await intend(request, { kind: 'pod', namespace, pod: name, container })
  const made = await createNoted(request, entry, debugPod(name, namespace, node, rung, settings, by))
  const place: CapturePlace = { namespace, pod: made.pod, container, enter: [], rung, entry: made }
  try {
    await waitFor(request, namespace, made.pod, container)
    if (rung !== 'node-pod' || !result.pod) return place
    return { ...place, enter: ['nsenter', '-t', await processOf(request, place, result.pod), '-n', '--'] }
  } catch (error) {
    await removePlace(connection, place, request.ledger).catch(() => undefined)
    throw error
  }
}

/** Makes the pod that `entry` announces. The entry of what is there then: an admission webhook may give it another name. */
export async function createNoted(
  { connection, ledger, signal }: Pick<PlaceRequest, 'connection' | 'ledger' | 'signal'>,
  entry: LedgerEntry,
  pod: Pod,
): Promise<LedgerEntry> {
  let name: string
  try {
    name = (await createPod(connection, pod, signal ? { signal } : {})).metadata.name
  } catch (error) {
    // A refusal says that nothing was made; silence says nothing.
    if (wasRefused(error)) await ledger.gone(entry)
    throw error
  }
  if (name === entry.pod) return entry
  try {
    const renamed = await ledger.intend({ ...entry, id: randomBytes(8).toString('hex'), pod: name })
    await ledger.gone(entry)
    return renamed
  } catch (error) {
    await deletePod(connection, entry.namespace, name).catch(() => undefined)
    throw error
  }
}

/** A process of the pod on its node, by the id of one of its running containers. */
async function processOf(request: PlaceRequest, place: CapturePlace, pod: Pod): Promise<string> {
  const id = pod.status?.containerStatuses
    ?.find((status) => status.state?.running)
    ?.containerID?.replace(/^.*:\/\//, '')
  if (!id)
    throw new HostError(
      'unavailable',
      `Pod ${pod.metadata.name} has no running container: its network can't be entered.`,
    )
  const { stdout } = await askCommand(request.connection, { ...place, command: script(FIND_PROCESS, id) })
  const found = stdout.trim()
  if (!/^\d+$/.test(found)) {
    throw new HostError('unavailable', `No process of pod ${pod.metadata.name} was found on node ${pod.spec.nodeName}.`)
  }
  return found
}

async function intend(
  { ledger, context, connection, by }: PlaceRequest,
  what: Pick<LedgerEntry, 'kind' | 'namespace' | 'pod' | 'container'>,
): Promise<LedgerEntry> {
  const id = randomBytes(8).toString('hex')
  return ledger.intend({ ...what, id, context, server: connection.cluster.server, capture: by.capture })
}

function waitFor(
  { connection, settings, tell, signal }: PlaceRequest,
  namespace: string,
  pod: string,
  container: string,
): Promise<void> {
  const { image } = settings
  const wait = { connection, namespace, pod, container, image, purpose: 'capture' }
  return waitForContainer({ ...wait, ...(tell ? { tell } : {}), ...(signal ? { signal } : {}) })
}

/**
 * Ends what was made: deletes the pod, or ends the container's process (its entry stays listed until the pod is deleted). Throws when that
 * could not be done; then it is still in the ledger.
 */
export async function removePlace(
  connection: ApiConnection,
  place: Pick<CapturePlace, 'namespace' | 'pod' | 'container' | 'entry'>,
  ledger: Ledger,
): Promise<void> {
  const { entry } = place
  if (!entry) return
  if (entry.kind === 'pod') await deletePod(connection, place.namespace, place.pod)
  else await endContainer(connection, place)
  await ledger.gone(entry)
}

export async function deletePod(connection: ApiConnection, namespace: string, pod: string): Promise<void> {
  try {
    await connection.request('DELETE', podPath(namespace, pod), { query: { gracePeriodSeconds: 1 } })
  } catch (error) {
    if (!(error instanceof ApiError && error.httpStatus === 404)) throw error
  }
}

/** Returns when the container runs no more. One that has not started yet is waited for: it would start after we looked away. */
export async function endContainer(
  connection: ApiConnection,
  place: { readonly namespace: string; readonly pod: string; readonly container: string },
  command: readonly string[] = script(END),
): Promise<void> {
  const until = Date.now() + END_TIMEOUT_MS
  for (;;) {
    let pod: Pod
    try {
      pod = await connection.get(podPath(place.namespace, place.pod))
    } catch (error) {
      if (error instanceof ApiError && error.httpStatus === 404) return
      throw error
    }
    const listed = pod.spec.ephemeralContainers?.some(({ name }) => name === place.container)
    const state = pod.status?.ephemeralContainerStatuses?.find(({ name }) => name === place.container)?.state
    if (!listed || state?.terminated) return
    if (state?.running) {
      // A refusal here is one of a moment: what counts is what the status says.
      await runCommand(connection, { ...place, command }, 5000).catch((error: unknown) => {
        if (error instanceof ApiError && error.httpStatus === 403) throw error
      })
    }
    if (Date.now() > until || /ImagePull|InvalidImage|Config/.test(state?.waiting?.reason ?? '')) {
      const why = state?.waiting?.reason ? `is waiting (${state.waiting.reason})` : 'still runs'
      throw new HostError(
        'unavailable',
        `Container ${place.container} in pod ${place.pod} ${why}; without a capture it ends by itself.`,
      )
    }
    await sleep(POLL_MS)
  }
}
