import type { ClusterEvent } from '../../../common/model/cluster-capture.ts'
import type { ApiConnection } from '../api-connection.ts'
import { podFailure } from '../container-start.ts'
import { Informer } from '../informer.ts'
import type { Condition, ContainerStatus, KubernetesObject, Node, Pod } from '../objects.ts'

// What the cluster does to a captured pod and its node, told where their objects say so: a connection that is reset when its pod is deleted
// looks in the packets like any other.

/** What became of a pod between two of its states; `now` undefined: it is gone. `seen`: milliseconds since 1970, where the cluster gives no time. */
export function podEvents(before: Pod, now: Pod | undefined, seen: number): ClusterEvent[] {
  const name = `Pod ${before.metadata.namespace}/${before.metadata.name}`
  if (!now) return [{ at: seen, text: `${name} is gone from the cluster.`, ended: true }]
  if (now.metadata.uid !== before.metadata.uid)
    return [{ at: seen, text: `${name} is gone; another pod has its name now.`, ended: true }]
  const events = containerEvents(name, before, now, seen)
  const failure = podFailure(now)
  if (failure !== undefined && podFailure(before) === undefined) events.push({ at: seen, text: failure, ended: true })
  const { deletionTimestamp, deletionGracePeriodSeconds: grace } = now.metadata
  if (deletionTimestamp !== undefined && before.metadata.deletionTimestamp === undefined) {
    // The timestamp is when its time is over.
    const at = grace === undefined ? seen : timeOf(deletionTimestamp, seen + grace * 1000) - grace * 1000
    const time = grace === undefined ? '' : `: its containers had ${grace} s to end`
    events.push({ at, text: `${name} was deleted${whyDisrupted(now)}${time}.`, ended: true })
  }
  if (events.length === 0) events.push(...readiness(name, before.status?.conditions, now.status?.conditions, seen))
  return events.toSorted((a, b) => a.at - b.at)
}

function containerEvents(name: string, before: Pod, now: Pod, seen: number): ClusterEvent[] {
  const past = new Map(before.status?.containerStatuses?.map((status) => [status.name, status]))
  return (now.status?.containerStatuses ?? []).flatMap((status) => {
    const known = past.get(status.name)
    return known ? containerEvent(name, known, status, seen) : []
  })
}

function containerEvent(pod: string, before: ContainerStatus, now: ContainerStatus, seen: number): ClusterEvent[] {
  const who = `Container ${now.name} of ${pod.replace('Pod', 'pod')}`
  const restarted = (now.restartCount ?? 0) > (before.restartCount ?? 0)
  const ended = now.state?.terminated ?? (restarted ? now.lastState?.terminated : undefined)
  // Before it is started again it may wait for a while, its end being its last state by then.
  const told = [before.state?.terminated, before.lastState?.terminated].map((one) => one?.finishedAt)
  if (!ended || told.includes(ended.finishedAt)) {
    if (!restarted) return []
    return [{ at: timeOf(now.state?.running?.startedAt, seen), text: `${who} was started again.` }]
  }
  const how = [ended.reason, `exit code ${ended.exitCode}`].filter(Boolean).join(', ')
  const again = restarted ? ', and was started again' : ''
  return [{ at: timeOf(ended.finishedAt, seen), text: `${who} ended (${how})${again}.` }]
}

/** Of an eviction, a drain, a preemption or a lost node the pod says so itself (KEP-3329); of a plain deletion it doesn't. */
function whyDisrupted({ status }: Pod): string {
  const why = status?.conditions?.find(({ type, status: is }) => type === 'DisruptionTarget' && is === 'True')
  return why ? ` (${[why.reason, why.message].filter(Boolean).join(': ')})` : ''
}

/** What became of a node; `now` undefined: it is gone. */
export function nodeEvents(before: Node, now: Node | undefined, seen: number): ClusterEvent[] {
  const name = `Node ${before.metadata.name}`
  if (!now) return [{ at: seen, text: `${name} is gone from the cluster.` }]
  const cordoned = now.spec?.unschedulable === true && before.spec?.unschedulable !== true
  return [
    ...(cordoned ? [{ at: seen, text: `${name} was cordoned: it takes no new pods.` }] : []),
    ...readiness(name, before.status?.conditions, now.status?.conditions, seen),
  ]
}

type Conditions = readonly Condition[] | undefined

function readiness(name: string, before: Conditions, now: Conditions, seen: number): ClusterEvent[] {
  const of = (conditions: Conditions) => conditions?.find(({ type }) => type === 'Ready')
  const [past, present] = [of(before), of(now)]
  if (!past || !present || (past.status === 'True') === (present.status === 'True')) return []
  const why = [present.reason, present.message].filter(Boolean).join(': ')
  const words = present.status === 'True' ? 'is ready again' : `is no longer ready${why && ` (${why})`}`
  return [{ at: timeOf(present.lastTransitionTime, seen), text: `${name} ${words}.` }]
}

function timeOf(text: string | undefined, otherwise: number): number {
  const at = text === undefined ? Number.NaN : Date.parse(text)
  return Number.isNaN(at) ? otherwise : at
}

/** Watches a pod (not for a point on a node itself) and its node until the returned function is called. Who may not look hears nothing. */
export function watchPoint(
  connection: ApiConnection,
  { namespace, pod, node }: { readonly namespace?: string; readonly pod?: string; readonly node: string },
  tell: (event: ClusterEvent) => void,
): () => void {
  const ends = [follow<Node>(connection, '/api/v1/nodes', node, nodeEvents, tell)]
  if (namespace !== undefined && pod !== undefined) {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`
    ends.push(follow<Pod>(connection, path, pod, podEvents, tell))
  }
  return () => {
    for (const end of ends) end()
  }
}

function follow<T extends KubernetesObject>(
  connection: ApiConnection,
  path: string,
  name: string,
  compare: (before: T, now: T | undefined, seen: number) => ClusterEvent[],
  tell: (event: ClusterEvent) => void,
): () => void {
  let before: T | undefined
  const informer = new Informer<T>(connection, { path, fieldSelector: `metadata.name=${name}` })
  return informer.observe(({ objects, synced }) => {
    if (!synced) return
    const now = [...objects.values()].find(({ metadata }) => metadata.name === name)
    if (before && now !== before) for (const event of compare(before, now, connection.now())) tell(event)
    before = now
  })
}
