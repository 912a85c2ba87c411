import { describe, expect, it } from 'vitest'
import type { TerminalFacts } from '../../../common/model/terminal.ts'
import { createDrawer, newLocal, type Drawer } from './state.ts'

const LOCAL = { kind: 'local' } as const
const host = (...ids: readonly string[]): TerminalFacts[] =>
  ids.map((id) => ({ id, target: LOCAL, title: id, state: 'running', notes: [], session: 0 }))

/** The session storage of a tab, which outlives its pages. */
function tabStorage(kept?: string) {
  const items = new Map<string, string>()
  if (kept !== undefined) items.set('hopscope.terminals', kept)
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
  }
}

/** The terminals of each tab; the tab that is shown has a star, the terminal with the focus brackets. */
function seen(drawer: Drawer): string {
  const { tabs, shown, focused, open } = drawer.store.getState()
  const slots = (tab: (typeof tabs)[number]) =>
    tab.slots.map(({ key, id = 'opening' }) => (key === focused ? `[${id}]` : id)).join(' | ')
  return `${open ? 'open' : 'shut'}: ${tabs.map((tab) => `${slots(tab)}${tab.key === shown ? '*' : ''}`).join(', ')}`
}

/** Opens one as the page does: asks the host, which names it. */
function opened(drawer: Drawer, id: string, beside = false): void {
  drawer.add(LOCAL, beside)
  const slot = drawer.store
    .getState()
    .tabs.flatMap(({ slots }) => slots)
    .find((one) => one.id === undefined)
  drawer.opened(slot?.key ?? '', id)
}

function drawerOf(storage = tabStorage(), ...ids: readonly string[]): Drawer {
  const drawer = createDrawer(storage)
  drawer.sync(host(...ids))
  return drawer
}

describe('the drawer of terminals', () => {
  it('has tabs, and in each terminals side by side', () => {
    const drawer = drawerOf()
    opened(drawer, 'a')
    opened(drawer, 'b')
    opened(drawer, 'c', true)
    expect(seen(drawer)).toBe('open: a, b | [c]*')
    drawer.sync(host('a', 'b', 'c'))
    expect(seen(drawer)).toBe('open: a, b | [c]*')
    drawer.sync(host('a', 'b'))
    expect(seen(drawer)).toBe('open: a, [b]*')
    drawer.sync(host('a'))
    expect(seen(drawer)).toBe('open: [a]*')
    drawer.sync([])
    expect(seen(drawer)).toBe('shut: ')
  })

  it('keeps one that the host has named and not told of yet', () => {
    const drawer = drawerOf(undefined, 'a')
    opened(drawer, 'b')
    drawer.sync(host('a'))
    expect(seen(drawer)).toBe('open: a, [b]*')
  })

  it('takes what it is told of while it opens one for that one', () => {
    const drawer = drawerOf()
    drawer.add(LOCAL)
    drawer.sync(host('a', 'other'))
    expect(seen(drawer)).toBe('open: [opening]*')
    const [{ slots }] = drawer.store.getState().tabs
    drawer.opened(slots[0]?.key ?? '', 'a')
    expect(seen(drawer)).toBe('open: [a]*, other')
  })

  it('gives keys to the terminal that somebody asked for, and only then', () => {
    const drawer = drawerOf(tabStorage('{"open":true,"tabs":[["a"]],"focused":"a"}'), 'a', 'b')
    const asked = () => drawer.store.getState().asked
    expect(asked()).toBe(0)
    drawer.enter(LOCAL)
    expect(asked()).toBe(1)
    drawer.enter(LOCAL)
    drawer.show(drawer.store.getState().tabs[1]?.key ?? '')
    expect([asked(), seen(drawer)]).toEqual([3, 'open: a, [b]*'])
    drawer.hide()
    expect([asked(), seen(drawer)]).toEqual([3, 'shut: a, [b]*'])
  })

  it('has the focus in the tab that is shown', () => {
    const drawer = drawerOf()
    opened(drawer, 'a')
    opened(drawer, 'b')
    const [first] = drawer.store.getState().tabs
    // Said late, of a terminal that is hidden by now.
    drawer.focus(first.slots[0]?.key ?? '')
    expect(seen(drawer)).toBe('open: a, [b]*')
  })

  it('opens a shell where there is none, once the host has said so', () => {
    const [empty, running] = [createDrawer(tabStorage()), createDrawer(tabStorage())]
    for (const drawer of [empty, running]) drawer.enter(LOCAL)
    empty.sync([])
    expect(seen(empty)).toBe('open: [opening]*')
    running.sync(host('a'))
    expect(seen(running)).toBe('open: [a]*')
  })
})

describe('a page that is loaded again', () => {
  it('has every terminal where it was', () => {
    const storage = tabStorage()
    const drawer = drawerOf(storage)
    for (const [id, beside] of [['a'], ['b'], ['c', true], ['d']] as const) opened(drawer, id, beside)
    const [, { key, slots }] = drawer.store.getState().tabs
    drawer.show(key)
    drawer.focus(slots[0]?.key ?? '')
    expect(seen(drawer)).toBe('open: a, [b] | c*, d')
    expect(seen(drawerOf(storage, 'd', 'c', 'b', 'a'))).toBe('open: a, [b] | c*, d')
    // Again, before the host has said anything.
    createDrawer(storage).enter(LOCAL)
    expect(seen(drawerOf(storage, 'd', 'c', 'b', 'a'))).toBe('open: a, [b] | c*, d')
  })

  it('leaves out what the host has no more, and puts what is new behind', () => {
    const kept = '{"open":true,"tabs":[["a"],["b","c"],["d"]],"focused":"c"}'
    expect(seen(drawerOf(tabStorage(kept), 'b', 'd', 'new'))).toBe('open: b, [d]*, new')
    expect(seen(drawerOf(tabStorage(kept)))).toBe('shut: ')
  })

  it('shows a terminal that was asked for meanwhile in front', () => {
    const drawer = createDrawer(tabStorage('{"open":false,"tabs":[["a","b"]],"focused":"b"}'))
    drawer.add(LOCAL)
    drawer.sync(host('a', 'b'))
    expect(seen(drawer)).toBe('open: a | b, [opening]*')
  })

  it('is shut where it was', () => {
    const drawer = drawerOf(tabStorage('{"open":false,"tabs":[["a","b"]],"focused":"b"}'), 'a', 'b')
    expect(seen(drawer)).toBe('shut: a | [b]*')
    drawer.enter(LOCAL)
    expect(seen(drawer)).toBe('open: a | [b]*')
  })

  it.each(['', '{', '5', 'null', '[]', '{"tabs":5}', '{"tabs":[5,["a",5,"a"],["a"],[]],"focused":[]}'])(
    'starts anew with what it cannot understand: %s',
    (kept) => {
      expect(seen(drawerOf(tabStorage(kept), 'a'))).toBe('shut: [a]*')
    },
  )
})

describe('a new shell on this machine', () => {
  const pod = { kind: 'container' as const, context: 'prod', namespace: 'shop', pod: 'web', container: 'app' }
  it.each([
    ['all namespaces of the context', { kind: 'local' as const, context: 'prod' }, pod, 'shop'],
    ['a namespace', { kind: 'local' as const, context: 'prod', namespace: 'edge' }, pod, 'edge'],
    ['another context', { kind: 'local' as const, context: 'test' }, pod, undefined],
    ['nothing beside it', { kind: 'local' as const, context: 'prod' }, undefined, undefined],
    [
      'a node beside it',
      { kind: 'local' as const, context: 'prod' },
      { kind: 'node' as const, context: 'prod', node: 'a' },
      undefined,
    ],
  ])('is in the right namespace where the window shows %s', (_what, usual, beside, namespace) => {
    const target = newLocal(usual, beside)
    expect(target).toMatchObject({ kind: 'local', context: usual.context })
    expect('namespace' in target ? target.namespace : undefined).toBe(namespace)
  })
})
