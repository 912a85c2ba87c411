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

/** Nobody reads our output any more (`| head`): the reader's right, not an error. Exit code 0, without a word. */
export class OutputClosed extends Error {}

/** Ctrl+C, or the like, while something had to be put in order first. The exit code is the shell's for the signal. */
export class Interrupted extends Error {
  readonly signal: NodeJS.Signals
  constructor(signal: NodeJS.Signals) {
    super(signal)
    this.signal = signal
  }
}

/** What asks a command to end in order. The end of its terminal does too, but not under nohup, which takes the terminal away first. */
export function endingSignals(): readonly NodeJS.Signals[] {
  return hasTerminal() ? ['SIGINT', 'SIGTERM', 'SIGHUP'] : ['SIGINT', 'SIGTERM']
}

/** Node sets back what nohup has set: without a terminal its end is nothing to us. */
export function outliveTerminal(): void {
  if (!hasTerminal()) process.on('SIGHUP', () => undefined)
}

const hasTerminal = () => process.stdin.isTTY || process.stderr.isTTY
