import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestCluster } from '../../test/cluster/cluster.ts'
import { ApiFailure } from '../demo/cluster/failure.ts'
import { openAs, skipReason } from '../../test/cluster/start.ts'
import type { ApiConnection } from './api-connection.ts'
import { Informer, Informers, type InformerRequest, type InformerState } from './informer.ts'
import type { KubernetesObject, Service, WatchEvent } from './objects.ts'

describe.skipIf(skipReason !== undefined)(
  `an informer${skipReason ? ` (skipped: ${skipReason})` : ''}`,
  { timeout: 30_000 },
  () => {
    let cluster: TestCluster
    let connection: ApiConnection
    beforeAll(async () => {
      cluster = await TestCluster.start({ users: [{ name: 'nobody', token: 'nobody-token', rules: [] }] })
      connection = (await openAs(cluster)).connection
    })
    afterAll(() => cluster?.close())

    const names = (state: InformerState<KubernetesObject>) =>
      [...state.objects.values()].map(({ metadata }) => metadata.name).sort()
    /** Somebody who looks, and can wait for what it is told. */
    function watch<T extends KubernetesObject>(informer: Informer<T>) {
      let told = Promise.withResolvers<void>()
      const end = informer.observe(() => {
        told.resolve()
        told = Promise.withResolvers()
      })
      const until = async (is: (state: InformerState<T>) => boolean) => {
        while (!is(informer.state)) await told.promise
      }
      return { end, until }
    }
    const watches = () =>
      cluster.api.seen.filter(({ url }) => url.includes('/services') && url.includes('watch=true')).length

    it('is told the end of a list that comes as a watch, as kubectl asks for it', async () => {
      cluster.add('nodes', '', { metadata: { name: 'listed' } })
      const ask = {
        watch: true,
        sendInitialEvents: true,
        resourceVersionMatch: 'NotOlderThan',
        allowWatchBookmarks: true,
      }
      const query = { ...ask, fieldSelector: 'metadata.name=listed' }
      const told: string[] = []
      for await (const line of connection.lines('/api/v1/nodes', query, AbortSignal.timeout(20_000), 20_000)) {
        const { type, object }: WatchEvent<KubernetesObject> = JSON.parse(line)
        told.push(type)
        if (object.metadata.annotations?.['k8s.io/initial-events-end'] === 'true') break
      }
      expect(told).toEqual(['ADDED', 'BOOKMARK'])
    })

    it('leaves room for requests, however many watch', async () => {
      const all = Array.from({ length: 70 }, (_, n) => {
        return watch(new Informer(connection, { path: '/api/v1/pods', fieldSelector: `metadata.name=pod-${n}` }))
      })
      try {
        const watched = () => cluster.api.seen.filter(({ url }) => /watch=true.*pod-/.test(url)).length
        await expect.poll(watched, { timeout: 20_000 }).toBe(70)
        await connection.get('/api/v1/services')
        for (const { until } of all) await until(({ synced }) => synced)
      } finally {
        for (const { end } of all) end()
      }
    })

    it('knows what is there, what comes, changes and goes; across a cut and a compaction; and only while someone looks', async () => {
      cluster.add('services', 'default', { metadata: { name: 'a' } })
      const informer = new Informer<Service>(connection, { path: '/api/v1/services' })
      const { end, until } = watch(informer)
      const { end: alsoEnd } = watch(informer)
      await until(({ synced }) => synced)
      expect(names(informer.state)).toEqual(['a'])

      cluster.add('services', 'default', { metadata: { name: 'b' } })
      await until(({ objects }) => objects.size === 2)

      cluster.api.cutWatches()
      cluster.add('services', 'default', { metadata: { name: 'c' } })
      await until(({ objects }) => objects.size === 3)

      cluster.api.kill()
      cluster.add('services', 'default', { metadata: { name: 'd' } })
      await until(({ problem }) => problem !== undefined)
      expect(informer.state.problem).toMatch(/Nothing listens|broke the connection/)
      // What it missed is no longer known to the server: it says 410, and the list is read anew.
      cluster.store.compact()
      await cluster.api.start()
      await until(({ objects }) => objects.size === 4)
      expect(informer.state.problem).toBeUndefined()

      end()
      const before = watches()
      expect(before).toBeGreaterThan(1)
      alsoEnd()
      cluster.add('services', 'default', { metadata: { name: 'e' } })
      await sleep(200)
      expect(informer.state.objects.size).toBe(4)
      const again = watch(informer)
      expect(informer.state.synced).toBe(false)
      await again.until(({ objects }) => objects.size === 5)
      expect(informer.state.synced).toBe(true)
      again.end()
    })

    it('says once that it is forbidden, and does not ask again at once', async () => {
      const { connection: nobody } = await openAs(cluster, 'nobody')
      const states: InformerState<KubernetesObject>[] = []
      const informer = new Informer(nobody, { path: '/api/v1/pods' })
      const end = informer.observe((state) => states.push(state))
      const { end: alsoEnd, until } = watch(informer)
      await until(({ problem }) => problem !== undefined)
      await sleep(700)
      expect(states).toHaveLength(1)
      expect(states[0]).toMatchObject({
        forbidden: true,
        problem: expect.stringMatching(/User "nobody" cannot list resource "pods"/),
      })
      end()
      alsoEnd()
    })

    it('notices that what was forbidden is granted', async () => {
      const forbidden = new ApiFailure(403, 'Forbidden', 'services is forbidden')
      cluster.api.onRequest = ({ url }) => (url.startsWith('/api/v1/services') ? forbidden : undefined)
      const informer = new Informer<Service>(connection, { path: '/api/v1/services' }, undefined, 10)
      const { end, until } = watch(informer)
      try {
        await until((state) => state.forbidden === true)
        cluster.api.onRequest = undefined
        await until(({ synced }) => synced)
        expect(informer.state).not.toHaveProperty('forbidden')
        expect(informer.state).not.toHaveProperty('problem')
      } finally {
        cluster.api.onRequest = undefined
        end()
      }
    })

    it('is shared, and kept for those who come back to a list, not for single objects', () => {
      const informers = new Informers(connection)
      const look = (request: InformerRequest) => {
        const informer = informers.get(request)
        const leave = [informer.observe(() => undefined), informers.get(request).observe(() => undefined)]
        expect(informers.get(request)).toBe(informer)
        for (const each of leave) each()
        return informers.get(request) === informer
      }
      expect(look({ path: '/api/v1/pods' })).toBe(true)
      expect(look({ path: '/api/v1/pods', fieldSelector: 'metadata.name=web' })).toBe(false)
    })

    it('reads thousands in pages', async () => {
      cluster.namespace('many')
      for (let i = 0; i < 5000; i++) cluster.add('services', 'many', { metadata: { name: `s${i}` } })
      const informer = new Informer<Service>(connection, { path: '/api/v1/namespaces/many/services' })
      const { end, until } = watch(informer)
      await until(({ synced }) => synced)
      expect(informer.state.objects.size).toBe(5000)
      expect(
        cluster.api.seen.filter(({ url }) => url.includes('many/services') && url.includes('continue=')),
      ).toHaveLength(9)
      end()
    })
  },
)

it('keeps of objects no word of who changed which field', async () => {
  const object = (name: string) => ({
    metadata: { name, labels: { app: 'web' }, managedFields: [{ manager: 'kubelet' }] },
  })
  const watched = Promise.withResolvers<void>()
  const connection = {
    get: () => Promise.resolve({ metadata: { resourceVersion: '1' }, items: [object('listed')] }),
    async *lines() {
      yield JSON.stringify({ type: 'ADDED', object: object('watched') })
      await watched.promise
    },
  }
  const informer = new Informer(connection as unknown as ApiConnection, { path: '/api/v1/pods' })
  const leave = informer.observe(() => undefined)
  const listed = () => [...informer.state.objects.values()].map(({ metadata }) => metadata)
  await expect.poll(listed).toEqual(['listed', 'watched'].map((name) => ({ name, labels: { app: 'web' } })))
  leave()
  watched.resolve()
})
