/** Work that goes on while more of it may come. */
export class OngoingWork {
  readonly #all = new Set<Promise<unknown>>()
  readonly #failure = Promise.withResolvers<never>()

  constructor() {
    this.#failure.promise.catch(() => undefined)
  }

  add(work: Promise<unknown>): void {
    this.#all.add(work)
    work.then(
      () => this.#all.delete(work),
      (error: unknown) => this.#failure.reject(error),
    )
  }

  /** Rejected with what the first that fails throws. */
  get failure(): Promise<never> {
    return this.#failure.promise
  }

  /** When all is done, with what has come meanwhile. Throws what the first that fails throws. */
  async done(): Promise<void> {
    while (this.#all.size > 0) await Promise.race([Promise.all(this.#all), this.failure])
  }

  /** When nothing of it goes on any more, however it ended. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#all)
  }
}
