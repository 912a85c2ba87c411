import { createStore, type StoreApi } from 'zustand/vanilla'
import type { CaptureDraft } from '../features/capture-setup/index.tsx'

interface DraftsState {
  /** By context: who looks at another cluster finds what was chosen when coming back. */
  readonly drafts: ReadonlyMap<string, CaptureDraft>
  /** What was cleared last, by context, until something else is chosen there. */
  readonly cleared: ReadonlyMap<string, CaptureDraft>
}

/** What is to be captured next in each context. */
export interface CaptureDrafts {
  readonly store: StoreApi<DraftsState>
  put(draft: CaptureDraft): void
  /** Takes off all points of a context; `restore` undoes it. */
  clear(context: string): void
  restore(context: string): void
}

export function createCaptureDrafts(): CaptureDrafts {
  const store = createStore<DraftsState>(() => ({ drafts: new Map(), cleared: new Map() }))
  function put(draft: CaptureDraft): void {
    const { drafts, cleared } = store.getState()
    store.setState({ drafts: new Map(drafts).set(draft.context, draft), cleared: without(cleared, draft.context) })
  }
  return {
    store,
    put,
    clear(context) {
      const { drafts, cleared } = store.getState()
      const draft = drafts.get(context)
      if (!draft) return
      store.setState({ drafts: without(drafts, context), cleared: new Map(cleared).set(context, draft) })
    },
    restore(context) {
      const draft = store.getState().cleared.get(context)
      if (draft) put(draft)
    },
  }
}

function without<Value>(map: ReadonlyMap<string, Value>, key: string): ReadonlyMap<string, Value> {
  const rest = new Map(map)
  rest.delete(key)
  return rest
}
