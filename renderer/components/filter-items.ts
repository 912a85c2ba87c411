import { createContext } from 'react'
import type { MenuItem } from './context-menu.tsx'

/** What can be done with a condition of a display filter. */
export interface FilterUse {
  /** Applies it besides what is applied already. */
  readonly narrow: (condition: string) => void
  /** Puts it into the field besides what is applied, to be edited there. */
  readonly prepare: (condition: string) => void
}

export const FilterUseContext = createContext<FilterUse>({ narrow: () => undefined, prepare: () => undefined })

/** Without `condition` there is nothing to filter on: the items are there, so that one sees why not. */
export function filterItems(condition: string | undefined, { narrow, prepare }: FilterUse): readonly MenuItem[] {
  const disabled = condition === undefined
  const text = condition ?? ''
  return [
    { title: 'Apply as filter', hint: condition ?? 'no field', disabled, run: () => narrow(text) },
    { title: 'Filter it out', hint: disabled ? '' : '!(…)', disabled, run: () => narrow(`!(${text})`) },
    { title: 'Prepare as filter', disabled, run: () => prepare(text) },
  ]
}
