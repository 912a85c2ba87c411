/** A command of the command line. */
export interface Command {
  readonly name: string
  /** What follows the name: "FILE [--json]" */
  readonly usage: string
  /** One line for the overview. */
  readonly summary: string
  /** What `--help` says below the usage. */
  readonly help: string
  /** Runs it; the exit code. */
  run(args: readonly string[]): Promise<number>
}

/** The words on the command line are wrong: exit code 2, with the usage. */
export class UsageError extends Error {}

/** What was asked cannot be done: exit code 1; the message says what failed, why, and what to do. */
export class CommandError extends Error {}
