import { useCallback, useMemo, useRef, type ReactNode } from 'react'
import { useStore } from 'zustand'
import type { AddressName } from '../components/address.tsx'
import type { FilterUse } from '../components/filter-items.ts'
import { withCondition } from '../components/filter-text.ts'
import { FilterField, type FilterFieldHandle, type FilterFieldProps } from '../features/filter/index.tsx'
import type { CaptureSession } from './capture-session.ts'
import type { CommandRegistry } from './commands.ts'
import { nameProposals } from './name-proposals.ts'
import { preferences, rememberFilter } from './preferences.ts'
import type { ViewStore } from './view-store.ts'

interface Needed {
  readonly session: CaptureSession
  readonly view: ViewStore
  readonly commands: CommandRegistry
  /** Names are proposed for their addresses. */
  readonly names: ReadonlyMap<string, AddressName>
}

/** The display filter of the open capture: its field, and all that narrows it from elsewhere. */
export function useFilter({ session, view, commands, names }: Needed): {
  /** Adds a condition to it. */
  readonly narrow: (condition: string) => void
  readonly use: FilterUse
  readonly focus: () => void
  readonly draw: (onFind: FilterFieldProps['onFind']) => ReactNode
} {
  const applied = useStore(view.store, (state) => state.filter)
  const history = useStore(preferences, (state) => state.filterHistory)
  const field = useRef<FilterFieldHandle>(null)

  const apply = useCallback(
    (text: string) => {
      rememberFilter(text)
      view.change({ filter: text }, 'push')
    },
    [view],
  )
  const use = useMemo<FilterUse>(() => {
    const narrowed = (condition: string) => withCondition(view.store.getState().filter, condition)
    return {
      narrow: (condition) => apply(narrowed(condition)),
      prepare: (condition) => field.current?.prepare(narrowed(condition)),
    }
  }, [apply, view])
  const focus = useCallback(() => field.current?.focus(), [])
  const complete = useCallback(
    async (text: string, caret: number) => [
      ...(await session.engine.complete(text, caret)),
      ...nameProposals(text, caret, names),
    ],
    [session, names],
  )

  return {
    narrow: use.narrow,
    use,
    focus,
    draw: (onFind) => (
      <FilterField
        ref={field}
        applied={applied}
        history={history}
        check={(text) => session.engine.checkFilter(text)}
        complete={complete}
        onApply={apply}
        onFind={onFind}
        onLeave={() => commands.run('filter.stop') || commands.run('go.packets')}
      />
    ),
  }
}
