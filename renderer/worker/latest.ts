/** The last few values that were worked out, by key; also while they still are. A failure is not kept. */
export class Latest<T> {
  // The last used is last.
  readonly #values = new Map<string, Promise<T>>()
  readonly #kept: number

  constructor(kept: number) {
    this.#kept = kept
  }

  get(key: string, make: () => Promise<T>): Promise<T> {
    const value = this.#values.get(key) ?? make()
    this.#values.delete(key)
    this.#values.set(key, value)
    value.catch(() => {
      if (this.#values.get(key) === value) this.#values.delete(key)
    })
    for (const oldest of this.#values.keys()) {
      if (this.#values.size <= this.#kept) break
      this.#values.delete(oldest)
    }
    return value
  }
}
