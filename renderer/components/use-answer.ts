import { useEffect, useRef, useState } from 'react'

export interface Answer<T> {
  /** The newest answer there is; while the next one is on its way, still the last. */
  readonly value: T | undefined
  /** Why the last question failed, for the person. */
  readonly error: string | undefined
  /** The key that `value` or `error` answers. */
  readonly key: string | undefined
}

/**
 * The answer to a question that may change faster than it can be answered: one question is under way at a time, the last one
 * asked waits, those in between are never asked. `key` says when the question has changed; undefined asks nothing.
 */
export function useAnswer<T>(key: string | undefined, ask: () => Promise<T>): Answer<T> {
  const [answer, setAnswer] = useState<Answer<T>>({ value: undefined, error: undefined, key: undefined })
  const state = useRef<{ ask: () => Promise<T>; wanted: string | undefined; busy: boolean; mounted: boolean }>({
    ask,
    wanted: undefined,
    busy: false,
    mounted: false,
  })

  useEffect(() => {
    const { current } = state
    current.mounted = true
    return () => {
      current.mounted = false
    }
  }, [])

  useEffect(() => {
    const { current } = state
    current.ask = ask
    current.wanted = key
    if (key !== undefined && !current.busy) void run()

    async function run(): Promise<void> {
      current.busy = true
      for (;;) {
        const asked = current.wanted
        if (asked === undefined || !current.mounted) break
        let value: T | undefined
        let error: string | undefined
        try {
          value = await current.ask()
        } catch (reason) {
          error = reason instanceof Error ? reason.message : String(reason)
        }
        // A question that was given up fails, but nobody waits for it any more.
        if (current.mounted && (error === undefined || current.wanted === asked)) {
          setAnswer((last) => ({ value: error === undefined ? value : last.value, error, key: asked }))
        }
        if (current.wanted === asked) break
      }
      current.busy = false
    }
    // The key stands for the question: `ask` is a new closure at every render.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [key])

  return answer
}
