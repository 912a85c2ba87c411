import type { LeftoverRow } from '../../../common/model/live-capture.ts'
import type { ApiConnection } from '../api-connection.ts'
import { ApiError } from '../api-error.ts'
import { listAll, UNNAMED_USER, whoami } from '../cluster-access.ts'
import { fromLiteral } from '../container-command.ts'
import type { Pod } from '../objects.ts'
import { podPath } from '../pod-requests.ts'
import { APP_LABEL, APP_NAME, CONTAINER_PREFIX, CREATED_AT, CREATED_BY } from './capture-container.ts'
import { deletePod, endContainer, removePlace } from './capture-place.ts'
import type { Ledger, LedgerEntry } from './ledger.ts'
import { isInUse } from './ledger.ts'

/** Something of ours that is still in a cluster, with what this machine's ledger says of it. */
export interface Leftover extends Omit<LeftoverRow, 'key'> {
  readonly entry?: LedgerEntry
}

export interface SweepResult {
  readonly leftovers: readonly Leftover[]
  /** What could not be looked at, in sentences. */
  readonly notes: readonly string[]
}

/** What is left in a cluster: by the ledger of this machine, and by label for what others or a lost ledger left. Changes nothing. */
export async function findLeftovers(connection: ApiConnection, context: string, ledger: Ledger): Promise<SweepResult> {
  const { username } = await whoami(connection)
  const { leftovers, notes } = await findLedgered(connection, ledger)
  const known = new Set(leftovers.map(keyOf))
  const listed = await podsOf(connection, context)
  const others = (listed.pods ?? []).flatMap((pod) => leftoversIn(pod, username))
  return {
    leftovers: [...leftovers, ...others.filter((one) => !known.has(keyOf(one)))],
    notes: [...notes, ...(listed.note === undefined ? [] : [listed.note])],
  }
}

/** As findLeftovers, by the ledger alone: one small request for each of its entries, however large the cluster is. */
export async function findLedgered(connection: ApiConnection, ledger: Ledger): Promise<SweepResult> {
  const notes = new Set<string>()
  const leftovers: Leftover[] = []
  for (const entry of await ledger.open()) {
    if (entry.server !== connection.cluster.server) continue
    const { kind, namespace, pod, container, at: createdAt } = entry
    const inUse = isInUse(entry)
    const state = await stateOf(connection, entry)
    if (state === 'gone') {
      // One whose maker still runs may be about to be made.
      if (entry.pid !== process.pid && !inUse) await ledger.gone(entry)
      continue
    }
    if (state === 'unknown')
      notes.add(`You may not get pods in namespace ${namespace}: what was made there is taken to be there still.`)
    leftovers.push({ kind, namespace, pod, container, createdAt, inUse, ours: true, entry })
  }
  return { leftovers, notes: [...notes] }
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
    if (!leftover.ours) kept.push({ leftover, why: makerOf(leftover) })
    else if (leftover.inUse && !alsoInUse) kept.push({ leftover, why: 'in use by a capture that runs on this machine' })
    else {
      try {
        if (leftover.entry) await removePlace(connection, { ...leftover, entry: leftover.entry }, ledger)
        else if (leftover.kind === 'pod') await deletePod(connection, leftover.namespace, leftover.pod)
        else await endContainer(connection, leftover)
        removed.push(leftover)
      } catch (error) {
        kept.push({ leftover, why: error instanceof Error ? error.message : String(error) })
      }
    }
  }
  return { removed, kept }
}

function makerOf({ kind, createdBy, namespace, pod }: Leftover): string {
  if (createdBy !== undefined) return `made by ${createdBy}`
  const yours = kind === 'pod' ? `; if it is, kubectl -n ${namespace} delete pod ${pod}` : '; it ends by itself'
  return `made by an unnamed user: this cluster can't say whether that is you${yours}`
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

async function podsOf(
  connection: ApiConnection,
  context: string,
): Promise<{ readonly pods?: readonly Pod[]; readonly note?: string }> {
  try {
    // All of them: ephemeral containers can't be selected by anything.
    return { pods: (await listAll<Pod>(connection, '/api/v1/pods')).items }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return {
      note: `You may not list pods in all namespaces of ${context}: only what was made from this machine is known.`,
    }
  }
}

/** What is ours by name and label in a pod, whoever made it. */
function leftoversIn(pod: Pod, username: string): Leftover[] {
  const { namespace = '', name, annotations = {}, labels = {}, creationTimestamp = '' } = pod.metadata
  const describe = (
    kind: Leftover['kind'],
    container: string,
    named: string | undefined,
    at: string | undefined,
  ): Leftover => {
    const by = named === '' || named === UNNAMED_USER ? undefined : named
    const createdAt = Date.parse(at ?? '')
    return {
      kind,
      namespace,
      pod: name,
      container,
      inUse: false,
      ours: by !== undefined && by === username,
      ...(by === undefined ? {} : { createdBy: by }),
      ...(Number.isNaN(createdAt) ? {} : { createdAt }),
    }
  }
  if (pod.metadata.deletionTimestamp) return []
  const found: Leftover[] = []
  if (labels[APP_LABEL] === APP_NAME && name.startsWith(CONTAINER_PREFIX)) {
    const at = annotations['hopscope/created-at'] ?? creationTimestamp
    found.push(describe('pod', 'capture', annotations['hopscope/created-by'], at))
  }
  for (const { name: container, env = [] } of pod.spec.ephemeralContainers ?? []) {
    const status = pod.status?.ephemeralContainerStatuses?.find((one) => one.name === container)
    if (!container.startsWith(CONTAINER_PREFIX) || !status?.state?.running) continue
    const value = (key: string) => fromLiteral(env.find((one) => one.name === key)?.value ?? '') || undefined
    found.push(describe('ephemeral-container', container, value(CREATED_BY), value(CREATED_AT)))
  }
  return found
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
