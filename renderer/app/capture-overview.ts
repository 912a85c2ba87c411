import { createStore, type StoreApi } from 'zustand/vanilla'
import type { CaptureOrigin } from '../worker/byte-source.ts'
import type { OverviewProgress } from '../worker/engine-service.ts'
import { startEngine, type EngineClient } from './engine-client.ts'

/** The overview of a whole capture, for all that is read of it; a worker of its own makes it once somebody wants it. */
export interface SharedOverview extends Disposable {
  /** Undefined until the worker has said the first word. */
  readonly store: StoreApi<{ readonly progress: OverviewProgress | undefined; readonly crash: string | undefined }>
  /** Makes it, unless that has begun already. */
  start(): void
}

export function sharedOverview(origin: CaptureOrigin): SharedOverview {
  const store: SharedOverview['store'] = createStore(() => ({ progress: undefined, crash: undefined }))
  let client: EngineClient | undefined
  const end = () => {
    client?.[Symbol.dispose]()
    client = undefined
  }
  let started = false
  return {
    store,
    start() {
      if (started) return
      started = true
      client = startEngine((crash) => store.setState({ crash }))
      client.overview(origin, (progress) => {
        store.setState({ progress })
        if (progress.done) end()
      })
    },
    [Symbol.dispose]: end,
  }
}
