import type { ReadBytes } from '../../engine/engine.ts'

/** Waits for what is no work of this thread. */
type Wait = <R>(what: Promise<R>) => Promise<R>

/** How long answers have taken that take longer the more was read: readCapture reads on in proportion to it. */
export class AnsweringTime {
  readonly #read: ReadBytes
  #ms = 0

  constructor(read: ReadBytes) {
    this.#read = read
  }

  /** Milliseconds so far. */
  get ms(): number {
    return this.#ms
  }

  /** Counts the time of an answer; not what it waits for, since reading goes on meanwhile. */
  async count<T>(answer: (read: ReadBytes, wait: Wait) => Promise<T>): Promise<T> {
    let since = performance.now()
    const count = () => {
      const now = performance.now()
      this.#ms += now - since
      since = now
    }
    const wait: Wait = async (what) => {
      count()
      try {
        return await what
      } finally {
        since = performance.now()
      }
    }
    try {
      return await answer((offset, length) => wait(this.#read(offset, length)), wait)
    } finally {
      count()
    }
  }
}
