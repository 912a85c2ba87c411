import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { TestCluster } from '../../test/cluster/cluster.ts'
import { openAs, skipReason } from '../../test/cluster/start.ts'
import { ApiFailure } from '../demo/cluster/failure.ts'
import type { ApiConnection } from './api-connection.ts'
import { ApiError } from './api-error.ts'
import { listAll } from './cluster-access.ts'
import { runCommand } from './exec-stream.ts'
import type { Pod } from './objects.ts'
import { addEphemeralContainer, createPod, meaningOf, podPath, podsPath, wasRefused } from './pod-requests.ts'

const podOf = (namespace: string, name: string): Pod => ({
  metadata: { name, namespace },
  spec: { nodeName: 'node-a', containers: [{ name: 'app', image: 'example.com/app:1' }] },
})
const busy = new ApiFailure(429, 'TooManyRequests', 'Too many requests, please try again later.', undefined, 1)
const away = new ApiFailure(503, 'ServiceUnavailable', 'apiserver is shutting down')
const title = `requests to a cluster that says no${skipReason ? ` (skipped: ${skipReason})` : ''}`

describe.skipIf(skipReason !== undefined)(title, { timeout: 30_000 }, () => {
  let cluster: TestCluster
  let admin: ApiConnection
  beforeAll(async () => {
    cluster = await TestCluster.start()
    await cluster.pod('default', 'web', { nodeName: 'node-a' })
    admin = (await openAs(cluster)).connection
  })
  afterEach(() => (cluster.api.onRequest = undefined))
  afterAll(() => cluster?.close())

  /** The next `times` requests of that method and path fail; how many there were in all. */
  function fail(method: string, path: string, times: number, failure: ApiFailure): () => number {
    let count = 0
    cluster.api.onRequest = (request) => {
      if (request.method !== method || !request.url.startsWith(path)) return undefined
      return ++count <= times ? failure : undefined
    }
    return () => count
  }

  it('waits for the service account of a namespace that was just made', async () => {
    const metadata = { name: 'fresh' }
    const make = () =>
      admin.request('POST', '/api/v1/namespaces', { body: { apiVersion: 'v1', kind: 'Namespace', metadata } })
    await make()
    await expect(admin.request('POST', podsPath('fresh'), { body: podOf('fresh', 'early') })).rejects.toThrow(
      /serviceaccount "default" not found/,
    )
    expect((await createPod(admin, podOf('fresh', 'web'))).metadata.name).toBe('web')
    // One that is there keeps its account.
    await expect(make()).rejects.toThrow(/already exists/)
    expect((await createPod(admin, podOf('fresh', 'db'))).metadata.name).toBe('db')
  })

  it('gets a pod back with what the API server fills in', async () => {
    const { spec } = await createPod(admin, podOf('default', 'plain'), { dryRun: true })
    expect(spec).toMatchObject({ restartPolicy: 'Always', securityContext: {}, serviceAccountName: 'default' })
    expect(spec.containers[0]).toMatchObject({ imagePullPolicy: 'IfNotPresent', resources: {} })
  })

  it('adds a container once, however often others change the pod meanwhile', async () => {
    const conflict = new ApiFailure(409, 'Conflict', 'the object has been modified')
    const asked = fail('PATCH', podPath('default', 'web'), 3, conflict)
    await addEphemeralContainer(admin, 'default', 'web', { name: 'debug-1', image: 'busybox' })
    expect(asked()).toBe(4)
    expect(cluster.findPod('default', 'web')?.spec.ephemeralContainers?.map(({ name }) => name)).toEqual(['debug-1'])
  })

  it('waits for the answer to what is on its way when it is given up, and asks for nothing after', async () => {
    const control = new AbortController()
    cluster.api.onRequest = () => (control.abort(), undefined)
    const made = await createPod(admin, podOf('default', 'given-up'), { signal: control.signal })
    expect(made.metadata.name).toBe('given-up')
    await expect(createPod(admin, podOf('default', 'never'), { signal: control.signal })).rejects.toThrow(/abort/)
    expect(cluster.findPod('default', 'never')).toBeUndefined()
    const container = { name: 'debug-2', image: 'busybox' }
    const adding = new AbortController()
    cluster.api.onRequest = () => (adding.abort(), undefined)
    await addEphemeralContainer(admin, 'default', 'web', container, { signal: adding.signal })
    expect(cluster.findPod('default', 'web')?.spec.ephemeralContainers).toContainEqual(
      expect.objectContaining(container),
    )
  })

  it('sends again what was turned away, after as long as it is told', async () => {
    const asked = fail('POST', podsPath('default'), 1, busy)
    await createPod(admin, podOf('default', 'patient'))
    expect(asked()).toBe(2)
    const opened = fail('UPGRADE', podPath('default', 'web'), 1, busy)
    const command = ['echo', 'done']
    const { stdout } = await runCommand(admin, { namespace: 'default', pod: 'web', container: 'app', command })
    expect([stdout, opened()]).toEqual(['done\n', 2])
  })

  it('asks again for what can be asked twice, and creates nothing twice', async () => {
    const read = fail('GET', podPath('default', 'web'), 2, away)
    expect((await admin.get<Pod>(podPath('default', 'web'))).metadata.name).toBe('web')
    expect(read()).toBe(3)
    const made = fail('POST', podsPath('default'), 1, away)
    const error = await createPod(admin, podOf('default', 'unsure')).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ message: expect.stringMatching(/not available \(503\): it may be restarting/) })
    // Nobody knows whether it is there: it stays in the ledger.
    expect(wasRefused(error)).toBe(false)
    expect(made()).toBe(1)
  })

  it('says of a policy that does not answer in time what that means', async () => {
    const words =
      'Internal error occurred: failed calling webhook "validate.kyverno.svc-fail": context deadline exceeded'
    const asked = fail('POST', podsPath('default'), 1, new ApiFailure(500, 'InternalError', words))
    const error = await createPod(admin, podOf('default', 'unasked')).catch((caught: unknown) => caught)
    const means = expect.stringMatching(/svc-fail": context deadline exceeded\. A policy of the cluster is to be asked/)
    expect(error).toMatchObject({ httpStatus: 500, message: means })
    expect([wasRefused(error), asked()]).toEqual([false, 1])
  })

  it('reads a list anew that the cluster forgets between two pages', async () => {
    cluster.namespace('many')
    for (let i = 0; i < 600; i++) cluster.add('services', 'many', { metadata: { name: `s${i}` } })
    cluster.api.onRequest = ({ url }) => {
      if (url.includes('continue=')) cluster.store.compact()
      cluster.add('events', 'many', { metadata: { name: `e${cluster.store.version}` } })
      return undefined
    }
    expect((await listAll(admin, '/api/v1/namespaces/many/services')).items).toHaveLength(600)
  })
})

it('reads a list of any length at once, where the cluster forgot its pages', async () => {
  const get = vi.fn(async (_path: string, { query = {} } = {}) => {
    if ('continue' in query) throw new ApiError(410, 'Expired', 'too old')
    return 'limit' in query
      ? { items: [0], metadata: { continue: 'more' } }
      : { items: Array.from({ length: 300_000 }, (_, n) => n), metadata: {} }
  })
  // oxlint-disable-next-line typescript/consistent-type-assertions -- what listAll uses of a connection
  expect((await listAll({ get } as never, '/api/v1/events')).items).toHaveLength(300_000)
})

describe('a refusal', () => {
  it.each([
    [
      'pods "x" is forbidden: exceeded quota: compute, requested: limits.memory=256Mi, used: limits.memory=1Gi, limited: limits.memory=1Gi',
      /ResourceQuota has no room/,
    ],
    ['pods "x" is forbidden: failed quota: compute: must specify limits.cpu for: capture', /ResourceQuota asks for/],
    [
      'pods "x" is forbidden: [maximum memory usage per Container is 128Mi, but limit is 256Mi]',
      /LimitRange does not allow/,
    ],
    ['pods "x" is forbidden: violates PodSecurity "baseline:latest": privileged', /enforces "privileged"/],
    ['admission webhook "validate.kyverno.svc-fail" denied the request: no', /A policy of the cluster/],
    [
      'pods "x" is forbidden: unable to validate against any security context constraint: [provider "capturing": .containers[0].seccomp: Forbidden: seccomp may not be set]',
      /seccompProfiles: \[runtime\/default\]/,
    ],
    [
      'pods "x" is forbidden: unable to create new content in namespace a because it is being terminated',
      /being deleted/,
    ],
    ['pods "x" not found', undefined],
  ])('%s', (message, means) => {
    if (means) expect(meaningOf(message)).toMatch(means)
    else expect(meaningOf(message)).toBeUndefined()
  })
})
