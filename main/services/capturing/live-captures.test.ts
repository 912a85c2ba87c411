import { readFile, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { HostError } from '../../../common/host-error.ts'
import type { ClusterCaptureStatus } from '../../../common/model/cluster-capture.ts'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import { ClusterCapture } from '../../kubernetes/capture/cluster-capture.ts'
import { CaptureStore } from './capture-store.ts'
import { LiveCaptures, type LiveCapturesNeeds } from './live-captures.ts'

afterEach(() => void vi.restoreAllMocks())

const ORDER = {
  context: 'c',
  title: 'web',
  targets: [{ kind: 'pod', namespace: 'shop', pod: 'web' }],
  filter: '',
  snapLength: 0,
} as const

/** The captures of a host that can't serve any; what it made, as ClusterCapture.create does. */
function host() {
  const dataFolder = temporaryFolder()
  const store = new CaptureStore(dataFolder, { dataFolder, samplesFolder: '/none' })
  const reports: string[] = []
  const needs: Partial<LiveCapturesNeeds> = {
    contexts: {
      open: () => Promise.resolve({ connection: {}, context: { name: 'c', namespace: 'shop' } }),
    } as unknown as LiveCapturesNeeds['contexts'],
    book: { captureSettings: () => ({ image: 'i', imagePullSecrets: [] }) } as unknown as LiveCapturesNeeds['book'],
    store,
    served: {
      openGrowing: () => Promise.reject(new Error('too many files are open')),
    } as unknown as LiveCapturesNeeds['served'],
    recent: { add: () => Promise.resolve() } as unknown as LiveCapturesNeeds['recent'],
    report: (where, error) => reports.push(`${where}: ${String(error)}`),
  }
  return { store, reports, captures: new LiveCaptures(needs as LiveCapturesNeeds) }
}

/** One has been started that has ten bytes in its file. */
async function started() {
  const { store, reports, captures } = host()
  const running = Promise.withResolvers<ClusterCaptureStatus>()
  let status: ClusterCaptureStatus | undefined
  const capture: Partial<ClusterCapture> = {
    id: 'x',
    run: () => running.promise,
    stop: () => Promise.resolve(),
    leave: () => running.reject(new HostError('unavailable', 'Hopscope ended before all was fetched.')),
  }
  let changed = (_status: ClusterCaptureStatus) => undefined as void
  vi.spyOn(ClusterCapture, 'create').mockImplementation(({ file, onChange = changed }) => {
    status = { id: 'x', context: 'c', state: 'capturing', file, bytes: 10, packets: 1, startedAt: 1, points: [] }
    changed = onChange
    return Object.defineProperty(capture, 'status', { get: () => status }) as ClusterCapture
  })
  await captures.start(ORDER)
  const path = status?.file ?? ''
  await writeFile(path, 'ten bytes.')
  if (status) changed(status)
  const say = (news: Partial<ClusterCaptureStatus>) => {
    if (status) changed((status = { ...status, ...news }))
  }
  const end = (last: Partial<ClusterCaptureStatus>) => {
    if (status) running.resolve((status = { ...status, ...last }))
  }
  return { captures, store, path, name: basename(path), reports, say, end }
}

describe('the captures of a host', () => {
  it('keep what was captured also where it could not be served', async () => {
    const { store, path, name, reports, end } = await started()
    end({ state: 'complete' })
    await vi.waitFor(async () => expect((await store.about(name))?.state).toBe('complete'))
    expect(await readFile(path, 'utf8')).toBe('ten bytes.')
    expect(reports).toEqual(['capturing.serve: Error: too many files are open'])
  })

  it('are left as they are where they do not end in time, and that is written before the host ends', async () => {
    const { captures, store, path, name } = await started()
    await captures.close(10)
    expect((await store.about(name))?.state).toBe('incomplete')
    expect(await readFile(path, 'utf8')).toBe('ten bytes.')
  })

  it('are waited for also where they say that they are complete, and what they made is still being removed', async () => {
    const { captures, store, name, say } = await started()
    say({ state: 'complete' })
    await captures.close(10)
    expect((await store.about(name))?.state).toBe('complete')
  })

  it('are known, and waited for, until all that they made is removed, however many came later', async () => {
    const { captures } = host()
    const first = Promise.withResolvers<ClusterCaptureStatus>()
    let made = 0
    vi.spyOn(ClusterCapture, 'create').mockImplementation(({ file }) => {
      const id = `${made++}`
      const status = {
        id,
        context: 'c',
        state: 'complete',
        file,
        bytes: 0,
        packets: 0,
        startedAt: 1,
        points: [],
      } as const
      const run = () => (id === '0' ? first.promise : Promise.resolve(status))
      const capture: Partial<ClusterCapture> = { id, status, run, stop: () => Promise.resolve() }
      return capture as ClusterCapture
    })
    for (let i = 0; i < 25; i++) await captures.start(ORDER)
    const ids = () => captures.live.map(({ id }) => id)
    await vi.waitFor(() => expect(ids()).toHaveLength(21))
    expect(ids()[0]).toBe('0')
    let closed = false
    const closing = captures.close(60_000).then(() => (closed = true))
    await new Promise((resolve) => setImmediate(resolve))
    expect(closed).toBe(false)
    first.resolve({} as ClusterCaptureStatus)
    await closing
  })
})
