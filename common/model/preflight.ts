// What is allowed in a cluster before anything is done in it: the ways to capture, least privileged first, and why a way is closed.

/**
 * ephemeral-container: root in the pod that adds no capability;
 * ephemeral-container-net-raw: all dropped but NET_RAW and what -Z root needs, for runtimes that do not give NET_RAW by
 * default (CRI-O);
 * node-pod: a privileged pod on the pod's node that enters the pod's network namespace;
 * node-network: a pod on the node's own network with NET_RAW.
 */
export type Rung = 'ephemeral-container' | 'ephemeral-container-net-raw' | 'node-pod' | 'node-network'

/** One permission, as an access review asks for it. */
export interface Permission {
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly subresource?: string
  /** Absent: at the cluster scope. */
  readonly namespace?: string
}

export interface RungVerdict {
  readonly rung: Rung
  readonly passes: boolean
  /** A sentence: what will be done, or why it can't be. */
  readonly sentence: string
  /** Permissions that are lacking; empty when something else is in the way. */
  readonly missing: readonly Permission[]
  /** The rules, as YAML for a Role, that would open this way. */
  readonly rbacRule?: string
}

export interface Preflight {
  /** As the API server knows the person. */
  readonly user: string
  readonly namespace: string
  /** Absent: a whole node. */
  readonly pod?: string
  readonly node: string
  readonly rungs: readonly RungVerdict[]
  /** The least privileged that passes. */
  readonly chosen?: Rung
  /** What may keep a capture here from being made, and what it will show otherwise than one would think, in sentences. */
  readonly circumstances: readonly string[]
  /** Other things worth knowing, in sentences. */
  readonly notes: readonly string[]
}
