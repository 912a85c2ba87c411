import type { Remote } from 'comlink'
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { CapturePart } from '../../common/model/capture.ts'
import type { Note } from '../../common/model/note.ts'
import type { CaptureOrigin } from '../worker/byte-source.ts'
import type { EngineService, Progress, Search } from '../worker/engine-service.ts'
import { startEngine } from './engine-client.ts'
import { preferences } from './preferences.ts'
import { sharedOverview, type SharedOverview } from './capture-overview.ts'
import { refText, type CaptureRef } from './view.ts'

/** An open capture: its engine, and how far it has been read. */
export interface CaptureSession extends Disposable {
  readonly ref: CaptureRef
  readonly name: string
  /** Where it is, for the person: a path on the host, or nothing for a dropped file. */
  readonly path: string | undefined
  /** Where its bytes come from. */
  readonly origin: CaptureOrigin
  /** Its id with the host, beside which notes are kept; nothing for a dropped file. */
  readonly source: string | undefined
  readonly engine: Remote<EngineService>
  /** Undefined until the worker has said the first word. */
  readonly progress: StoreApi<SessionState>
  /** What is read of it; all without. */
  readonly part: CapturePart | undefined
  /** Of all of the capture, and shared by all sessions of it. */
  readonly overview: SharedOverview
  cancel(): void
  /** Ends searches for the filter; what they have found stays. */
  stopSearch(): void
  goOnSearching(): void
  /** What could not be read may be there now. */
  askAgain(): void
  /** Another part of the same capture, as a session that takes over the overview. */
  reopen(part: CapturePart | undefined): CaptureSession
}

export interface SessionState {
  readonly progress: Progress | undefined
  /** A search that takes long, as far as it is, or that was stopped. */
  readonly search: Search | undefined
  /** Grows when everything is to be asked again: a search that was stopped is gone on with, or the host is back. */
  readonly resumed: number
  /** All panes are there: keys find what they are for. */
  readonly drawn: boolean
  /** The worker died. */
  readonly crash: string | undefined
  /** What was noted about it; of a dropped file nobody else has them. */
  readonly notes: readonly Note[]
}

/** Whether a search for the filter takes long just now: it can be stopped. */
export function isSearching({ progress }: Pick<CaptureSession, 'progress'>): boolean {
  const { search } = progress.getState()
  return search !== undefined && !search.sorting && search.stoppedWith === undefined
}

export function openSession(
  capture: { readonly ref: CaptureRef; readonly name: string; readonly path?: string; readonly source?: string },
  origin: CaptureOrigin,
  part?: CapturePart,
  overview = sharedOverview(refText(capture.ref), origin),
): CaptureSession {
  const progress = createStore<SessionState>(() => ({
    progress: undefined,
    search: undefined,
    resumed: 0,
    drawn: false,
    crash: undefined,
    notes: [],
  }))
  const client = startEngine((crash) => {
    progress.setState({ crash })
  })
  const { maxPackets } = preferences.getState()
  const known = overview.store.getState().progress?.overview
  client.open(
    origin,
    (next) => {
      progress.setState({ progress: next })
    },
    (search) => {
      progress.setState({ search })
    },
    {
      ...(maxPackets !== undefined && { maxPackets }),
      ...(part && { part }),
      ...(known && { overview: known }),
    },
  )
  return {
    ref: capture.ref,
    name: capture.name,
    path: capture.path,
    source: capture.source,
    origin,
    engine: client.calls,
    progress,
    part,
    overview,
    reopen: (next) => openSession(capture, origin, next, overview),
    cancel() {
      void client.calls.cancel()
    },
    stopSearch() {
      void client.calls.stopSearch()
    },
    goOnSearching() {
      void client.calls.goOnSearching()
      this.askAgain()
    },
    askAgain() {
      progress.setState(({ resumed }) => ({ resumed: resumed + 1 }))
    },
    [Symbol.dispose]() {
      client[Symbol.dispose]()
    },
  }
}
