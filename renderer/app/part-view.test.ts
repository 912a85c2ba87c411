import { describe, expect, it } from 'vitest'
import { createStore } from 'zustand/vanilla'
import { viewOfPart } from './part-view.ts'
import { START_VIEW, type View } from './view.ts'
import type { ViewStore } from './view-store.ts'

function viewStore(view: Partial<View>): ViewStore {
  const store = createStore<View>(() => ({ ...START_VIEW, ...view }))
  return {
    store,
    change: (change) => store.setState({ ...store.getState(), ...change }, true),
    [Symbol.dispose]: () => undefined,
  }
}

describe('the view of a part of a capture', () => {
  it('has the rows of the part, where the URL names the packets of the file', () => {
    const view = viewStore({ row: 503, reference: 500 })
    const part = viewOfPart(view, 500)
    expect(part.store.getState()).toMatchObject({ row: 3, reference: 0 })
    expect(part.store.getState()).toBe(part.store.getState())
    part.change({ row: 7, filter: 'tcp' })
    expect(view.store.getState()).toMatchObject({ row: 507, reference: 500, filter: 'tcp' })
    part.change({ row: undefined, reference: 2 })
    expect(view.store.getState()).toMatchObject({ row: undefined, reference: 502 })
    part.change({ filter: '' })
    expect(view.store.getState()).toMatchObject({ reference: 502, filter: '' })
  })

  it('has none selected that is in front of it, and keeps it for the URL', () => {
    const view = viewStore({ row: 3 })
    const part = viewOfPart(view, 500)
    expect(part.store.getState().row).toBeUndefined()
    part.change({ filter: 'tcp' })
    expect(view.store.getState().row).toBe(3)
  })

  it('tells its readers of changes, in rows of the part', () => {
    const view = viewStore({ row: 501 })
    const part = viewOfPart(view, 500)
    const told: unknown[] = []
    const leave = part.store.subscribe((now, before) => told.push([before.row, now.row]))
    view.change({ row: 509 })
    leave()
    view.change({ row: 510 })
    expect(told).toEqual([[1, 9]])
  })

  it('is the view itself where the capture is read from its start', () => {
    const view = viewStore({ row: 3 })
    expect(viewOfPart(view, 0)).toBe(view)
  })
})
