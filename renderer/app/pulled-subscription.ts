import type { PulledValue } from '../../common/contract.ts'
import { asHostError } from '../../common/host-error.ts'

/** What the host hands over for a subscription; see main/subscription-target.ts. */
export interface RemoteSubscription<T> extends Disposable {
  next(): Promise<PulledValue<T>>
}

// Values asked for ahead, so that a tunnel's round trip is not paid for each; also the most that a slow reader finds waiting.
const AHEAD = 4

/** A stream of the values; cancelling it, its end and its failure let go of the host's side. */
export function pulledSubscription<T>(remote: RemoteSubscription<T>): ReadableStream<T> {
  const asked: Promise<PulledValue<T>>[] = []
  const letGo = () => remote[Symbol.dispose]()
  return new ReadableStream<T>(
    {
      async pull(controller) {
        while (asked.length < AHEAD) {
          const answer = remote.next()
          answer.catch(() => undefined) // Looked at when its turn comes, if it does.
          asked.push(answer)
        }
        try {
          const answer = await asked.shift()
          if (answer && 'value' in answer) return controller.enqueue(answer.value)
          letGo()
          controller.close()
        } catch (error) {
          letGo()
          controller.error(asHostError(error))
        }
      },
      cancel: letGo,
    },
    { highWaterMark: 0 },
  )
}
