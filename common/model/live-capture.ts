import type { ClusterCaptureStatus } from './cluster-capture.ts'
import type { Preflight } from './preflight.ts'

// Captures from a cluster as the interface makes them: what is asked for, what it would take, how it goes, what came of it.

/** Where to capture: at a pod, or at a whole node. */
export type PointTarget =
  | { readonly kind: 'pod'; readonly namespace: string; readonly pod: string; readonly interface?: string | undefined }
  | { readonly kind: 'node'; readonly node: string; readonly interface?: string | undefined }

export interface CaptureOrder {
  readonly context: string
  /** For its name: "shop/web", a workload or what was chosen. */
  readonly title: string
  readonly targets: readonly PointTarget[]
  /** Pods with these labels that come later are captured as well. */
  readonly follow?: { readonly namespace: string; readonly labels: string } | undefined
  /** BPF text; "" for everything. */
  readonly filter: string
  /** Bytes of each packet; 0 for whole packets. */
  readonly snapLength: number
  readonly durationSeconds?: number | undefined
  /** At each point. */
  readonly packetLimit?: number | undefined
  /** Of the file. */
  readonly byteLimit?: number | undefined
}

/** What it takes to capture at a point, before anything is done. */
export interface PointPlan {
  readonly target: PointTarget
  /** Absent when it could not be asked: `problem` says why. */
  readonly preflight?: Preflight
  readonly problem?: string
  /** What will be created in the cluster, in a sentence; absent when nothing will. */
  readonly creates?: string
  /** The same as it is sent to the API server, JSON. */
  readonly manifest?: string
}

export interface InterfaceFacts {
  readonly name: string
  readonly up: boolean
}

/** What was found in the capture container. */
export interface PointLook {
  readonly interfaces: readonly InterfaceFacts[]
  /** The one that is captured when none is named. */
  readonly chosen?: string
  /** What tcpdump has against the filter, in its words; absent when it takes it. */
  readonly filterProblem?: string
}

/** How a point does beyond what its status says. */
export interface PointHealth {
  readonly id: number
  /** Over the last seconds. */
  readonly packetsPerSecond: number
  readonly bytesPerSecond: number
  /** Since when nothing came, in milliseconds since 1970, and why that may be; only after 10 s. */
  readonly silentSince?: number
  readonly whySilent: readonly string[]
}

/** A capture that is being made by this host, or was since it started. */
export interface LiveCapture extends ClusterCaptureStatus {
  readonly title: string
  readonly order: CaptureOrder
  /** Of the growing file, for the data plane; absent until there is one. */
  readonly sourceId?: string
  /** Milliseconds since 1970: when it is stopped. */
  readonly endsAt?: number
  readonly health: readonly PointHealth[]
  /** Bytes that are free where it is written. */
  readonly diskFree?: number
}

/** A capture from a cluster that is kept in the person's folder. */
export interface LibraryCapture {
  /** File name: what calls name it by. */
  readonly name: string
  readonly path: string
  readonly title: string
  readonly context: string
  readonly size: number
  readonly packets?: number
  /** How many there are on it. */
  readonly notes?: number
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly endedAt?: number
  /** interrupted: the host ended while it was made; it can be gone on with. */
  readonly state: 'live' | 'complete' | 'incomplete' | 'failed' | 'interrupted'
  readonly message?: string
  /** "shop/web-1", "node node-a" */
  readonly points: readonly string[]
  readonly filter: string
  /** To make the same again; absent for one that came from elsewhere. */
  readonly order?: CaptureOrder
  /** Names of the captures that it was joined of. */
  readonly joined?: readonly string[]
}

/** Something that Hopscope made in a cluster and that is still there. */
export interface LeftoverRow {
  readonly key: string
  readonly kind: 'pod' | 'ephemeral-container'
  readonly namespace: string
  readonly pod: string
  readonly container: string
  /** As written on it; absent where that is no name, as on what was made in a cluster that can't say who asks (before Kubernetes 1.28). */
  readonly createdBy?: string
  /** Milliseconds since 1970. */
  readonly createdAt?: number
  /** A capture of this machine that still runs uses it. */
  readonly inUse: boolean
  /** Made from this machine (it is in the ledger) or by this user: it may be removed without asking anyone. */
  readonly ours: boolean
}

/** What was found, and done, in one cluster. */
export interface SweepReport {
  readonly context: string
  readonly state: 'asking' | 'removing' | 'done' | 'failed'
  /** ledger: only what this machine wrote down was asked for; cluster: all pods were looked at as well, for what others made. */
  readonly lookedIn: 'ledger' | 'cluster'
  /** Milliseconds since 1970. */
  readonly at: number
  readonly leftovers: readonly LeftoverRow[]
  /** What was removed, and what could not be, in words. */
  readonly removed: readonly string[]
  readonly kept: readonly string[]
  readonly notes: readonly string[]
  readonly problem?: string
}
