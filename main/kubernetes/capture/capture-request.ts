import type { ClusterCaptureStatus } from '../../../common/model/cluster-capture.ts'
import type { ApiConnection } from '../api-connection.ts'
import type { ExecTiming } from '../exec-stream.ts'
import type { ContainerSettings } from './capture-container.ts'
import type { Ledger } from './ledger.ts'
import type { PodSelector } from './pod-follower.ts'
import type { CaptureTarget } from './preflight.ts'

export interface CaptureSettings {
  /** BPF text; "" for everything. */
  readonly filter: string
  /** 0: whole packets. */
  readonly snapLength: number
  readonly durationSeconds?: number
  /** For each point. */
  readonly packetLimit?: number
  /** Of the file; it may go over by what is on its way. */
  readonly byteLimit?: number
}

export interface ClusterCaptureRequest {
  readonly connection: ApiConnection
  readonly context: string
  readonly targets: readonly CaptureTarget[]
  /** Pods besides: those that come while it runs are captured too, and that one goes makes the capture no less complete. */
  readonly follow?: PodSelector
  readonly capture: CaptureSettings
  readonly container: ContainerSettings
  /** Where pods on nodes are made. */
  readonly debugNamespace: string
  readonly ledger: Ledger
  /** Absolute path of the pcapng; what is needed to go on after a crash lies beside it in FILE.parts until it is whole. */
  readonly file: string
  /** Overwrite it, once the capture has begun. */
  readonly force?: boolean
  readonly onChange?: (status: ClusterCaptureStatus) => void
  readonly timing?: ExecTiming
  /** For how long a silent pod is asked again. */
  readonly giveUpMs?: number
}
