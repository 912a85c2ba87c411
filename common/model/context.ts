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
  /** It is not reachable because somebody has to answer its login plugin in a terminal (TerminalTarget 'login'). */
  readonly needsLogin?: boolean
}

/**
 * not-asked: a login plugin would run, which may open a browser or wait for a key: the person says when.
 * needs-login: the plugin wants a terminal, at first or because the login has expired.
 */
export type ContextState = 'not-asked' | 'asking' | 'reachable' | 'needs-login' | 'unreachable'

/** A context in the interface's list. */
export interface ContextEntry extends ContextStatus {
  readonly state: ContextState
  /** What the person may not do there that Hopscope would like to, in words: "list nodes". */
  readonly missing: readonly string[]
  /** A cluster on this machine to try things on. */
  readonly demo?: boolean
}

/** A kubeconfig file that is looked at. */
export interface ContextFile {
  readonly path: string
  /** The person added it here; else it is of KUBECONFIG or the default. */
  readonly added: boolean
}

export interface ContextList {
  readonly contexts: readonly ContextEntry[]
  readonly files: readonly ContextFile[]
  /** What could not be read or understood, in sentences. */
  readonly problems: readonly string[]
  /** Grows when the files were read anew: what is watched through an older connection is to be asked again. */
  readonly revision: number
}

/** What is asked of a context when a capture is made there. */
export interface ContextCaptureSettings {
  readonly image: string
  readonly imagePullSecrets: readonly string[]
  /** Where pods on nodes are made; absent: the namespace of the captured pod. */
  readonly debugNamespace?: string
}
