// What the explorer shows of a cluster: rows made of Kubernetes' objects, a fraction of their size.

export type Labels = Readonly<Record<string, string>>

export interface NamespaceRow {
  /** "/name": what a change names it by. */
  readonly key: string
  readonly name: string
  readonly phase: string
  /** The level that Pod Security enforces there. */
  readonly podSecurity?: string
}

export type WorkloadKind = 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'ReplicaSet' | 'Job' | 'Pod'

export interface PodRow {
  /** "namespace/name" */
  readonly key: string
  readonly namespace: string
  readonly name: string
  readonly node: string
  /** As kubectl's STATUS: Running, CrashLoopBackOff, Init:1/2, Terminating. */
  readonly status: string
  readonly running: boolean
  readonly readyContainers: number
  /** Their names. */
  readonly containers: readonly string[]
  readonly restarts: number
  readonly addresses: readonly string[]
  readonly hostNetwork: boolean
  readonly labels: Labels
  /** Who makes it: "Deployment web"; absent for a pod of its own. */
  readonly workload?: { readonly kind: string; readonly name: string }
  /** Milliseconds since 1970. */
  readonly createdAt?: number
}

export interface WorkloadRow {
  /** "Kind namespace/name" */
  readonly key: string
  readonly kind: WorkloadKind
  readonly namespace: string
  readonly name: string
  readonly desired: number
  readonly ready: number
  readonly selector: Labels
  readonly createdAt?: number
}

export interface ServiceEndpoint {
  readonly address: string
  readonly ready: boolean
  readonly pod?: string
  readonly node?: string
}

export interface ServiceRow {
  readonly key: string
  readonly namespace: string
  readonly name: string
  readonly type: string
  readonly addresses: readonly string[]
  /** "http 80→8080/TCP" */
  readonly ports: readonly string[]
  readonly selector: Labels
  /** Some hundred at most; the counts are of all. */
  readonly endpoints: readonly ServiceEndpoint[]
  readonly readyEndpoints: number
  readonly allEndpoints: number
}

export interface NodeRow {
  readonly key: string
  readonly name: string
  readonly ready: boolean
  /** What is the matter: "MemoryPressure", "cordoned". */
  readonly troubles: readonly string[]
  readonly addresses: readonly string[]
  readonly kubelet: string
  readonly runtime: string
  readonly system: string
  readonly createdAt?: number
}

export interface ExplorerRows {
  readonly namespaces: NamespaceRow
  readonly pods: PodRow
  readonly workloads: WorkloadRow
  readonly services: ServiceRow
  readonly nodes: NodeRow
}
export type ExplorerKind = keyof ExplorerRows

/** Something that is not up to date, and why. */
export interface ExplorerProblem {
  /** "pods in all namespaces" */
  readonly what: string
  /** In words; the server's own where it refused. */
  readonly message: string
  readonly forbidden: boolean
}

/** What changed since the last message; the first ones hold all there is, some hundred rows each. */
export interface RowChanges<Row> {
  readonly set: readonly Row[]
  /** Keys of rows that are gone. */
  readonly gone: readonly string[]
  /** All there is has been told once. */
  readonly synced: boolean
  readonly problems: readonly ExplorerProblem[]
}

export interface ContainerRow {
  readonly name: string
  readonly role: 'container' | 'init' | 'ephemeral'
  readonly image: string
  /** "running for …" is made by who shows it: running, waiting: ImagePullBackOff, ended: Error, exit code 1. */
  readonly state: string
  readonly since?: number
  readonly running: boolean
  readonly ready: boolean
  readonly restarts: number
  /** How it ended the time before: "OOMKilled, exit code 137". */
  readonly lastEnd?: string
  readonly ports: readonly string[]
}

export interface ConditionRow {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
  readonly since?: number
}

export interface EventRow {
  readonly key: string
  readonly warning: boolean
  readonly reason: string
  readonly message: string
  readonly count: number
  readonly at?: number
}

export interface PodDetails {
  /** Absent when there is no such pod (any more). */
  readonly pod?: PodRow
  readonly containers: readonly ContainerRow[]
  readonly conditions: readonly ConditionRow[]
  /** Newest first. */
  readonly events: readonly EventRow[]
  readonly hostAddress?: string
  readonly serviceAccount?: string
  readonly qosClass?: string
  readonly synced: boolean
  readonly problems: readonly ExplorerProblem[]
}
