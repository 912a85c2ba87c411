import { describe, expect, it } from 'vitest'
import { createStore } from 'zustand/vanilla'
import { goToRow, rowOfFrame } from './packet-search.ts'
import { viewFromSearch, type View } from './view.ts'

describe('the number of a packet', () => {
  it('is counted from 1, with or without separators', () => {
    expect(rowOfFrame('1', 0, 10)).toEqual({ row: 0 })
    expect(rowOfFrame(' 2,162 ', 0, 3000)).toEqual({ row: 2161 })
  })

  it('is that of the file where only a part of it is read', () => {
    expect(rowOfFrame('1001', 1000, 10)).toEqual({ row: 0 })
    expect(rowOfFrame('1010', 1000, 10)).toEqual({ row: 9 })
    expect(rowOfFrame('1000', 1000, 10)).toHaveProperty('problem')
    expect(rowOfFrame('1011', 1000, 10)).toHaveProperty('problem')
  })

  it('is refused when it is none', () => {
    for (const text of ['', '-1', '0', 'x', '1e3', '11']) expect(rowOfFrame(text, 0, 10)).toHaveProperty('problem')
    expect(rowOfFrame('1', 0, 0)).toEqual({ problem: 'There is no packet yet.' })
  })
})

describe('going to a packet', () => {
  const store = createStore<View>(() => viewFromSearch('?filter=dns'))
  const view = { store, change: (change: Partial<View>) => store.setState(change) }
  const session = (position: () => Promise<{ found: boolean }>) => ({
    engine: { select: () => Promise.resolve({ id: 1 }), position },
  })

  it('selects it, and says nothing where the list shows it', async () => {
    expect(
      await goToRow(
        session(async () => ({ found: true })),
        view,
        7,
      ),
    ).toBeUndefined()
    expect(store.getState().row).toBe(7)
  })

  it('says that the list does not show it', async () => {
    const said = await goToRow(
      session(async () => ({ found: false })),
      view,
      8,
    )
    expect(said).toMatch(/^This packet is not among those listed/)
    expect(store.getState().row).toBe(8)
  })

  it('says why it failed, but not that the person went on to something else', async () => {
    const failing = (error: Error) =>
      goToRow(
        session(() => Promise.reject(error)),
        view,
        9,
      )
    expect(await failing(new Error('The file was replaced'))).toBe('Could not search: The file was replaced')
    expect(await failing(Object.assign(new Error('x'), { name: 'Cancelled' }))).toBeUndefined()
  })
})
