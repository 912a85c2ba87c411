import { closeSync, openSync, realpathSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { isFileError, whyFileFailed } from '../file-errors.ts'
import { CommandError, endingSignals, Interrupted, OutputClosed } from './command.ts'

/** Writes to standard output and waits until it took it. Throws OutputClosed when nobody reads on, and CommandError. */
export function writeOut(text: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => {
      if (!error) resolve()
      else if (isFileError(error, 'EPIPE')) reject(new OutputClosed())
      else reject(new CommandError(`cannot write to standard output: ${whyFileFailed(error)}`))
    })
  })
}

/** Names of clusters and what servers say, for a terminal: without control characters, which would steer it. */
export const harmless = (text: string): string => text.replaceAll(/[^\P{Cc}\n]/gu, '\u{fffd}')

/** A line for the person, on standard error. What it quotes, of clusters, files or a command line, steers no terminal. */
export const say = (line: string): void => void process.stderr.write(`${harmless(line)}\n`)

/**
 * Writes the file as a whole or not at all: under another name beside it, which then takes its place. What is no plain file (a pipe, a
 * device) is written to as it is. Throws CommandError for what is wrong with the file, Interrupted, and what `pieces` throws.
 */
export async function writeWhole(
  path: string,
  pieces: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
): Promise<void> {
  const target = followLinks(path)
  if (!isReplaceable(target)) return writeTo(path, target, pieces)
  const partial = `${target}.${process.pid}.part`
  // What lies there was left by a crash, or laid there by somebody else who may write to the folder, to be followed.
  remove(partial)
  // Who could not read the old file can't read the new one.
  const mode = statSync(target, { throwIfNoEntry: false })?.mode
  try {
    await writeTo(path, partial, pieces, 'wx', mode)
    attempt(path, () => renameSync(partial, target))
  } catch (error) {
    remove(partial)
    throw error
  }
}

async function writeTo(
  path: string,
  target: string,
  pieces: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
  flags = 'w',
  mode?: number,
): Promise<void> {
  using signals = new Signals()
  const fd = attempt(path, () => openSync(target, flags, mode))
  try {
    for await (const piece of pieces) {
      const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece
      attempt(path, () => {
        for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done)
      })
      // Nothing else here waits for the outside, so this is when a signal gets through.
      await setImmediate()
      signals.throwIfAny()
    }
  } finally {
    closeSync(fd)
  }
}

/** Ctrl+C while a file is being written: it is cleaned up first. */
class Signals {
  readonly #taken = endingSignals()
  #signal: NodeJS.Signals | undefined
  readonly #take = (signal: NodeJS.Signals) => {
    this.#signal = signal
  }

  constructor() {
    for (const signal of this.#taken) process.on(signal, this.#take)
  }

  throwIfAny(): void {
    if (this.#signal) throw new Interrupted(this.#signal)
  }

  [Symbol.dispose](): void {
    for (const signal of this.#taken) process.off(signal, this.#take)
  }
}

/** As far as it is there; what went wrong before is what counts. */
function remove(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch {
    // Not even its folder is one.
  }
}

/** A link stays one: what it points to is replaced. */
function followLinks(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

function isReplaceable(path: string): boolean {
  const there = statSync(path, { throwIfNoEntry: false })
  if (there?.isDirectory()) throw new CommandError(`${path} is a folder; name a file in it.`)
  return there === undefined || there.isFile()
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (isFileError(error, 'EPIPE')) throw new OutputClosed()
    const noFolder = isFileError(error, 'ENOENT') || isFileError(error, 'ENOTDIR')
    throw new CommandError(`cannot write ${path}: ${noFolder ? 'There is no such folder.' : whyFileFailed(error)}`)
  }
}
