import type { TerminalFacts } from '../../../common/model/terminal.ts'
import type { DrawerState, Tab } from './state.ts'

/** Which terminals are where, by the ids that the host gave them. */
export interface Layout {
  readonly open: boolean
  /** The terminals of each tab, side by side. */
  readonly tabs: readonly (readonly string[])[]
  /** The terminal that has the focus, or had it last; its tab is the one that is shown. */
  readonly focused: string | undefined
}

const KEY = 'hopscope.terminals'

export function writeLayout(storage: Pick<Storage, 'setItem'>, { open, tabs, focused }: DrawerState): void {
  const slots = tabs.flatMap((tab) => tab.slots)
  const layout: Layout = {
    open,
    tabs: tabs.map((tab) => tab.slots.flatMap(({ id }) => id ?? [])),
    focused: slots.find(({ key }) => key === focused)?.id,
  }
  storage.setItem(KEY, JSON.stringify(layout))
}

/** Undefined where nothing was kept that can be understood. */
export function readLayout(storage: Pick<Storage, 'getItem'>): Layout | undefined {
  try {
    const kept: unknown = JSON.parse(storage.getItem(KEY) ?? 'null')
    if (typeof kept !== 'object' || kept === null || !('tabs' in kept) || !Array.isArray(kept.tabs)) return undefined
    const tabs = kept.tabs.map((tab: unknown) => (Array.isArray(tab) ? tab.filter((id) => typeof id === 'string') : []))
    const focused = 'focused' in kept && typeof kept.focused === 'string' ? kept.focused : undefined
    return { open: 'open' in kept && kept.open === true, tabs, focused }
  } catch {
    return undefined
  }
}

/** The tabs of a layout, as far as the host still has their terminals. The drawer is open where it was and something is in it. */
export function restored(
  layout: Layout,
  facts: readonly TerminalFacts[],
  newKey: (prefix: string) => string,
): Pick<DrawerState, 'open' | 'tabs' | 'shown' | 'focused'> {
  const left = new Set(facts.map(({ id }) => id))
  const tabs: Tab[] = layout.tabs.map((ids) => ({
    key: newKey('tab'),
    // Each once, whatever was kept.
    slots: ids.filter((id) => left.delete(id)).map((id) => ({ key: newKey('slot'), id })),
  }))
  const shown = tabs.find(({ slots }) => slots.some(({ id }) => id === layout.focused))
  const focused = shown?.slots.find(({ id }) => id === layout.focused)
  return { open: layout.open && facts.length > 0, tabs, shown: shown?.key, focused: focused?.key }
}
