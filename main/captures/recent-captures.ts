import { stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import * as z from 'zod/mini'
import type { RecentCapture } from '../../common/contract.ts'
import { StoredJson } from '../stored-json.ts'

const KEPT = 20

const Remembered = z.object({ path: z.string(), openedAt: z.number() })
type Remembered = z.infer<typeof Remembered>

/** The captures opened last, newest first, in the person's folder. */
export class RecentCaptures {
  readonly #file: StoredJson<Remembered[]>
  #entries: readonly Remembered[]
  readonly #listeners = new Set<() => void>()

  private constructor(file: StoredJson<Remembered[]>, entries: readonly Remembered[]) {
    this.#file = file
    this.#entries = entries
  }

  static async load(folder: string, warn: (message: string) => void): Promise<RecentCaptures> {
    const file = new StoredJson<Remembered[]>(join(folder, 'recent-captures.json'), z.array(Remembered), [], warn)
    return new RecentCaptures(file, await file.read())
  }

  get paths(): readonly string[] {
    return this.#entries.map((entry) => entry.path)
  }

  /** Those that are still there. The others stay remembered: a disk that is not mounted now may be later. */
  async present(): Promise<RecentCapture[]> {
    const found = await Promise.all(
      this.#entries.map(async ({ path, openedAt }) => {
        const stats = await stat(path).catch(() => undefined)
        return stats?.isFile() ? { path, name: basename(path), size: stats.size, openedAt } : undefined
      }),
    )
    return found.filter((entry) => entry !== undefined)
  }

  async add(path: string): Promise<void> {
    await this.#replace([{ path, openedAt: Date.now() }, ...this.#without(path)].slice(0, KEPT))
  }

  async forget(path: string): Promise<void> {
    await this.#replace(this.#without(path))
  }

  async forgetAll(): Promise<void> {
    await this.#replace([])
  }

  written(): Promise<void> {
    return this.#file.written()
  }

  onChange(listener: () => void): void {
    this.#listeners.add(listener)
  }

  #without(path: string): Remembered[] {
    return this.#entries.filter((entry) => entry.path !== path)
  }

  async #replace(entries: Remembered[]): Promise<void> {
    this.#entries = entries
    for (const listener of this.#listeners) listener()
    await this.#file.write(entries)
  }
}
