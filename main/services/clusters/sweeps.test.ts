import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import { ApiError } from '../../kubernetes/api-error.ts'
import { UNNAMED_USER } from '../../kubernetes/cluster-access.ts'
import { Ledger } from '../../kubernetes/capture/ledger.ts'
import type { Contexts } from '../contexts.ts'
import { Sweeps } from './sweeps.ts'

const LATER = 11 * 60_000

/** A cluster with these pods in namespace debug, by their phase, each in the ledger of this host, and one of somebody else's. */
async function host(
  phases: Readonly<Record<string, string>>,
  inUse: (capture: string | undefined) => boolean = () => false,
  { username, maker } = { username: 'me', maker: 'bob' },
) {
  const pods = new Map(Object.entries(phases))
  const asked: string[] = []
  const server = 'https://cluster'
  const others = {
    metadata: {
      name: 'hopscope-bobs',
      namespace: 'debug',
      labels: { 'app.kubernetes.io/managed-by': 'hopscope' },
      annotations: { 'hopscope/created-by': maker },
    },
    spec: { containers: [] },
  }
  const connection = {
    cluster: { server },
    get: (path: string) => {
      asked.push(path)
      if (path === '/api/v1/pods') return Promise.resolve({ metadata: {}, items: [others] })
      const name = path.split('/').at(-1) ?? ''
      const phase = pods.get(name)
      if (phase === undefined) return Promise.reject(new ApiError(404, 'NotFound', `pods "${name}" not found`))
      if (phase === 'forbidden') return Promise.reject(new ApiError(403, 'Forbidden', `pods "${name}" is forbidden`))
      const isKept = phase === 'kept by a sidecar'
      const containerStatuses = [
        { name: 'proxy', state: { running: {} } },
        { name: 'capture', state: isKept ? { terminated: { exitCode: 0 } } : { running: {} } },
      ]
      const status = { phase: isKept ? 'Running' : phase, containerStatuses }
      return Promise.resolve({ metadata: { name, namespace: 'debug' }, spec: {}, status })
    },
    request: (method: string, path: string) => {
      if (method === 'POST') return Promise.resolve({ status: { userInfo: { username } } })
      expect(method).toBe('DELETE')
      const name = path.split('/').at(-1) ?? ''
      if (name === 'kept') return Promise.reject(new ApiError(403, 'Forbidden', 'pods "kept" is forbidden'))
      pods.delete(name)
      return Promise.resolve({})
    },
  }
  const ledger = new Ledger(join(temporaryFolder(), 'ledger.jsonl'))
  for (const name of [...pods.keys(), 'deleted']) {
    const what = { kind: 'pod', namespace: 'debug', pod: name, container: 'capture' } as const
    await ledger.intend({ ...what, id: name, context: 'c', server, capture: `of-${name}` })
  }
  const contexts = { open: () => Promise.resolve({ connection }) } as unknown as Contexts
  const known = async () => (await ledger.open()).map(({ pod }) => pod)
  return { sweeps: new Sweeps(contexts, ledger, inUse), ledger, pods, asked, known, cluster: connection.cluster }
}

/** What is shown of it. */
async function shown(sweeps: Sweeps) {
  const { done, value } = await sweeps.watch().getReader().read()
  if (done) throw new Error('the subscription ended')
  return value.map(({ leftovers, ...report }) => ({ ...report, left: leftovers.map(({ pod }) => pod) }))
}

it('removes pods on nodes that were left and have ended since, and no other', async () => {
  const { sweeps, pods, asked, known } = await host(
    { ended: 'Succeeded', evicted: 'Failed', proxied: 'kept by a sidecar', running: 'Running', used: 'Succeeded' },
    (capture) => capture === 'of-used',
  )
  await sweeps.tidy()
  // They keep for ten minutes what was not fetched.
  expect(asked).toEqual([])
  await sweeps.tidy(Date.now() + LATER)
  expect([...pods.keys()]).toEqual(['running', 'used'])
  expect(await known()).toEqual(['running', 'used'])
  // In a cluster of any size, only what is known is asked for.
  expect(asked.some((path) => path === '/api/v1/pods')).toBe(false)
})

it('says once of each namespace that what was made there may not be looked at', async () => {
  const { sweeps } = await host({ one: 'forbidden', other: 'forbidden' })
  expect(await sweeps.find('c')).toMatchObject({
    notes: ['You may not get pods in namespace debug: what was made there is taken to be there still.'],
  })
})

it('leaves a cluster alone for now that can not be asked', async () => {
  const { ledger, known } = await host({ ended: 'Succeeded' })
  let tried = 0
  const open = () => Promise.reject(new Error(`the VPN is down, ${++tried}`))
  const sweeps = new Sweeps({ open } as unknown as Contexts, ledger, () => false)
  // While it is asked it is not asked again.
  await Promise.all([sweeps.tidy(Date.now() + LATER), sweeps.tidy(Date.now() + LATER)])
  expect(tried).toBe(1)
  await sweeps.tidy(Date.now() + LATER)
  expect(tried).toBe(2)
  expect(await known()).toEqual(['ended', 'deleted'])
})

it('knows its pods still when the name stands for another cluster meanwhile', async () => {
  const { sweeps, asked, known, cluster } = await host({ ended: 'Succeeded' })
  cluster.server = 'https://another'
  await sweeps.tidy(Date.now() + LATER)
  expect(asked).toEqual([])
  expect(await known()).toEqual(['ended', 'deleted'])
})

it('tries no pod again that it may not delete, and says why', async () => {
  const { sweeps, asked, known } = await host({ kept: 'Succeeded' })
  await sweeps.find('c')
  await sweeps.tidy(Date.now() + LATER)
  expect(await shown(sweeps)).toMatchObject([
    { left: ['kept', 'hopscope-bobs'], removed: [], kept: ['pod debug/kept: pods "kept" is forbidden'] },
  ])
  asked.length = 0
  await sweeps.tidy(Date.now() + LATER)
  expect(asked).toEqual([])
  expect(await known()).toEqual(['kept'])
})

it('tidies what was found without taking it for another look', async () => {
  const { sweeps, pods } = await host({ running: 'Running', 'ended-later': 'Running' })
  const { at } = await sweeps.find('c')
  pods.set('ended-later', 'Failed')
  await sweeps.tidy(Date.now() + LATER)
  expect(await shown(sweeps)).toMatchObject([
    { lookedIn: 'cluster', at, left: ['running', 'hopscope-bobs'], removed: ['pod debug/ended-later'] },
  ])
  // There is nothing new to be told.
  await sweeps.tidy(Date.now() + LATER)
  expect(await shown(sweeps)).toMatchObject([{ lookedIn: 'cluster', at, removed: ['pod debug/ended-later'] }])
})

it('says that at the start it looks for what this machine made only', async () => {
  const { sweeps } = await host({ running: 'Running' })
  await sweeps.atStart()
  expect(await shown(sweeps)).toMatchObject([{ lookedIn: 'ledger', state: 'done', left: ['running'] }])
  await sweeps.find('c')
  expect(await shown(sweeps)).toMatchObject([{ lookedIn: 'cluster', left: ['running', 'hopscope-bobs'] }])
})

it.each([
  [{ username: 'me', maker: 'bob' }, 'made by bob'],
  // Before Kubernetes 1.28 nobody is told who asks.
  [
    { username: '', maker: UNNAMED_USER },
    "made by an unnamed user: this cluster can't say whether that is you; if it is, kubectl -n debug delete pod hopscope-bobs",
  ],
  [
    { username: '', maker: '' },
    "made by an unnamed user: this cluster can't say whether that is you; if it is, kubectl -n debug delete pod hopscope-bobs",
  ],
])('leaves alone what it is not sure to have made itself: %o', async (users, why) => {
  const { sweeps } = await host({}, () => false, users)
  expect(await sweeps.remove('c')).toMatchObject({ removed: [], kept: [`pod debug/hopscope-bobs: ${why}`] })
})
