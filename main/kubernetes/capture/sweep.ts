import type { ApiConnection } from '../api-connection.ts'
import { ApiError } from '../api-error.ts'
import { listAll, whoami } from '../cluster-access.ts'
import type { Pod } from '../objects.ts'
import { APP_LABEL, APP_NAME, CONTAINER_PREFIX } from './capture-container.ts'
import { removePlace } from './capture-place.ts'
import type { Ledger, LedgerEntry } from './ledger.ts'
import { isInUse } from './ledger.ts'
import { podPath } from './preflight.ts'

/** Something of ours that is still in a cluster. */
export interface Leftover {
  readonly kind: 'pod' | 'ephemeral-container'
  readonly namespace: string
  readonly pod: string
  readonly container: string
  /** As written on it, where it can be: ephemeral containers carry no annotations. */
  readonly createdBy?: string
  /** Milliseconds since 1970. */
  readonly createdAt?: number
  /** A capture of this machine that still runs uses it. */
  readonly inUse: boolean
  /** Made from this machine (it is in the ledger) or by this user: it may be removed without asking anyone. */
  readonly ours: boolean
  readonly entry?: LedgerEntry
}

export interface SweepResult {
  readonly leftovers: readonly Leftover[]
  /** What could not be looked at, in sentences. */
  readonly notes: readonly string[]
}

/** What is left in a cluster: by the ledger of this machine, and by label for what others or a lost ledger left. Changes nothing. */
export async function findLeftovers(connection: ApiConnection, context: string, ledger: Ledger): Promise<SweepResult> {
  const notes: string[] = []
  const found = new Map<string, Leftover>()
  const { username } = await whoami(connection)
  for (const entry of await ledger.open()) {
    if (entry.server !== connection.cluster.server) continue
    const state = await stateOf(connection, entry)
    if (state === 'gone') await ledger.gone(entry)
    else {
      if (state === 'unknown')
        notes.push(`${entry.namespace}/${entry.pod} may not be read: it is taken to be there still.`)
      found.set(keyOf(entry), {
        kind: entry.kind,
        namespace: entry.namespace,
        pod: entry.pod,
        container: entry.container,
        createdAt: entry.at,
        inUse: isInUse(entry),
        ours: true,
        entry,
      })
    }
  }
  for (const pod of await labelled(connection, context, notes)) {
    const { namespace = '', name, annotations = {}, creationTimestamp = '' } = pod.metadata
    const key = keyOf({ namespace, pod: name, container: 'capture' })
    if (found.has(key) || pod.metadata.deletionTimestamp) continue
    const createdBy = annotations['hopscope/created-by']
    const createdAt = Date.parse(annotations['hopscope/created-at'] ?? creationTimestamp)
    found.set(key, {
      kind: 'pod',
      namespace,
      pod: name,
      container: 'capture',
      inUse: false,
      ours: createdBy === username,
      ...(createdBy ? { createdBy } : {}),
      ...(Number.isNaN(createdAt) ? {} : { createdAt }),
    })
  }
  return { leftovers: [...found.values()], notes }
}

export interface SweepOutcome {
  readonly removed: readonly Leftover[]
  readonly kept: readonly { readonly leftover: Leftover; readonly why: string }[]
}

/** Removes what is ours and not in use: deletes pods, ends containers (a container's entry stays listed until its pod is deleted). */
export async function removeLeftovers(
  connection: ApiConnection,
  leftovers: readonly Leftover[],
  ledger: Ledger,
  alsoInUse = false,
): Promise<SweepOutcome> {
  const removed: Leftover[] = []
  const kept: { leftover: Leftover; why: string }[] = []
  for (const leftover of leftovers) {
    if (!leftover.ours) kept.push({ leftover, why: `made by ${leftover.createdBy ?? 'someone else'}` })
    else if (leftover.inUse && !alsoInUse) kept.push({ leftover, why: 'in use by a capture that runs on this machine' })
    else {
      try {
        if (leftover.entry) await removePlace(connection, { ...leftover, entry: leftover.entry }, ledger)
        else
          await connection.request('DELETE', podPath(leftover.namespace, leftover.pod), {
            query: { gracePeriodSeconds: 1 },
          })
        removed.push(leftover)
      } catch (error) {
        kept.push({ leftover, why: error instanceof Error ? error.message : String(error) })
      }
    }
  }
  return { removed, kept }
}

async function stateOf(connection: ApiConnection, entry: LedgerEntry): Promise<'there' | 'gone' | 'unknown'> {
  try {
    const pod: Pod = await connection.get(podPath(entry.namespace, entry.pod))
    if (entry.kind === 'pod') return 'there'
    const listed = (pod.spec.ephemeralContainers ?? []).some(({ name }) => name === entry.container)
    const state = pod.status?.ephemeralContainerStatuses?.find(({ name }) => name === entry.container)?.state
    // One that is listed and not running is all that can be had: it can't be taken off the list.
    return listed && !state?.terminated && !hopeless(state?.waiting?.reason) ? 'there' : 'gone'
  } catch (error) {
    if (error instanceof ApiError && error.httpStatus === 404) return 'gone'
    if (error instanceof ApiError) return 'unknown'
    throw error
  }
}

const hopeless = (reason: string | undefined) =>
  reason === 'CreateContainerConfigError' || reason === 'InvalidImageName'

async function labelled(connection: ApiConnection, context: string, notes: string[]): Promise<readonly Pod[]> {
  try {
    return (await listAll<Pod>(connection, '/api/v1/pods', { labelSelector: `${APP_LABEL}=${APP_NAME}` })).items.filter(
      (pod) => pod.metadata.name.startsWith(CONTAINER_PREFIX),
    )
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    notes.push(`Pods of all namespaces may not be listed in ${context}: only what was made from this machine is known.`)
    return []
  }
}

const keyOf = ({
  namespace,
  pod,
  container,
}: {
  readonly namespace: string
  readonly pod: string
  readonly container: string
}) => `${namespace}/${pod}/${container}`
