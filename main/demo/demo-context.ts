import type { Ledger } from '../kubernetes/capture/ledger.ts'
import { isInUse } from '../kubernetes/capture/ledger.ts'

/** The demo's context and user, as they are shown: the first that no context of the person has. */
export const DEMO_CONTEXTS = ['demo', 'hopscope-demo'] as const

export const isDemo = (context: string) => DEMO_CONTEXTS.some((one) => one === context)

/** What was made in a demo cluster went with it: no sweep need look for it. */
export async function forgetDemos(ledger: Ledger): Promise<void> {
  for (const entry of await ledger.open()) {
    if (isDemo(entry.context) && entry.server.startsWith('https://127.0.0.1:') && !isInUse(entry)) {
      await ledger.gone(entry)
    }
  }
}
