import { proxy, releaseProxy, wrap, type Remote } from 'comlink'
import type { CaptureOrigin } from '../worker/byte-source.ts'
import type { EngineService, OpenOptions, OverviewProgress, Progress, Search } from '../worker/engine-service.ts'

/** The engine of one capture, in its own worker: several captures do not wait for each other, and closing one frees all of it. */
export interface EngineClient extends Disposable {
  readonly calls: Remote<EngineService>
  /** Starts reading; `onProgress` until the last one, whose phase is not `reading`. */
  open(
    origin: CaptureOrigin,
    onProgress: (progress: Progress) => void,
    onSearch: (search: Search | undefined) => void,
    wanted: OpenOptions,
  ): void
  /** Instead: an overview of all of it. */
  overview(origin: CaptureOrigin, onProgress: (progress: OverviewProgress) => void): void
}

let prepared: Worker | undefined

/** Loads the engine's code for the first capture while the page does something else. */
export function prepareEngine(): void {
  prepared = engineWorker()
  prepared.onerror = () => (prepared = undefined)
}

function engineWorker(): Worker {
  return new Worker(new URL('../engine-worker.ts', import.meta.url), { type: 'module', name: 'engine' })
}

/** @param onCrash told once, in words for the person, when the worker has died: nothing more will be answered. */
export function startEngine(onCrash: (reason: string) => void): EngineClient {
  const worker = prepared ?? engineWorker()
  prepared = undefined
  const calls = wrap<EngineService>(worker)
  worker.onerror = (event) => {
    onCrash(event.message ? `The engine stopped: ${event.message}` : 'The engine could not be started.')
  }
  const failed = (error: unknown) => {
    onCrash(`The engine stopped: ${error instanceof Error ? error.message : String(error)}`)
  }
  return {
    calls,
    open(origin, onProgress, onSearch, wanted) {
      calls.onSearch(proxy(onSearch)).catch(() => undefined)
      calls.open(origin, proxy(onProgress), wanted).catch(failed)
    },
    overview(origin, onProgress) {
      calls.overview(origin, proxy(onProgress)).catch(failed)
    },
    [Symbol.dispose]() {
      calls[releaseProxy]()
      worker.terminate()
    },
  }
}
