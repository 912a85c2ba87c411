import { otherTasks } from './other-tasks.ts'

/** A person looks at the list of packets first: nothing else is worked out while an answer to it is. */
export class AnswerOrder {
  readonly #lists = new Set<Promise<unknown>>()

  async list<T>(answer: () => Promise<T>): Promise<T> {
    const mine = answer()
    this.#lists.add(mine)
    try {
      return await mine
    } finally {
      this.#lists.delete(mine)
    }
  }

  /** Resolves when no list waits. Those that were asked for together with what asks here are among them, also if they come later. */
  async afterLists(): Promise<void> {
    do {
      await Promise.allSettled(this.#lists)
      await otherTasks()
    } while (this.#lists.size > 0)
  }
}
