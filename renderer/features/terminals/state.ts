import { createStore, type StoreApi } from 'zustand/vanilla'
import type { TerminalFacts, TerminalTarget } from '../../../common/model/terminal.ts'
import { readLayout, restored, writeLayout } from './layout.ts'

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
  /** Key of the slot that has the focus, or had it last: one of those in the tab that is shown. */
  readonly focused: string | undefined
  /** What the host has, as it said last; undefined before it has said anything. */
  readonly facts: readonly TerminalFacts[] | undefined
  /** Grows whenever somebody asks for a terminal: the focused one takes the keys. */
  readonly asked: number
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
  hide(): void
  /** Opens the drawer on what is there, or on a new shell when nothing is. */
  enter(target: TerminalTarget): void
}

const START: DrawerState = {
  open: false,
  tabs: [],
  shown: undefined,
  focused: undefined,
  facts: undefined,
  asked: 0,
}

/** @param storage of this tab: a page that is loaded again shows each terminal where it was */
export function createDrawer(storage: Pick<Storage, 'getItem' | 'setItem'> = sessionStorage): Drawer {
  const store = createStore<DrawerState>(() => START)
  /** From before the page was loaded; used up when the host has said what there is. */
  let before = readLayout(storage)
  let wanted: TerminalTarget | undefined
  let keys = 0
  /** Those that the host has told of: one that it tells of no more is gone, one that it has not told of yet is not. */
  const seen = new Set<string>()
  const next = (prefix: string) => `${prefix}-${++keys}`

  function setTabs(tabs: readonly Tab[], change: Partial<DrawerState> = {}): void {
    const left = tabs.filter(({ slots }) => slots.length > 0)
    const state = { ...store.getState(), ...change }
    const shown = left.some(({ key }) => key === state.shown) ? state.shown : left.at(-1)?.key
    const inShown = left.find(({ key }) => key === shown)?.slots ?? []
    const focused = inShown.some(({ key }) => key === state.focused) ? state.focused : inShown.at(-1)?.key
    const open = state.open && (left.length > 0 || state.tabs.length === 0)
    store.setState({ ...state, open, tabs: left, shown, focused })
  }

  const ask = (): Pick<DrawerState, 'open' | 'asked'> => ({ open: true, asked: store.getState().asked + 1 })

  /** Brings the tabs in line with what the host has. */
  function adopt(): void {
    const { tabs, facts = [] } = store.getState()
    const there = new Set(facts.map(({ id }) => id))
    for (const id of there) seen.add(id)
    const kept = tabs.map((tab) => ({
      ...tab,
      slots: tab.slots.filter(({ id }) => id === undefined || there.has(id) || !seen.has(id)),
    }))
    const known = new Set(tabs.flatMap(({ slots }) => slots.map(({ id }) => id)))
    // While one is being opened an unknown one may be just that.
    const strangers = known.has(undefined) ? [] : [...there].filter((id) => !known.has(id))
    const added = strangers.map((id) => ({ key: next('tab'), slots: [{ key: next('slot'), id }] }))
    if (added.length === 0 && kept.every((tab, i) => tab.slots.length === tabs[i].slots.length)) return
    setTabs([...kept, ...added])
  }

  function add(target: TerminalTarget, beside = false): void {
    const { tabs, shown } = store.getState()
    const slot: Slot = { key: next('slot'), target }
    if (beside && shown !== undefined) {
      const widened = tabs.map((tab) => (tab.key === shown ? { ...tab, slots: [...tab.slots, slot] } : tab))
      setTabs(widened, { ...ask(), focused: slot.key })
      return
    }
    const tab: Tab = { key: next('tab'), slots: [slot] }
    setTabs([...tabs, tab], { ...ask(), shown: tab.key, focused: slot.key })
  }

  store.subscribe((state) => {
    // Until then it says nothing of what there was.
    if (state.facts && !before) writeLayout(storage, state)
  })

  return {
    store,
    add,
    opened(key, id) {
      const { tabs } = store.getState()
      const named = (slot: Slot): Slot => (slot.key === key ? { key, id } : slot)
      setTabs(tabs.map((tab) => ({ ...tab, slots: tab.slots.map(named) })))
      adopt()
    },
    sync(facts) {
      if (before) {
        const { open, tabs, ...state } = store.getState()
        const there = restored(before, facts, next)
        before = undefined
        // What was asked for since stays in front.
        const front = tabs.length > 0 ? state : there
        setTabs([...there.tabs, ...tabs], { shown: front.shown, focused: front.focused, open: open || there.open })
      }
      store.setState({ facts })
      adopt()
      const target = wanted
      wanted = undefined
      if (target && store.getState().tabs.length === 0) add(target)
    },
    remove(key) {
      const { tabs } = store.getState()
      setTabs(tabs.map((tab) => ({ ...tab, slots: tab.slots.filter((slot) => slot.key !== key) })))
      adopt()
    },
    show(tab) {
      setTabs(store.getState().tabs, { ...ask(), shown: tab })
    },
    focus(slot) {
      setTabs(store.getState().tabs, { focused: slot })
    },
    hide() {
      store.setState({ open: false })
    },
    enter(target) {
      const { tabs, facts } = store.getState()
      store.setState(ask())
      if (!facts) wanted = target
      else if (tabs.length === 0) add(target)
    },
  }
}

/** A new shell on this machine. Its kubectl is where the window is; where that shows all namespaces, in that of the pod whose terminal it is beside. */
export function newLocal(usual: TerminalTarget, beside: TerminalTarget | undefined): TerminalTarget {
  if (usual.kind !== 'local' || usual.namespace !== undefined || !beside || !('namespace' in beside)) return usual
  return beside.context === usual.context ? { ...usual, namespace: beside.namespace } : usual
}
