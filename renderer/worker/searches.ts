import { Cancelled, type Query, type Work } from '../../engine/engine.ts'
import type { PacketOrder, Search } from './engine-service.ts'

/** A search shorter than this is not worth a word. */
const QUIET_MS = 300

/** At most so often is it told how far a search is: each word draws the window anew, and it may get on a hundred times a second. */
const TELL_MS = 200

/** The packets of a query, in an order where there is one. */
export interface Sought {
  readonly query: Query
  readonly order?: PacketOrder
}

interface Running<T> {
  readonly sought: Sought
  readonly control: AbortController
  readonly found: Promise<T>
  /** How far it is, once that is worth telling. */
  progress: Search | undefined
}

/** Why a search was ended by the person. */
const STOPPED = Symbol('stopped')

/** The searches under way. Who asks for the same shares one; what the view is no longer about is given up. */
export class Searches<T> {
  readonly #running = new Map<string, Running<T>>()
  readonly #report: (search: Search | undefined) => void
  readonly #stopped: () => Search | undefined
  #view: Sought = { query: {} }
  #toldAt = 0

  /** `report` is told how far a long search is, and what `stopped` says when there is none any more. */
  constructor(report: (search: Search | undefined) => void, stopped: () => Search | undefined) {
    this.#report = report
    this.#stopped = stopped
  }

  /** The view is about this now. Searches for another one reject with Cancelled at once; those that never were the view's go on. */
  setView(view: Sought): void {
    const before = this.#view
    this.#view = view
    for (const [key, running] of this.#running) {
      if (!isPart(running.sought, before) || isPart(running.sought, view)) continue
      this.#running.delete(key)
      running.control.abort()
      if (running.progress) this.tell()
    }
  }

  /** Ends those for a filter: the view's with what they have found, others with Cancelled. What is being sorted goes on. */
  stop(): void {
    for (const [key, running] of this.#running) {
      if (running.sought.order) continue
      this.#running.delete(key)
      running.control.abort(isPart(running.sought, this.#view) ? STOPPED : undefined)
    }
    this.tell()
  }

  /**
   * Looks at `total` packets, unless a search of the same `key` is under way already.
   * @param search must end when the signal, which is the work's, aborts
   * @param soFar what it has found, should it be stopped
   */
  run(
    key: string,
    sought: Sought,
    total: number,
    search: (work: Work, signal: AbortSignal) => Promise<T>,
    soFar?: () => T,
  ): Promise<T> {
    const known = this.#running.get(key)
    if (known) return known.found
    const control = new AbortController()
    const { signal } = control
    let progress: Search = {
      filter: sought.query.filter ?? '',
      ...(sought.order && { sorting: true }),
      done: 0,
      total,
    }
    const timer = setTimeout(() => {
      running.progress = progress
      if (!signal.aborted) this.tell()
    }, QUIET_MS)
    const givenUp = new Promise<T>((resolve, reject) => {
      const end = () => (signal.reason === STOPPED && soFar ? resolve(soFar()) : reject(new Cancelled()))
      signal.addEventListener('abort', end, { once: true })
    })
    const work: Work = {
      signal,
      progress: (done, all) => {
        progress = { ...progress, done, total: all }
        if (!running.progress || signal.aborted) return
        running.progress = progress
        if (performance.now() - this.#toldAt >= TELL_MS) this.tell()
      },
    }
    const found = Promise.race([search(work, signal), givenUp]).finally(() => {
      clearTimeout(timer)
      if (signal.aborted) return
      this.#running.delete(key)
      if (running.progress) this.tell()
    })
    const running: Running<T> = { sought, control, found, progress: undefined }
    this.#running.set(key, running)
    return found
  }

  /** About the one that is longest under way, else about one that was stopped. */
  tell(): void {
    this.#toldAt = performance.now()
    for (const { progress } of this.#running.values()) if (progress) return this.#report(progress)
    this.#report(this.#stopped())
  }
}

/** Whether a view about `whole` asks for it: the same filter, and neither another time, conversation nor order. */
function isPart({ query, order }: Sought, whole: Sought): boolean {
  const { filter = '', from, to, conversation } = query
  if (filter !== (whole.query.filter ?? '')) return false
  if (conversation !== undefined && conversation !== whole.query.conversation) return false
  if ((from !== undefined || to !== undefined) && (from !== whole.query.from || to !== whole.query.to)) return false
  return order === undefined || orderKey(order) === orderKey(whole.order)
}

/** The same text for the same order; none for that of the file. */
export function orderKey(order: PacketOrder | undefined): string {
  return order ? `${order.key} ${order.descending}` : ''
}
