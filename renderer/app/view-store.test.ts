import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { NOTHING_SELECTED } from './captures.ts'
import { createViewStore } from './view-store.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

/** As much of a window as the store asks for. */
function pageAt(search: string) {
  const location = { pathname: '/', search, hash: '' }
  const go = (_state: unknown, _title: string, url: string) => {
    location.search = url.slice(1)
  }
  const page = Object.assign(new EventTarget(), {
    location,
    history: { pushState: go, replaceState: go },
    setTimeout: globalThis.setTimeout,
    clearTimeout: globalThis.clearTimeout,
  })
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only these parts of a window are used
  return { location, view: createViewStore(page as unknown as Window) }
}

it('keeps what the lane is of when another capture is opened right after the choice, in the URL too', () => {
  const { location, view } = pageAt('?sample=loss-episode')
  view.change({ latency: 'dns' }, 'push')
  view.change({ ...NOTHING_SELECTED, capture: { kind: 'sample', name: 'dns-5s' } }, 'push')
  vi.runAllTimers()
  expect(view.store.getState()).toMatchObject({ latency: 'dns', capture: { name: 'dns-5s' } })
  expect(location.search).toBe('?sample=dns-5s&latency=dns')
})
