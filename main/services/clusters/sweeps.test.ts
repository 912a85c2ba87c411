import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import { ApiError } from '../../kubernetes/api-error.ts'
import { Ledger } from '../../kubernetes/capture/ledger.ts'
import type { Contexts } from '../contexts.ts'
import { Sweeps } from './sweeps.ts'

const LATER = 11 * 60_000

/** A cluster with these pods in namespace debug, by their phase, each in the ledger of this host. */
async function host(phases: Readonly<Record<string, string>>, inUse: (capture: string | undefined) => boolean) {
  const pods = new Map(Object.entries(phases))
  const asked: string[] = []
  const server = 'https://cluster'
  const connection = {
    cluster: { server },
    get: (path: string) => {
      asked.push(path)
      const name = path.split('/').at(-1) ?? ''
      const phase = pods.get(name)
      if (phase === undefined) return Promise.reject(new ApiError(404, 'NotFound', `pods "${name}" not found`))
      return Promise.resolve({ metadata: { name, namespace: 'debug' }, spec: {}, status: { phase } })
    },
    request: (method: string, path: string) => {
      expect(method).toBe('DELETE')
      pods.delete(path.split('/').at(-1) ?? '')
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
  return { sweeps: new Sweeps(contexts, ledger, inUse), ledger, pods, asked, known }
}

it('removes pods on nodes that were left and have ended since, and no other', async () => {
  const { sweeps, pods, asked, known } = await host(
    { ended: 'Succeeded', evicted: 'Failed', running: 'Running', used: 'Succeeded' },
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

it('leaves a cluster alone for now that can not be asked', async () => {
  const { ledger, known } = await host({ ended: 'Succeeded' }, () => false)
  let tried = 0
  const open = () => Promise.reject(new Error(`the VPN is down, ${++tried}`))
  await new Sweeps({ open } as unknown as Contexts, ledger, () => false).tidy(Date.now() + LATER)
  expect(tried).toBe(1)
  expect(await known()).toEqual(['ended', 'deleted'])
})
