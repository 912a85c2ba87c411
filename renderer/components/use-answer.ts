import { useEffect, useState } from 'react'
import { type Answer, Asker, NO_ANSWER, type ShowPart } from './asker.ts'

/** Whether an answer's key is of this question, at whatever state of a capture that grows: `key` is `question`, a space and the state. */
export function answers(key: string | undefined, question: string): boolean {
  return key?.startsWith(`${question} `) ?? false
}

/** The answer to a question that may change faster than it can be answered, see Asker. `key` says when it has changed; undefined asks nothing. */
export function useAnswer<T>(key: string | undefined, ask: (show: ShowPart<T>) => Promise<T>): Answer<T> {
  const [answer, setAnswer] = useState<Answer<T>>(NO_ANSWER)
  const [asker] = useState(() => new Asker<T>(setAnswer))
  useEffect(() => {
    asker.ask(key, ask)
    return () => asker.stop()
    // The key stands for the question: `ask` is a new closure at every render.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [key])
  return answer
}
