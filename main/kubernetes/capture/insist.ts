import { setTimeout as sleep } from 'node:timers/promises'
import { HostError } from '../../../common/host-error.ts'
import { ApiError } from '../api-error.ts'
import type { Gone } from './container-gone.ts'

const FIRST_PAUSE_MS = 100
export const LONGEST_PAUSE_MS = 5000

/** Not to be tried again; `cause` is for the person. */
export class Fatal extends Error {
  override readonly cause: HostError
  constructor(cause: HostError) {
    super(cause.message)
    this.cause = cause
  }
}

export interface Insistence {
  /** What is asked for, in messages: "starting the capture". */
  readonly what: string
  readonly giveUpMs: number
  readonly signal: AbortSignal
  /** Why it is of no use to ask again after this, if it is known. */
  readonly whyGone: (cut: string) => Promise<Gone | undefined>
}

/** Does what does no harm to do twice, until a container has answered, refused, is gone, or `giveUpMs` have passed. */
export async function insist(
  { what, giveUpMs, signal, whyGone }: Insistence,
  action: () => Promise<void>,
): Promise<void> {
  const until = performance.now() + giveUpMs
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    signal.throwIfAborted()
    try {
      return await action()
    } catch (error) {
      if (error instanceof Fatal) throw error.cause
      const refused = error instanceof ApiError && [400, 401, 403].includes(error.httpStatus)
      if (refused || performance.now() > until) throw error
      const gone = await whyGone(error instanceof Error ? error.message : String(error))
      if (gone !== undefined) throw new HostError('unavailable', `${what} failed: ${gone.message}`)
      await sleep(pause, undefined, { signal }).catch(() => undefined)
    }
  }
}
