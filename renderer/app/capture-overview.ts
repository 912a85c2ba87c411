import { createStore, type StoreApi } from 'zustand/vanilla'
import type { CaptureOrigin } from '../worker/byte-source.ts'
import type { OverviewProgress } from '../worker/engine-service.ts'
import { startEngine, type EngineClient } from './engine-client.ts'
import { keepOverview, keptOverview } from './kept-overview.ts'

/** The overview of a whole capture, for all that is read of it; a worker of its own makes it once somebody wants it. */
export interface SharedOverview extends Disposable {
  /** Undefined until the worker has said the first word. */
  readonly store: StoreApi<{ readonly progress: OverviewProgress | undefined; readonly crash: string | undefined }>
  /** Makes it, unless that has begun already. */
  start(): void
}

/** `name` tells the capture from others. */
export function sharedOverview(name: string, origin: CaptureOrigin): SharedOverview {
  const of = stateOf(name, origin)
  const kept = of === undefined ? undefined : keptOverview(of)
  const size = origin.kind === 'file' ? origin.file.size : origin.size
  const store: SharedOverview['store'] = createStore(() => ({
    progress: kept && { overview: kept, bytesRead: size, size, done: true },
    crash: undefined,
  }))
  let client: EngineClient | undefined
  const end = () => {
    client?.[Symbol.dispose]()
    client = undefined
  }
  let started = kept !== undefined
  return {
    store,
    start() {
      if (started) return
      started = true
      client = startEngine((crash) => store.setState({ crash }))
      client.overview(origin, (progress) => {
        store.setState({ progress })
        if (!progress.done) return
        end()
        if (of !== undefined && progress.error === undefined) keepOverview(of, progress.overview)
      })
    },
    [Symbol.dispose]: end,
  }
}

/** The capture with what would tell that it is another one by now; undefined while it grows. */
function stateOf(name: string, origin: CaptureOrigin): string | undefined {
  if (origin.kind === 'file') return `${name} ${origin.file.size} ${origin.file.lastModified}`
  return origin.growing ? undefined : `${name} ${origin.size}`
}
