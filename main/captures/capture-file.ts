import { createHash } from 'node:crypto'
import { open, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { basename } from 'node:path'
import type { BigIntStats } from 'node:fs'
import type { CaptureSource } from '../../common/contract.ts'
import { HostError } from '../../common/host-error.ts'
import { fileFailure } from '../file-errors.ts'

// Without announcements (another program may be the writer) growth is noticed this late.
const GROWTH_POLL = 250

interface GrowingOptions {
  readonly growing?: boolean
  readonly written?: () => number
}

/**
 * A capture on disk that the host serves. It is pinned to one file, not to a name: offsets that the interface holds would point into
 * other packets if the file were replaced or cut, so both are errors that say so.
 */
export class CaptureFile {
  readonly id: string
  readonly path: string
  readonly #device: bigint
  readonly #inode: bigint
  readonly #written: () => number
  #size: number
  #growing: boolean
  #failure: HostError | undefined
  readonly #waiting = new Set<() => void>()

  private constructor(path: string, stats: BigIntStats, growing: boolean, written: () => number) {
    this.id = idOf(path, stats)
    this.path = path
    this.#device = stats.dev
    this.#inode = stats.ino
    this.#growing = growing
    this.#written = written
    this.#size = this.#whole(Number(stats.size))
  }

  /**
   * `written`: how many bytes of a growing one stay, by its writer. What is behind them is no part of it yet, and is taken back where it
   * can't be written whole (a full disk). Throws HostError: not-found, permission-denied, unsupported (anything but a plain file).
   */
  static async at(
    path: string,
    { growing = false, written = () => Number.POSITIVE_INFINITY }: GrowingOptions = {},
  ): Promise<CaptureFile> {
    const stats = await plainFile(path)
    try {
      await (await open(path, 'r')).close()
    } catch (error) {
      throw fileFailure(path, error)
    }
    return new CaptureFile(path, stats, growing, written)
  }

  describe(): CaptureSource {
    return {
      id: this.id,
      name: basename(this.path),
      path: this.path,
      size: this.#size,
      growing: this.#growing,
      url: `capture/${this.id}`,
    }
  }

  get growing(): boolean {
    return this.#growing
  }

  /** Why the writer gave up before the capture was whole. */
  get failure(): HostError | undefined {
    return this.#failure
  }

  /** Opens it for reading. Throws when what has its name now is not what was opened, or is shorter. */
  async open(): Promise<FileHandle> {
    let handle: FileHandle
    try {
      handle = await open(this.path, 'r')
    } catch (error) {
      throw fileFailure(this.path, error)
    }
    try {
      const { dev, ino } = await handle.stat({ bigint: true })
      if (dev !== this.#device || ino !== this.#inode) {
        throw new HostError('not-found', `${this.path} was replaced by another file: open it again.`)
      }
      await this.sizeOf(handle)
      return handle
    } catch (error) {
      await handle.close()
      throw fileFailure(this.path, error)
    }
  }

  /** Its size now. */
  async sizeOf(handle: FileHandle): Promise<number> {
    // Of one that grows, another reader may have seen more meanwhile.
    const growing = this.#growing
    const size = this.#whole((await handle.stat()).size)
    if (!growing && size < this.#size) {
      throw new HostError('unavailable', `${this.path} was cut from ${this.#size} to ${size} bytes: open it again.`)
    }
    this.#size = size
    return size
  }

  #whole(size: number): number {
    return this.#growing ? Math.min(size, this.#written()) : size
  }

  // Called by the writer of a growing capture:

  grew(): void {
    wakeAll(this.#waiting)
  }

  finish(): void {
    this.#growing = false
    wakeAll(this.#waiting)
  }

  fail(failure: HostError): void {
    this.#failure = failure
    this.finish()
  }

  /** Resolves when it may have grown, finished or failed, or when the signal aborts. */
  changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        this.#waiting.delete(done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, GROWTH_POLL)
      this.#waiting.add(done)
      signal.addEventListener('abort', done, { once: true })
      if (signal.aborted) done()
    })
  }
}

/** The id that the file at a path would have; undefined when there is none. Stable across starts of the host, so a URL is as well. */
export async function captureIdAt(path: string): Promise<string | undefined> {
  try {
    return idOf(path, await plainFile(path))
  } catch {
    return undefined
  }
}

function idOf(path: string, { dev, ino }: BigIntStats): string {
  return `file-${createHash('sha256').update(`${path}\0${dev}\0${ino}`).digest('hex').slice(0, 24)}`
}

async function plainFile(path: string): Promise<BigIntStats> {
  let stats: BigIntStats
  try {
    stats = await stat(path, { bigint: true })
  } catch (error) {
    throw fileFailure(path, error)
  }
  if (stats.isDirectory()) throw new HostError('unsupported', `${path} is a folder: open a capture file in it.`)
  // A pipe or a device has no size and no offsets, and opening one can block for ever.
  if (!stats.isFile()) throw new HostError('unsupported', `${path} is not a plain file.`)
  return stats
}

function wakeAll(waiting: Set<() => void>): void {
  for (const wake of [...waiting]) wake()
}
