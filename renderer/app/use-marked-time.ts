import { useMemo } from 'react'
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import type { CaptureSession, SessionState } from './capture-session.ts'
import type { ViewStore } from './view-store.ts'

const NONE = createStore<Pick<SessionState, 'progress'>>(() => ({ progress: undefined }))

/** The time that is selected in the open capture, in milliseconds since 1970. */
export function useMarkedTime(
  session: CaptureSession | undefined,
  view: ViewStore,
): { readonly from: number; readonly to: number } | undefined {
  const range = useStore(view.store, (state) => state.range)
  const epoch = useStore(session?.progress ?? NONE, ({ progress }) => progress?.facts.epochNs)
  return useMemo(() => {
    if (!range || epoch === undefined) return undefined
    const start = Number(BigInt(epoch) / 1000n) / 1000
    return { from: start + range.from / 1e6, to: start + range.to / 1e6 }
  }, [range, epoch])
}
