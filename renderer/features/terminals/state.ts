import { createStore, type StoreApi } from 'zustand/vanilla'
import type { TerminalFacts, TerminalTarget } from '../../../common/model/terminal.ts'

/** A place for a terminal: one of the host's, or one that is about to be opened. */
export interface Slot {
  readonly key: string
  readonly target?: TerminalTarget
  readonly id?: string
}

/** One tab: terminals side by side. */
export interface Tab {
  readonly key: string
  readonly slots: readonly Slot[]
}

export interface DrawerState {
  readonly open: boolean
  readonly tabs: readonly Tab[]
  /** Key of the tab that is shown. */
  readonly shown: string | undefined
  /** Key of the slot that has the focus, or had it last. */
  readonly focused: string | undefined
}

export interface Drawer {
  readonly store: StoreApi<DrawerState>
  /** Opens a shell, in a tab of its own or beside the one that has the focus. */
  add(target: TerminalTarget, beside?: boolean): void
  /** The host has opened it. */
  opened(key: string, id: string): void
  /** What the host has now: those of other windows, or of this one before a reload, get a tab; those that are gone lose theirs. */
  sync(facts: readonly TerminalFacts[]): void
  remove(key: string): void
  show(tab: string): void
  focus(slot: string): void
  toggle(open?: boolean): void
  /** Opens the drawer on what is there, or on a new shell when nothing is. */
  enter(target: TerminalTarget): void
}

const START: DrawerState = { open: false, tabs: [], shown: undefined, focused: undefined }
/** A page that is loaded again shows the terminals where it did before. */
const OPEN_KEY = 'hopscope.terminals.open'

export function createDrawer(): Drawer {
  const store = createStore<DrawerState>(() => START)
  let keys = 0
  /** The host has said what there is. */
  let synced = false
  let wanted: TerminalTarget | undefined
  /** Those that the host has told of: one that it tells of no more is gone, one that it has not told of yet is not. */
  const seen = new Set<string>()
  const next = (prefix: string) => `${prefix}-${++keys}`

  function setTabs(tabs: readonly Tab[], change: Partial<DrawerState> = {}): void {
    const left = tabs.filter(({ slots }) => slots.length > 0)
    const state = { ...store.getState(), ...change }
    const shown = left.some(({ key }) => key === state.shown) ? state.shown : left.at(-1)?.key
    const inShown = left.find(({ key }) => key === shown)?.slots ?? []
    const focused = inShown.some(({ key }) => key === state.focused) ? state.focused : inShown.at(-1)?.key
    store.setState(
      { open: state.open && (left.length > 0 || state.tabs.length === 0), tabs: left, shown, focused },
      true,
    )
  }

  function adopt(facts: readonly TerminalFacts[]): void {
    const { tabs } = store.getState()
    const slots = tabs.flatMap((tab) => tab.slots)
    const there = new Set(facts.map(({ id }) => id))
    for (const id of there) seen.add(id)
    const kept = tabs.map((tab) => ({
      ...tab,
      slots: tab.slots.filter(({ id }) => id === undefined || there.has(id) || !seen.has(id)),
    }))
    // While one is being opened an unknown one may be just that.
    const known = new Set(slots.map(({ id }) => id))
    const strangers = known.has(undefined) ? [] : facts.filter(({ id }) => !known.has(id))
    const added = strangers.map(({ id }) => ({ key: next('tab'), slots: [{ key: next('slot'), id }] }))
    if (added.length === 0 && kept.every((tab, i) => tab.slots.length === tabs[i].slots.length)) return
    setTabs([...kept, ...added])
  }

  function add(target: TerminalTarget, beside = false): void {
    const { tabs, shown } = store.getState()
    const slot: Slot = { key: next('slot'), target }
    if (beside && shown !== undefined) {
      const widened = tabs.map((tab) => (tab.key === shown ? { ...tab, slots: [...tab.slots, slot] } : tab))
      setTabs(widened, { open: true, focused: slot.key })
      return
    }
    const tab: Tab = { key: next('tab'), slots: [slot] }
    setTabs([...tabs, tab], { open: true, shown: tab.key, focused: slot.key })
  }

  store.subscribe(({ open }) => (open ? sessionStorage.setItem(OPEN_KEY, '1') : sessionStorage.removeItem(OPEN_KEY)))

  return {
    store,
    add,
    opened(key, id) {
      const { tabs } = store.getState()
      const named = (slot: Slot): Slot => (slot.key === key ? { key, id } : slot)
      setTabs(tabs.map((tab) => ({ ...tab, slots: tab.slots.map(named) })))
    },
    sync(facts) {
      adopt(facts)
      const { tabs } = store.getState()
      if (!synced && tabs.length > 0 && sessionStorage.getItem(OPEN_KEY)) store.setState({ open: true })
      synced = true
      const target = wanted
      wanted = undefined
      if (target && tabs.length === 0) add(target)
    },
    remove(key) {
      const { tabs } = store.getState()
      setTabs(tabs.map((tab) => ({ ...tab, slots: tab.slots.filter((slot) => slot.key !== key) })))
    },
    show(tab) {
      setTabs(store.getState().tabs, { shown: tab, open: true })
    },
    focus(slot) {
      store.setState({ focused: slot })
    },
    toggle(open = !store.getState().open) {
      store.setState({ open })
    },
    enter(target) {
      store.setState({ open: true })
      if (!synced) wanted = target
      else if (store.getState().tabs.length === 0) add(target)
    },
  }
}
