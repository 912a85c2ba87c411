import type { TerminalTarget } from './terminal.ts'

// What is asked of a pod or node beside its packets: a few commands that only read.

/** As they are typed. */
export const CHECKS = ['ip a', 'ip r', 'ss -tin', 'conntrack -S', 'nstat'] as const
export type Check = (typeof CHECKS)[number]

/** Where they are run: as shells, but that a pod on a node goes as soon as they are done. */
export type CheckTarget = Exclude<TerminalTarget, { readonly kind: 'local' | 'login' }>

export interface CheckResult {
  readonly check: Check
  /** What was run, with all its arguments. */
  readonly command: string
  /** Where: "container app of pod web-1", "node node-a". */
  readonly where: string
  /** When, milliseconds since 1970. */
  readonly at: number
  /** Both what it says and what it complains of. */
  readonly output: string
  /** What is wrong, in a sentence; absent when it did its work. */
  readonly problem?: string
  /** There is no such program: a debug container would have it. */
  readonly missing?: boolean
}
