import type { Remote } from 'comlink'
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { CaptureOrigin } from '../worker/byte-source.ts'
import type { EngineService, Progress, Search } from '../worker/engine-service.ts'
import { startEngine } from './engine-client.ts'
import { preferences } from './preferences.ts'
import type { CaptureRef } from './view.ts'

/** An open capture: its engine, and how far it has been read. */
export interface CaptureSession extends Disposable {
  readonly ref: CaptureRef
  readonly name: string
  /** Where it is, for the person: a path on the host, or nothing for a dropped file. */
  readonly path: string | undefined
  /** Its id with the host, beside which notes are kept; nothing for a dropped file. */
  readonly source: string | undefined
  readonly engine: Remote<EngineService>
  /** Undefined until the worker has said the first word. */
  readonly progress: StoreApi<SessionState>
  cancel(): void
}

export interface SessionState {
  readonly progress: Progress | undefined
  /** A search that takes long, as far as it is. */
  readonly search: Search | undefined
  /** The worker died. */
  readonly crash: string | undefined
}

export function openSession(
  capture: { readonly ref: CaptureRef; readonly name: string; readonly path?: string; readonly source?: string },
  origin: CaptureOrigin,
): CaptureSession {
  const progress = createStore<SessionState>(() => ({
    progress: undefined,
    search: undefined,
    crash: undefined,
  }))
  const client = startEngine((crash) => {
    progress.setState({ crash })
  })
  client.open(
    origin,
    (next) => {
      progress.setState({ progress: next })
    },
    (search) => {
      progress.setState({ search })
    },
    preferences.getState().maxPackets,
  )
  return {
    ref: capture.ref,
    name: capture.name,
    path: capture.path,
    source: capture.source,
    engine: client.calls,
    progress,
    cancel() {
      void client.calls.cancel()
    },
    [Symbol.dispose]() {
      client[Symbol.dispose]()
    },
  }
}
