import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type * as z from 'zod/mini'
import { isFileError, whyFileFailed } from './file-errors.ts'

/**
 * One JSON file of ours: read once and validated, written whole or not at all. A file that cannot be understood (another program's
 * edit, a newer version's) is kept aside rather than overwritten.
 */
export class StoredJson<T> {
  readonly #path: string
  readonly #schema: z.ZodMiniType<T>
  readonly #fallback: T
  readonly #warn: (message: string) => void
  #writing: Promise<void> = Promise.resolve()

  /** @param warn is told, in a sentence for the person, what could not be read or written; neither is an error. */
  constructor(path: string, schema: z.ZodMiniType<T>, fallback: T, warn: (message: string) => void) {
    this.#path = path
    this.#schema = schema
    this.#fallback = fallback
    this.#warn = warn
  }

  async read(): Promise<T> {
    let text: string
    try {
      text = await readFile(this.#path, 'utf8')
    } catch (error) {
      if (!isFileError(error, 'ENOENT'))
        this.#warn(`${this.#path} cannot be read: ${whyFileFailed(error)} Using the defaults.`)
      return this.#fallback
    }
    const understood = this.#schema.safeParse(parseJson(text))
    if (understood.success) return understood.data
    const aside = `${this.#path}.unreadable`
    try {
      await rename(this.#path, aside)
      this.#warn(`${this.#path} is damaged or from a newer version: it is kept as ${aside}, and the defaults are used.`)
    } catch {
      this.#warn(`${this.#path} is damaged or from a newer version; the defaults are used.`)
    }
    return this.#fallback
  }

  /** Resolves when it is on disk, or when that failed and the warning was given. Writes happen one after another. */
  write(value: T): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      try {
        await writeWhole(this.#path, `${JSON.stringify(value, undefined, 2)}\n`)
      } catch (error) {
        this.#warn(`${this.#path} cannot be written: ${whyFileFailed(error)} The change lasts until Hopscope ends.`)
      }
    })
    return this.#writing
  }

  /** When nothing is being written any more. */
  written(): Promise<void> {
    return this.#writing
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Writes beside the file, flushes, and renames: a crash or a full disk leaves the old file or the new one, never a half. */
async function writeWhole(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const partial = `${path}.${process.pid}.part`
  try {
    const file = await open(partial, 'w', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(partial, path)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
}
