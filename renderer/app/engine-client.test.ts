import { afterEach, beforeEach, expect, it, vi } from 'vitest'

/** Of a worker what a page sees. */
class PageWorker extends EventTarget {
  static readonly started: PageWorker[] = []
  onerror: ((event: { readonly message: string }) => void) | undefined
  ended = false

  constructor() {
    super()
    PageWorker.started.push(this)
  }

  postMessage(): void {}

  terminate(): void {
    this.ended = true
  }
}

beforeEach(() => {
  vi.resetModules()
  PageWorker.started.length = 0
  vi.stubGlobal('Worker', PageWorker)
})
afterEach(() => {
  vi.unstubAllGlobals()
})

it('is for the first capture the engine that was prepared, for others one of their own', async () => {
  const { prepareEngine, startEngine } = await import('./engine-client.ts')
  prepareEngine()
  expect(PageWorker.started).toHaveLength(1)
  const first = startEngine(() => undefined)
  expect(PageWorker.started).toHaveLength(1)
  startEngine(() => undefined)
  expect(PageWorker.started).toHaveLength(2)
  first[Symbol.dispose]()
  expect(PageWorker.started.map(({ ended }) => ended)).toEqual([true, false])
})

it('is another one where the prepared one could not be loaded; who loses theirs is told', async () => {
  const { prepareEngine, startEngine } = await import('./engine-client.ts')
  prepareEngine()
  PageWorker.started[0].onerror?.({ message: '' })
  const crashes: string[] = []
  startEngine((reason) => crashes.push(reason))
  expect(PageWorker.started).toHaveLength(2)
  PageWorker.started[1].onerror?.({ message: '' })
  PageWorker.started[1].onerror?.({ message: 'out of memory' })
  expect(crashes).toEqual(['The engine could not be started.', 'The engine stopped: out of memory'])
})
