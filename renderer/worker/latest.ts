/** The last few values that were worked out, by key. */
export class Latest<T> {
  // The last used is last.
  readonly #values = new Map<string, T>()
  readonly #kept: number

  constructor(kept: number) {
    this.#kept = kept
  }

  find(key: string): T | undefined {
    const value = this.#values.get(key)
    if (value !== undefined) this.put(key, value)
    return value
  }

  put(key: string, value: T): T {
    this.#values.delete(key)
    this.#values.set(key, value)
    for (const oldest of this.#values.keys()) {
      if (this.#values.size <= this.#kept) break
      this.#values.delete(oldest)
    }
    return value
  }
}
