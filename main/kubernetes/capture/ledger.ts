import { appendFile, mkdir, open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import * as z from 'zod/mini'
import { HostError } from '../../../common/host-error.ts'
import { fileFailure, isFileError, whyFileFailed } from '../../file-errors.ts'
import { stillRuns } from '../../running-process.ts'

// Everything that was created in a cluster, written down before it is: what a crash leaves behind is known by this file.

const Entry = z.object({
  id: z.string(),
  /** intended is written before the create call, gone when it is known to be away. */
  state: z.enum(['intended', 'gone']),
  /** Milliseconds since 1970. */
  at: z.number(),
  context: z.string(),
  server: z.string(),
  kind: z.enum(['pod', 'ephemeral-container']),
  namespace: z.string(),
  pod: z.string(),
  container: z.string(),
  capture: z.string(),
  /** Of the process that made it: while it lives, the thing is in use. */
  pid: z.number(),
})

export type LedgerEntry = z.infer<typeof Entry>

/** One line a fact, only ever appended to: several processes may write, and a crash costs at most the last line. */
export class Ledger {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  /** On disk when this returns. Throws HostError when it can't be: then nothing may be created. */
  async intend(entry: Omit<LedgerEntry, 'state' | 'at' | 'pid'>): Promise<LedgerEntry> {
    const full: LedgerEntry = { ...entry, state: 'intended', at: Date.now(), pid: process.pid }
    try {
      await mkdir(dirname(this.#path), { recursive: true })
      await this.#write(full)
    } catch (error) {
      const why = `${this.#path}, where all that is made in clusters is written down first, so that it can be removed after a crash, cannot be written: ${whyFileFailed(error)}`
      throw new HostError('unavailable', `${why} Nothing was made.`)
    }
    return full
  }

  async #write(entry: LedgerEntry): Promise<void> {
    const file = await open(this.#path, 'a', 0o600)
    try {
      await file.appendFile(lineOf(entry))
      await file.sync()
    } finally {
      await file.close()
    }
  }

  /** Where that can't be written (a full disk), the next sweep looks for it once more, and finds nothing. */
  async gone(entry: LedgerEntry): Promise<void> {
    await appendFile(this.#path, lineOf({ ...entry, state: 'gone', at: Date.now() })).catch(() => undefined)
  }

  /** What may still be there. Throws HostError where the file can't be read. */
  async open(): Promise<readonly LedgerEntry[]> {
    let text: string
    try {
      text = await readFile(this.#path, 'utf8')
    } catch (error) {
      if (isFileError(error, 'ENOENT') || isFileError(error, 'ENOTDIR')) return []
      throw fileFailure(this.#path, error)
    }
    const open = new Map<string, LedgerEntry>()
    for (const line of text.split('\n')) {
      const entry = parse(line)
      if (entry?.state === 'intended') open.set(entry.id, entry)
      else if (entry) open.delete(entry.id)
    }
    return [...open.values()]
  }
}

/** Begins with a line's end: what a crash cut must not swallow what comes after. */
const lineOf = (entry: LedgerEntry) => `\n${JSON.stringify(entry)}\n`

function parse(line: string): LedgerEntry | undefined {
  try {
    return Entry.safeParse(JSON.parse(line)).data
  } catch {
    // A line that a crash cut.
    return undefined
  }
}

/** Whether the process that wrote the entry is another one that still runs. */
export function isInUse({ pid, at }: LedgerEntry): boolean {
  return pid !== process.pid && stillRuns(pid, at)
}
