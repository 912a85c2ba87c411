import { randomBytes } from 'node:crypto'
import { open, rename, rm, type FileHandle } from 'node:fs/promises'
import type { CaptureSource, JoinOrder, Subscription } from '../../../common/contract.ts'
import { asHostError, HostError } from '../../../common/host-error.ts'
import { MOST_JOINED_BYTES, type JoinedFacts, type JoinedPlace } from '../../../common/model/joined-capture.ts'
import { bodyOf, type DataAnswer, type DataRequest, errorAnswer, wholeAnswer } from '../../data-plane/data-plane.ts'
import { whyFileFailed } from '../../file-errors.ts'
import type { CaptureLibrary } from '../captures.ts'
import type { About, CaptureStore } from './capture-store.ts'

interface Unfinished {
  readonly name: string
  readonly file: FileHandle
  readonly about: About
  written: number
  /** Something is being done with it. */
  busy: boolean
}

/**
 * The captures that windows put together of others (common/model/joined-capture.ts). A file has no name of the library until it is whole: before
 * that it goes with whoever makes it, with a failure, and with the host.
 */
export class JoinedCaptures {
  readonly #store: CaptureStore
  readonly #captures: CaptureLibrary
  readonly #unfinished = new Map<string, Unfinished>()

  constructor(store: CaptureStore, captures: CaptureLibrary) {
    this.#store = store
    this.#captures = captures
  }

  /** Throws HostError, unavailable where there is no room. */
  async begin({ title, from, bytes }: JoinOrder): Promise<Subscription<JoinedPlace>> {
    const store = this.#store
    const name = await store.newName(title)
    const about: About = {
      version: 1,
      title,
      context: '',
      startedAt: Date.now(),
      state: 'live',
      points: [],
      pid: process.pid,
      joined: [...from],
    }
    const id = `joined-${randomBytes(12).toString('hex')}`
    try {
      const free = await store.diskFree()
      if (free !== undefined && free < bytes) {
        throw new HostError(
          'unavailable',
          `The joined capture takes at least ${megabytes(bytes)}, and ${store.folder} has room for ${megabytes(free)}: delete captures there that are not needed any more.`,
        )
      }
      await store.write(name, about)
      const file = await open(store.unfinishedOf(name), 'wx', 0o600)
      this.#unfinished.set(id, { name, file, about, written: 0, busy: false })
    } catch (error) {
      await store.discard(name)
      throw error instanceof HostError ? error : failure(store.folder, error)
    }
    return new ReadableStream<JoinedPlace>(
      {
        start: (controller) => controller.enqueue({ id, url: `capture/${id}` }),
        cancel: () => this.#discard(id),
      },
      { highWaterMark: 0 },
    )
  }

  /** Takes a POST's bytes; see DataRequest. Never throws. */
  async answer({ method, id, query, body }: DataRequest): Promise<DataAnswer> {
    try {
      if (method !== 'POST') throw new HostError('invalid-argument', 'What is being joined can be written only.')
      const bytes = await bodyOf({ body }, MOST_JOINED_BYTES)
      if (!bytes) throw new HostError('invalid-argument', `More than ${MOST_JOINED_BYTES} bytes at once.`)
      await this.#write(id, Number(query.get('at') ?? Number.NaN), bytes)
      return wholeAnswer(200, { 'cache-control': 'no-store' }, new Uint8Array(0))
    } catch (error) {
      return errorAnswer(asHostError(error))
    }
  }

  async finish(id: string, { packets, points, startedAt, endedAt, message }: JoinedFacts): Promise<CaptureSource> {
    const one = this.#take(id)
    // From now on it goes with nobody.
    this.#unfinished.delete(id)
    const store = this.#store
    const { file, name, about } = one
    const path = store.pathOf(name)
    try {
      await file.sync()
      await file.close()
      await rename(store.unfinishedOf(name), path)
      const said = message === undefined ? {} : { message }
      const state = message === undefined ? 'complete' : 'incomplete'
      await store.write(name, { ...about, state, packets, points: [...points], startedAt, endedAt, ...said })
    } catch (error) {
      await rm(path, { force: true })
      await this.#remove(one)
      throw failure(store.folder, error)
    }
    return (await this.#captures.openFile(path)).describe()
  }

  /** Removes all that is not whole. */
  async close(): Promise<void> {
    await Promise.all([...this.#unfinished.keys()].map((id) => this.#discard(id)))
  }

  async #write(id: string, at: number, bytes: Uint8Array): Promise<void> {
    const one = this.#take(id)
    try {
      if (at !== one.written) throw new HostError('invalid-argument', `The next byte is ${one.written}, not ${at}.`)
      for (let from = 0; from < bytes.length;) {
        const { bytesWritten } = await one.file.write(bytes, from, bytes.length - from, at + from)
        from += bytesWritten
      }
      one.written += bytes.length
    } catch (error) {
      await this.#discard(id)
      throw failure(this.#store.folder, error)
    } finally {
      one.busy = false
    }
  }

  #take(id: string): Unfinished {
    const one = this.#unfinished.get(id)
    if (!one) throw new HostError('not-found', 'This capture is not being joined any more.')
    if (one.busy) throw new HostError('invalid-argument', 'Bytes of it are being written.')
    one.busy = true
    return one
  }

  async #discard(id: string): Promise<void> {
    const one = this.#unfinished.get(id)
    if (!one) return
    this.#unfinished.delete(id)
    await this.#remove(one)
  }

  async #remove({ file, name }: Unfinished): Promise<void> {
    await file.close().catch(() => undefined)
    await rm(this.#store.unfinishedOf(name), { force: true })
    await this.#store.discard(name)
  }
}

function failure(folder: string, error: unknown): HostError {
  if (error instanceof HostError) return error
  return new HostError(
    'unavailable',
    `The joined capture can't be kept in ${folder}: ${whyFileFailed(error)} Nothing is left of it there; the captures that it was made of are as they were.`,
  )
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 10e6 ? 1 : 0)} MB`
