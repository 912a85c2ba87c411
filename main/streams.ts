import type { Subscription } from '../common/contract.ts'

// What services offer as subscriptions. Both produce only on demand (highWaterMark 0), so the contract's flow control reaches the source.

/** A value that changes. Each watcher gets it now and after changes; a slow one skips to the newest. */
export class Watched<T> {
  #value: T
  #version = 0
  readonly #waiting = new Set<() => void>()

  constructor(value: T) {
    this.#value = value
  }

  get value(): T {
    return this.#value
  }

  set(value: T): void {
    this.#value = value
    this.#version++
    wakeAll(this.#waiting)
  }

  watch(): Subscription<T> {
    let seen = -1
    return produced(this.#waiting, () => {
      if (seen === this.#version) return undefined
      seen = this.#version
      return { value: this.#value }
    })
  }

  /** How many watchers wait for the next value; for tests of leaks. */
  get watchers(): number {
    return this.#waiting.size
  }
}

/** Things to be done by whoever reads; kept until someone does. Every thing goes to one reader. */
export class Mailbox<T> {
  readonly #items: T[] = []
  readonly #waiting = new Set<() => void>()

  put(item: T): void {
    this.#items.push(item)
    wakeAll(this.#waiting)
  }

  read(): Subscription<T> {
    return produced(this.#waiting, () => {
      const value = this.#items.shift()
      return value === undefined ? undefined : { value }
    })
  }
}

/** A stream that asks `next` for a value and, when there is none yet, is asked again when `waiting` is woken. */
function produced<T>(waiting: Set<() => void>, next: () => { readonly value: T } | undefined): ReadableStream<T> {
  let wake: (() => void) | undefined
  return new ReadableStream<T>(
    {
      async pull(controller) {
        let found = next()
        while (!found) {
          await new Promise<void>((resolve) => {
            wake = resolve
            waiting.add(resolve)
          })
          if (!wake) return // cancelled
          found = next()
        }
        controller.enqueue(found.value)
      },
      cancel() {
        const resolve = wake
        wake = undefined
        if (!resolve) return
        waiting.delete(resolve)
        resolve()
      },
    },
    { highWaterMark: 0 },
  )
}

function wakeAll(waiting: Set<() => void>): void {
  const all = [...waiting]
  waiting.clear()
  for (const wake of all) wake()
}
