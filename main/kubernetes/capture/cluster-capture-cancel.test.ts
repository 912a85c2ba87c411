import { join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import type { ApiConnection } from '../api-connection.ts'
import { DEFAULT_SETTINGS } from './capture-container.ts'
import { CapturePoint } from './capture-point.ts'
import { ClusterCapture } from './cluster-capture.ts'
import { Ledger } from './ledger.ts'

afterEach(() => void vi.restoreAllMocks())

it('says that it was cancelled, and removes also what a point made that heard of it late', async () => {
  const late = Promise.withResolvers<void>()
  const preparing = vi.spyOn(CapturePoint.prototype, 'prepare').mockImplementation(async function (
    this: CapturePoint,
    { signal },
  ) {
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    if (this.id === 0) {
      await aborted
      throw new DOMException('The operation was aborted', 'AbortError')
    }
    await late.promise
  })
  const removed: number[] = []
  vi.spyOn(CapturePoint.prototype, 'release').mockImplementation(async function (this: CapturePoint) {
    removed.push(this.id)
  })
  const folder = temporaryFolder()
  const capture = ClusterCapture.create({
    connection: {} as ApiConnection,
    context: 'c',
    container: DEFAULT_SETTINGS,
    debugNamespace: 'debug',
    ledger: new Ledger(join(folder, 'ledger.jsonl')),
    file: join(folder, 'c.pcapng'),
    targets: ['node-a', 'node-b'].map((node) => ({ kind: 'node', node })),
    capture: { filter: '', snapLength: 0 },
  })
  const done = expect(capture.run()).rejects.toThrow('Cancelled before the capture began.')
  await vi.waitFor(() => expect(preparing).toHaveBeenCalledTimes(2))
  await capture.stop()
  await done
  expect(removed).toEqual([0, 1])
  late.resolve()
  await vi.waitFor(() => expect(removed).toEqual([0, 1, 1]))
})
