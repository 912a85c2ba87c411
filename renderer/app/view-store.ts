import { createStore, type StoreApi } from 'zustand/vanilla'
import { viewFromSearch, viewToSearch, type View } from './view.ts'

/** What a change means for the browser's history: a step one can go back from, or only a nearer description of this one. */
export type HistoryStep = 'push' | 'replace'

export interface ViewStore {
  readonly store: Omit<StoreApi<View>, 'setState'>
  /** Changes parts of the view; an `undefined` removes the part. */
  change(change: Partial<View>, step?: HistoryStep): void
  [Symbol.dispose](): void
}

/** Keeps the view and the URL the same, both ways. URL writes are gathered: browsers refuse more than a few a second. */
export function createViewStore(window: Window): ViewStore {
  const { history, location } = window
  const store = createStore<View>(() => viewFromSearch(location.search))
  let timer = 0
  let pendingPush = false

  function write(): void {
    timer = 0
    const url = location.pathname + viewToSearch(store.getState()) + location.hash
    const current = location.pathname + location.search + location.hash
    if (url === current) return
    if (pendingPush) history.pushState(null, '', url)
    else history.replaceState(null, '', url)
    pendingPush = false
  }

  function back(): void {
    window.clearTimeout(timer)
    timer = 0
    store.setState(viewFromSearch(location.search), true)
  }
  window.addEventListener('popstate', back)

  return {
    store,
    change(change, step = 'replace') {
      // A push must not swallow a description still waiting to be written to the entry we leave.
      if (step === 'push' && timer) {
        window.clearTimeout(timer)
        write()
      }
      store.setState({ ...store.getState(), ...change }, true)
      if (step === 'push') pendingPush = true
      if (!timer) timer = window.setTimeout(write, step === 'push' ? 0 : 200)
    },
    [Symbol.dispose]() {
      window.clearTimeout(timer)
      window.removeEventListener('popstate', back)
    },
  }
}
