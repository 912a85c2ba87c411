/** A context of the kubeconfig and how it is. Holds no credentials. */
export interface ContextStatus {
  readonly name: string
  /** The API server's URL. */
  readonly server: string
  /** The context's default namespace. */
  readonly namespace: string
  readonly current: boolean
  /** The kubeconfig file that defines it. */
  readonly file: string
  readonly reachable: boolean
  readonly version?: string
  /** Round trip of a small request on an open connection. */
  readonly latencyMs?: number
  /** As the API server knows the person. */
  readonly user?: string
  readonly groups?: readonly string[]
  /** What is wrong, in words. */
  readonly problem?: string
}
