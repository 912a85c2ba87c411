import { constants } from 'node:fs'
import { mkdir, open, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join, sep } from 'node:path'
import * as z from 'zod/mini'
import { Note as NoteSchema, NoteId } from '../../common/model/note-schema.ts'
import { HostError } from '../../common/host-error.ts'
import type { Note } from '../../common/model/note.ts'
import { captureIdAt } from '../captures/capture-file.ts'
import { fileFailure, isFileError } from '../file-errors.ts'

const PRIVATE = 0o600

const Entry = z.union([
  z.strictObject({ at: z.number(), put: NoteSchema }),
  z.strictObject({ at: z.number(), remove: NoteId }),
])
type Entry = z.infer<typeof Entry>

export interface NotePlaces {
  /** Where notes are kept that can't lie beside their capture. */
  readonly dataFolder: string
  /** Captures in here are the installation's: nothing is written beside them. */
  readonly samplesFolder: string
}

/**
 * The notes on one capture, `CAPTURE.hopscope-notes.jsonl` beside it, or in the data folder where that folder can't be written.
 *
 * A journal: a line for each note that was put or removed, appended by one write and flushed before that is told. So several windows and
 * programs may write at once without losing each other's notes or waiting for a lock that a killed one left, and a kill at any moment costs at
 * most the line that was being written: it is not understood and passed over. Of a note the last line counts.
 */
export class NoteFile {
  readonly #beside: string
  readonly #apart: string
  readonly #writeBeside: boolean
  /** Who may read the capture may read what was noted on it, and nobody else. */
  readonly #mode: number

  private constructor(beside: string, apart: string, writeBeside: boolean, mode: number) {
    this.#beside = beside
    this.#apart = apart
    this.#writeBeside = writeBeside
    this.#mode = mode
  }

  /** @param capture absolute path of a file. Throws HostError not-found. */
  static async of(capture: string, { dataFolder, samplesFolder }: NotePlaces): Promise<NoteFile> {
    const id = await captureIdAt(capture)
    if (id === undefined) throw new HostError('not-found', `${capture}: There is no such file.`)
    return new NoteFile(
      notesBeside(capture),
      join(dataFolder, 'notes', `${id}.jsonl`),
      !capture.startsWith(samplesFolder + sep),
      PRIVATE | (((await stat(capture).catch(() => undefined))?.mode ?? 0) & 0o066),
    )
  }

  /** Oldest first. Throws HostError when there are some that can't be read. */
  async read(): Promise<readonly Note[]> {
    const places = await Promise.all([entriesOf(this.#beside), entriesOf(this.#apart)])
    const last = new Map<string, Entry>()
    for (const entries of places) {
      // Within a file the later line counts, whatever the clock said; of two files only the clock can tell.
      const own = new Map(entries.map((entry) => [idOf(entry), entry]))
      for (const [id, entry] of own) if (entry.at >= (last.get(id)?.at ?? -Infinity)) last.set(id, entry)
    }
    const notes = [...last.values()].flatMap((entry) => ('put' in entry ? [entry.put] : []))
    return notes.sort((a, b) => a.createdAt - b.createdAt)
  }

  /** Something that differs after any change, also by another program. */
  async stamp(): Promise<string> {
    const found = await Promise.all(
      [this.#beside, this.#apart].map((path) => stat(path, { bigint: true }).catch(() => undefined)),
    )
    return found.map((stats) => (stats ? `${stats.ino} ${stats.size} ${stats.mtimeNs}` : '')).join(', ')
  }

  /** Adds or replaces one; when it resolves it is on disk. Throws HostError. */
  put(note: Note): Promise<void> {
    return this.#append({ at: Date.now(), put: note })
  }

  remove(id: string): Promise<void> {
    return this.#append({ at: Date.now(), remove: id })
  }

  async #append(entry: Entry): Promise<void> {
    const checked = Entry.safeParse(entry)
    if (!checked.success) throw new HostError('invalid-argument', 'This is no note: its text is empty or too long.')
    // Begins a line of its own, as a torn one may stand before it.
    const line = Buffer.from(`\n${JSON.stringify(checked.data)}\n`)
    if (this.#writeBeside) {
      try {
        return await appendLine(this.#beside, line, this.#mode)
      } catch (error) {
        if (!['EACCES', 'EPERM', 'EROFS'].some((code) => isFileError(error, code)))
          throw fileFailure(this.#beside, error)
      }
    }
    try {
      await mkdir(dirname(this.#apart), { recursive: true, mode: 0o700 })
      await appendLine(this.#apart, line, PRIVATE)
    } catch (error) {
      throw fileFailure(this.#apart, error)
    }
  }
}

/** Where the notes on a capture are, unless its folder can't be written. */
export function notesBeside(capture: string): string {
  return join(dirname(capture), `${basename(capture)}.hopscope-notes.jsonl`)
}

const idOf = (entry: Entry): string => ('put' in entry ? entry.put.id : entry.remove)

async function entriesOf(path: string): Promise<readonly Entry[]> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (isFileError(error, 'ENOENT')) return []
    throw fileFailure(path, error)
  }
  return text.split('\n').flatMap((line) => {
    const entry = Entry.safeParse(parseJson(line))
    return entry.success ? [entry.data] : []
  })
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

async function appendLine(path: string, line: Buffer, mode: number): Promise<void> {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = constants
  const file = await open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, mode)
  try {
    const { bytesWritten } = await file.write(line)
    if (bytesWritten < line.length) throw new Error(`only ${bytesWritten} of ${line.length} bytes could be written`)
    await file.sync()
  } finally {
    await file.close()
  }
}
