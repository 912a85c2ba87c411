import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiConnection } from './api-connection.ts'
import { ApiError } from './api-error.ts'
import { listAll } from './cluster-access.ts'
import type { KubernetesObject, Status, WatchEvent } from './objects.ts'
import { retryAfterMs } from './retry.ts'

const WATCH_SECONDS = 290
const MOST_WATCH_MS = (WATCH_SECONDS + 30) * 1000
const SHORTEST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 30_000
/** A watch that ends sooner was not meant to: something between ends them. */
const SHORT_WATCH_MS = 1000

export interface InformerState<T> {
  readonly objects: ReadonlyMap<string, T>
  /** The list has been read since somebody looks. */
  readonly synced: boolean
  /** Why it is not up to date, in words. */
  readonly problem?: string
  /** It may not be listed or watched: it is asked for again now and then, as that may be granted meanwhile. */
  readonly forbidden?: boolean
}

export interface InformerRequest {
  /** /api/v1/pods, /api/v1/namespaces/x/pods, /apis/apps/v1/deployments */
  readonly path: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
}

/**
 * One kind of object, kept as it is in the cluster while someone looks: a list, then a watch from there on; after a cut the watch goes on
 * where it was, and after "410 Gone" the list is read anew.
 */
export class Informer<T extends KubernetesObject> {
  readonly #connection: ApiConnection
  readonly #request: InformerRequest
  readonly #objects = new Map<string, T>()
  readonly #listeners = new Set<(state: InformerState<T>) => void>()
  readonly #left: () => void
  readonly #forbiddenMs: number
  #running: AbortController | undefined
  #synced = false
  #problem: string | undefined
  #forbidden = false
  #version = ''

  /** `left` is called when nobody observes it any more. `forbiddenMs`: so long what is forbidden is not asked for again. */
  constructor(
    connection: ApiConnection,
    request: InformerRequest,
    left: () => void = () => undefined,
    forbiddenMs = LONGEST_PAUSE_MS,
  ) {
    this.#forbiddenMs = forbiddenMs
    this.#connection = connection
    this.#request = request
    this.#left = left
  }

  get state(): InformerState<T> {
    return {
      objects: this.#objects,
      synced: this.#synced,
      ...(this.#problem ? { problem: this.#problem } : {}),
      ...(this.#forbidden ? { forbidden: true } : {}),
    }
  }

  /** Calls back after each change (the map is the same one, changed), until the returned function is called. The last to go ends the watch. */
  observe(listener: (state: InformerState<T>) => void): () => void {
    // A listener of its own: the same function may look twice.
    const own = (state: InformerState<T>) => listener(state)
    this.#listeners.add(own)
    if (this.#running) own(this.state)
    else void this.#run((this.#running = new AbortController()))
    return () => {
      this.#listeners.delete(own)
      if (this.#listeners.size > 0) return
      this.#running?.abort()
      this.#running = undefined
      this.#left()
    }
  }

  async #run(running: AbortController): Promise<void> {
    const { signal } = running
    this.#version = ''
    this.#forbidden = false
    this.#problem = undefined
    // What is left from an earlier look may be old: it is shown, but not as all there is.
    this.#synced = false
    for (let pause = SHORTEST_PAUSE_MS; !signal.aborted;) {
      const began = Date.now()
      let wait = 0
      try {
        if (this.#version === '') await this.#list(signal)
        await this.#watch(signal)
      } catch (error) {
        if (signal.aborted) return
        if (error instanceof ApiError && error.httpStatus === 410) this.#version = ''
        else {
          const problem = error instanceof Error ? error.message : String(error)
          const isNews = problem !== this.#problem
          this.#problem = problem
          this.#forbidden = error instanceof ApiError && error.httpStatus === 403
          if (isNews) this.#tell()
          wait = this.#forbidden ? this.#forbiddenMs : retryAfterMs(error)
        }
      }
      if (Date.now() - began > SHORT_WATCH_MS) pause = SHORTEST_PAUSE_MS
      await sleep(Math.max(pause, wait), undefined, { signal }).catch(() => undefined)
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { path, ...selectors } = this.#request
    const { items, resourceVersion } = await listAll<T>(this.#connection, path, selectors)
    if (signal.aborted) return
    this.#objects.clear()
    for (const item of items) this.#keep(item)
    this.#version = resourceVersion
    this.#synced = true
    this.#problem = undefined
    this.#forbidden = false
    this.#tell()
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { path, ...selectors } = this.#request
    const query = {
      watch: true,
      allowWatchBookmarks: true,
      resourceVersion: this.#version,
      timeoutSeconds: WATCH_SECONDS,
      ...selectors,
    }
    for await (const line of this.#connection.lines(path, query, signal, MOST_WATCH_MS)) {
      if (line === '') continue
      const { type, object }: WatchEvent<T> & { readonly object: Status } = JSON.parse(line)
      if (type === 'ERROR')
        throw new ApiError(object.code ?? 500, object.reason ?? '', object.message ?? 'the watch failed')
      this.#version = object.metadata.resourceVersion ?? this.#version
      // After a cut the first word, be it a bookmark, says that it goes on.
      const recovered = this.#problem !== undefined
      this.#problem = undefined
      if (type === 'DELETED') this.#objects.delete(keyOf(object))
      else if (type !== 'BOOKMARK') this.#keep(object)
      if (type !== 'BOOKMARK' || recovered) this.#tell()
    }
  }

  #keep(object: T): void {
    // Who changed which field: much of an object, and read by nobody here.
    Reflect.deleteProperty(object.metadata, 'managedFields')
    this.#objects.set(keyOf(object), object)
  }

  #tell(): void {
    for (const listener of this.#listeners) listener(this.state)
  }
}

export const keyOf = ({ metadata }: KubernetesObject) => `${metadata.namespace ?? ''}/${metadata.name}`

/** One informer for a kind and context, shared by all who look. */
export class Informers {
  readonly #connection: ApiConnection
  readonly #informers = new Map<string, Informer<KubernetesObject>>()

  constructor(connection: ApiConnection) {
    this.#connection = connection
  }

  get(request: InformerRequest): Informer<KubernetesObject> {
    const key = [request.path, request.labelSelector, request.fieldSelector].join('?')
    const known = this.#informers.get(key)
    if (known) return known
    // A list is shown again at once when somebody comes back to it; of single pods, which are many, nothing is kept.
    const isOfFew = request.fieldSelector !== undefined
    const made = new Informer<KubernetesObject>(this.#connection, request, () => {
      if (isOfFew && this.#informers.get(key) === made) this.#informers.delete(key)
    })
    this.#informers.set(key, made)
    return made
  }
}
