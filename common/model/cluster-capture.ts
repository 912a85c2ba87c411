import type { Rung } from './preflight.ts'

// A capture from a cluster while it is made, and its points.

export type PointState =
  'preparing' | 'starting' | 'capturing' | 'reconnecting' | 'stopping' | 'complete' | 'incomplete' | 'failed'

/** What the cluster did to a captured pod or its node, in words. */
export interface ClusterEvent {
  /** Milliseconds since 1970: by the cluster where it says when, else when it was seen. */
  readonly at: number
  readonly text: string
  /** It was the pod's end. */
  readonly ended?: boolean
}

export interface CapturePointStatus {
  /** Its place in the list; stays the same. */
  readonly id: number
  readonly namespace?: string
  readonly pod?: string
  readonly node: string
  readonly interface?: string
  readonly rung?: Rung
  readonly state: PointState
  /** What is the matter, in words. */
  readonly message?: string
  /** Bytes fetched. */
  readonly bytes: number
  readonly packets: number
  /** Packets that the filter let through, that the kernel dropped; absent until tcpdump has said so. */
  readonly received?: number
  readonly dropped?: number
  /** Bytes that were given up in the pod because they were not fetched in time. */
  readonly lostBytes: number
  /** Bytes that are still in the pod, once capturing ends there; absent when none are, or it has not said so. */
  readonly leftBytes?: number
  /** How often the connection was cut and taken up again. */
  readonly cuts: number
  /** Milliseconds since 1970: when the pod was last heard. */
  readonly heardAt?: number
  /** Oldest first; absent where nothing happened, or nothing may be watched. */
  readonly events?: readonly ClusterEvent[]
}

export interface ClusterCaptureStatus {
  readonly id: string
  readonly context: string
  readonly state: 'preparing' | 'capturing' | 'stopping' | 'complete' | 'incomplete' | 'failed'
  /** Why it failed or what is missing, in words. */
  readonly message?: string
  /** Absolute path of the one pcapng. */
  readonly file: string
  readonly bytes: number
  readonly packets: number
  /** Packets that could not be put in the order of time, because their point was cut off; the first of each run is marked. */
  readonly late?: number
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly endedAt?: number
  readonly points: readonly CapturePointStatus[]
}
