import { useMemo } from 'react'
import type { View } from './view.ts'
import type { ViewStore } from './view-store.ts'

/**
 * The view as those see it who know rows of what is read: the URL names packets by their place in the file, whichever part is open, and
 * `before` of them are in front of row 0. A packet in front of the part is none that is selected.
 */
export function viewOfPart(view: ViewStore, before: number): ViewStore {
  if (before === 0) return view
  const { store } = view
  const within = (row: number | undefined) => (row === undefined || row < before ? undefined : row - before)
  const inFile = (row: number | undefined) => (row === undefined ? undefined : row + before)
  let last: { readonly of: View; readonly is: View } | undefined
  function seen(state: View): View {
    // The same object for the same view: readers compare.
    if (last?.of !== state) {
      last = { of: state, is: { ...state, row: within(state.row), reference: within(state.reference) } }
    }
    return last.is
  }
  return {
    ...view,
    store: {
      getState: () => seen(store.getState()),
      getInitialState: () => seen(store.getInitialState()),
      subscribe: (listener) => store.subscribe((now, previous) => listener(seen(now), seen(previous))),
    },
    change: (change, step) =>
      view.change(
        {
          ...change,
          ...('row' in change && { row: inFile(change.row) }),
          ...('reference' in change && { reference: inFile(change.reference) }),
        },
        step,
      ),
  }
}

export function useViewOfPart(view: ViewStore, before: number): ViewStore {
  return useMemo(() => viewOfPart(view, before), [view, before])
}
