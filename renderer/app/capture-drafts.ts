import { createStore, type StoreApi } from 'zustand/vanilla'
import type { PointTarget } from '../../common/model/live-capture.ts'
import { isSameCapture, type CaptureDraft } from '../features/capture-setup/order.ts'

interface DraftsState {
  /** By context: who looks at another cluster finds what was chosen when coming back. */
  readonly drafts: ReadonlyMap<string, CaptureDraft>
  /** What was chosen before its last point was taken off or a repetition took its place, by context, until something else is chosen there. */
  readonly cleared: ReadonlyMap<string, CaptureDraft>
}

/** What is to be captured next in each context. */
export interface CaptureDrafts {
  readonly store: StoreApi<DraftsState>
  /** Without points it keeps its setup for those that are chosen next; `restore` undoes that too. */
  put(draft: CaptureDraft): void
  /** In place of all that was chosen in its context; `restore` undoes it. */
  replace(draft: CaptureDraft): void
  /** Takes off all points of a context; `restore` undoes it. */
  clear(context: string): void
  restore(context: string): void
}

export function createCaptureDrafts(): CaptureDrafts {
  const store = createStore<DraftsState>(() => ({ drafts: new Map(), cleared: new Map() }))
  function put(draft: CaptureDraft): void {
    const { drafts, cleared } = store.getState()
    const { context, targets } = draft
    const before = drafts.get(context)
    if (targets.length > 0) store.setState({ cleared: without(cleared, context) })
    else if (before?.targets.length) store.setState({ cleared: new Map(cleared).set(context, before) })
    store.setState({ drafts: new Map(drafts).set(context, draft) })
  }
  return {
    store,
    put,
    replace(draft) {
      const { context } = draft
      const before = store.getState().drafts.get(context)
      // What is the same needs no way back, and leaves the one there is.
      if (before && isSameCapture(before, draft)) return
      put(draft)
      if (before?.targets.length) store.setState(({ cleared }) => ({ cleared: new Map(cleared).set(context, before) }))
    },
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

/** What a capture is called once points are taken off: not after one of these. */
export function titleWithout({ title, targets }: CaptureDraft, left: readonly PointTarget[]): string {
  const [first] = left
  if (first === undefined) return title
  if (left.length === 1) return titleOfPoint(first)
  const isLeft = new Set(left.map(titleOfPoint))
  const named = title.replace(/ and more$/, '')
  const isGone = targets.some((target) => titleOfPoint(target) === named) && !isLeft.has(named)
  return isGone ? `${titleOfPoint(first)} and more` : title
}

const titleOfPoint = (target: PointTarget) =>
  target.kind === 'pod' ? `${target.namespace}/${target.pod}` : target.node

function without<Value>(map: ReadonlyMap<string, Value>, key: string): ReadonlyMap<string, Value> {
  const rest = new Map(map)
  rest.delete(key)
  return rest
}
