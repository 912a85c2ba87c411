/** Rows that are loaded together. */
export const PAGE = 32
const KEPT_PAGES = 64
const MAX_LOADING = 2

interface Page<Row> {
  rows: readonly Row[]
  generation: number
  used: number
}

/**
 * The rows of a long list that were looked at lately, loaded a page at a time from somewhere slower.
 * What is wanted last is loaded first; rows that became stale are shown until the new ones are there.
 */
export class PagedRows<Row> {
  readonly #load: (start: number, count: number) => Promise<readonly Row[]>
  readonly #pages = new Map<number, Page<Row>>()
  readonly #loading = new Set<number>()
  readonly #listeners = new Set<() => void>()
  #generation = 0
  #clock = 0
  #version = 0
  #first = 0
  #count = 0

  constructor(load: (start: number, count: number) => Promise<readonly Row[]>) {
    this.#load = load
  }

  /** Undefined until it is loaded; `want` it. */
  row(index: number): Row | undefined {
    return this.#pages.get(Math.floor(index / PAGE))?.rows[index % PAGE]
  }

  /** The rows on screen now. */
  want(first: number, count: number): void {
    this.#first = first
    this.#count = count
    this.#next()
  }

  /**
   * Rows that came with the list itself, from the beginning of a page to the end of one or of the list. All else that is loaded may
   * have changed.
   */
  put(start: number, rows: readonly Row[]): void {
    this.#generation++
    for (let at = 0; at < rows.length; at += PAGE) {
      this.#set((start + at) / PAGE, rows.slice(at, at + PAGE), this.#generation)
    }
    this.#next()
  }

  /** Resolves when the rows [first, first + count) are there: so that a list can be exchanged without a blank frame between. */
  async ready(first: number, count: number): Promise<void> {
    const last = Math.floor((first + Math.max(1, count) - 1) / PAGE)
    for (let page = Math.floor(first / PAGE); page <= last; page++) await this.#fetch(page)
  }

  /** Everything loaded may have changed. */
  invalidate(): void {
    this.#generation++
    this.#next()
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  /** Changes whenever `row` may answer differently. */
  readonly version = (): number => this.#version

  #next(): void {
    if (this.#count <= 0) return
    const last = Math.floor((this.#first + this.#count - 1) / PAGE)
    for (let page = Math.floor(this.#first / PAGE); page <= last; page++) {
      const known = this.#pages.get(page)
      if (known) known.used = ++this.#clock
      if (known?.generation === this.#generation || this.#loading.has(page)) continue
      if (this.#loading.size >= MAX_LOADING) return
      void this.#fetch(page)
    }
  }

  async #fetch(page: number): Promise<void> {
    const generation = this.#generation
    this.#loading.add(page)
    try {
      const rows = await this.#load(page * PAGE, PAGE)
      this.#set(page, rows, generation)
    } catch {
      // The engine is gone or the question was withdrawn: whoever owns it shows that. Not asked again until it is wanted anew.
      this.#loading.delete(page)
      return
    }
    this.#loading.delete(page)
    this.#next()
  }

  #set(page: number, rows: readonly Row[], generation: number): void {
    // An answer that was overtaken by a newer one.
    if ((this.#pages.get(page)?.generation ?? 0) > generation) return
    this.#pages.set(page, { rows, generation, used: ++this.#clock })
    this.#forgetOld()
    this.#version++
    for (const listener of this.#listeners) listener()
  }

  #forgetOld(): void {
    while (this.#pages.size > KEPT_PAGES) {
      let oldest = -1
      let used = Infinity
      for (const [number, page] of this.#pages) {
        if (page.used >= used) continue
        oldest = number
        used = page.used
      }
      this.#pages.delete(oldest)
    }
  }
}
