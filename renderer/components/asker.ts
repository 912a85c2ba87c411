export interface Answer<T> {
  /** The newest answer there is; while the next one is on its way, still the last. */
  readonly value: T | undefined
  /** Why the last question failed, for the person. */
  readonly error: string | undefined
  /** The key that `value` or `error` answers. */
  readonly key: string | undefined
  /** `value` is a part of the answer: the rest is on its way. */
  readonly partial: boolean
}

export const NO_ANSWER = { value: undefined, error: undefined, key: undefined, partial: false } as const

/** Shows a part of an answer; false when nobody wants the rest. */
export type ShowPart<T> = (value: T) => boolean

/**
 * Asks a question that may change faster than it can be answered: one is under way at a time, the last one asked waits, those in
 * between are never asked. So the last answer told is that to the last question.
 */
export class Asker<T> {
  readonly #tell: (answer: Answer<T>) => void
  #ask: (show: ShowPart<T>) => Promise<T> = () => Promise.reject(new Error('Nothing was asked.'))
  #wanted: string | undefined
  #busy = false
  #last: Answer<T> = NO_ANSWER

  constructor(tell: (answer: Answer<T>) => void) {
    this.#tell = tell
  }

  /** `key` says which question it is; undefined asks nothing. */
  ask(key: string | undefined, ask: (show: ShowPart<T>) => Promise<T>): void {
    this.#ask = ask
    this.#wanted = key
    if (!this.#busy) void this.#run()
  }

  /** Tells no more, until something is asked again. */
  stop(): void {
    this.#wanted = undefined
  }

  async #run(): Promise<void> {
    this.#busy = true
    for (let done = false; !done;) {
      const key = this.#wanted
      if (key === undefined) break
      const answer = await this.#answer(key)
      // One that was given up or has failed is no news where another is wanted.
      if (answer && this.#wanted !== undefined && (answer.error === undefined || this.#wanted === key))
        this.#say(answer)
      done = answer !== undefined && this.#wanted === key
    }
    this.#busy = false
  }

  /** Undefined when it was given up by whom it was put to: the one asked for now is put again, be it the same. */
  async #answer(key: string): Promise<Answer<T> | undefined> {
    const show = (value: T): boolean => {
      if (this.#wanted !== key) return false
      this.#say({ value, error: undefined, key, partial: true })
      return true
    }
    try {
      return { value: await this.#ask(show), error: undefined, key, partial: false }
    } catch (reason) {
      if (reason instanceof Error && reason.name === 'Cancelled') return undefined
      const error = reason instanceof Error ? reason.message : String(reason)
      return { value: this.#last.value, error, key, partial: false }
    }
  }

  #say(answer: Answer<T>): void {
    this.#last = answer
    this.#tell(answer)
  }
}
