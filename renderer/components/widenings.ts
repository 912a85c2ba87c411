import type { Scope } from './query-of.ts'

/** The part of the view's store that changes it. */
interface ScopeView {
  readonly change: (change: Partial<Scope>, step: 'push') => void
}

/** One button for each condition that narrows what is shown, which lifts that one: for where nothing is left. */
export function widenings(
  view: ScopeView,
  { filter, range, conversation }: Scope,
): readonly { readonly title: string; readonly run: () => void }[] {
  return [
    ...(filter ? [{ title: 'Clear the filter', run: () => view.change({ filter: '' }, 'push') }] : []),
    ...(range ? [{ title: 'Show all times', run: () => view.change({ range: undefined }, 'push') }] : []),
    ...(conversation === undefined
      ? []
      : [{ title: 'Show all conversations', run: () => view.change({ conversation: undefined }, 'push') }]),
  ]
}

/** What no packet does where nothing is left: "matches the filter and lies in the selected time". */
export function unmet({ filter, range }: Scope): string {
  return [filter && 'matches the filter', range && 'lies in the selected time'].filter(Boolean).join(' and ')
}
