/** Where a terminal leads. */
export type TerminalTarget =
  /** A shell on the machine of the host; with a context, kubectl in it does what the window shows. */
  | { readonly kind: 'local'; readonly context?: string | undefined; readonly namespace?: string | undefined }
  /** A shell that the container's image has. */
  | {
      readonly kind: 'container'
      readonly context: string
      readonly namespace: string
      readonly pod: string
      readonly container: string
    }
  /** An ephemeral container beside one whose image has no shell; it sees that one's processes where the runtime can do that. */
  | {
      readonly kind: 'debug-container'
      readonly context: string
      readonly namespace: string
      readonly pod: string
      readonly container: string
    }
  /** A pod on the node with the node's own processes, network and files; removed afterwards. */
  | { readonly kind: 'node'; readonly context: string; readonly node: string }
  /** The login plugin of a context, on the machine of the host; ends with the context being asked again. */
  | { readonly kind: 'login'; readonly context: string }

/** Why a terminal is at its end. */
export interface TerminalEnd {
  /** For the person: "The shell ended with exit code 0.", "The pod was deleted." */
  readonly reason: string
  /** Of the shell; absent when it is not known. */
  readonly exitCode?: number
  /** The image has no shell: a debug container would help. */
  readonly noShell?: boolean
  /** Enter does not start it again: there is nothing left to do, or it would end the same way. */
  readonly final?: boolean
}

/** A terminal of the host's. It goes on while no window shows it. */
export interface TerminalFacts {
  readonly id: string
  readonly target: TerminalTarget
  /** "web-7c9f (app)", "node worker-1", "zsh" */
  readonly title: string
  readonly state: 'starting' | 'running' | 'ended'
  /** What is waited for while it starts, and what was made in the cluster for it. */
  readonly notes: readonly string[]
  readonly end?: TerminalEnd
  /** The file that its output is being recorded in. */
  readonly recording?: string
  /** Grows with each reconnection. */
  readonly session: number
}

/** Output as it came: bytes, since characters may be split anywhere. */
export interface TerminalOutput {
  /** Place of the first byte in all that this terminal has put out. */
  readonly at: number
  /** When it came, milliseconds since 1970. */
  readonly time: number
  /** It was there before this reader came: what it asks of a terminal has been answered. */
  readonly replayed: boolean
  readonly bytes: Uint8Array
}
