import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { TestCluster } from '../../test/cluster/cluster.ts'
import { skipReason } from '../../test/cluster/start.ts'
import { ClusterAccess } from '../kubernetes/cluster-access.ts'
import { Contexts } from './contexts.ts'

it('a context whose file changes while it is opened is opened as the file has it now', async () => {
  const file = join(temporaryFolder(), 'config')
  const write = (port: number) =>
    writeFileSync(
      file,
      `clusters: [{name: c, cluster: {server: "https://127.0.0.1:${port}"}}]\ncontexts: [{name: here, context: {cluster: c}}]\n`,
    )
  const read = Promise.withResolvers<void>()
  const changed = Promise.withResolvers<void>()
  class SlowAccess extends ClusterAccess {
    override async load() {
      const config = await super.load()
      read.resolve()
      await changed.promise
      return config
    }
  }
  write(1)
  using contexts = new Contexts(new SlowAccess(() => Promise.resolve({ KUBECONFIG: file })))
  const opening = contexts.open('here')
  await read.promise
  write(2)
  contexts.forget()
  changed.resolve()
  await opening
  const { connection } = await contexts.open('here')
  expect(connection.cluster.server).toBe('https://127.0.0.1:2')
})

describe.skipIf(skipReason !== undefined)(
  `contexts${skipReason ? ` (skipped: ${skipReason})` : ''}`,
  { timeout: 30_000 },
  () => {
    let cluster: TestCluster
    beforeAll(async () => {
      cluster = await TestCluster.start({ nodes: [], pathPrefix: '/k8s/clusters/c-1' })
    })
    afterAll(() => cluster?.close())
    const access = (file: string) => new ClusterAccess(() => Promise.resolve({ KUBECONFIG: file }))

    it('are told with version, latency and user, behind a path prefix; one that is down says why', async () => {
      const file = cluster.kubeconfig()
      const down = join(cluster.folder, 'down')
      writeFileSync(
        down,
        'clusters: [{name: d, cluster: {server: "https://127.0.0.1:1"}}]\ncontexts: [{name: down, context: {cluster: d, user: nobody}}]\nusers: [{name: nobody, user: {token: x}}]\n',
      )
      using contexts = new Contexts(access(file), [down])
      expect(await contexts.probe('admin')).toMatchObject({
        reachable: true,
        current: true,
        version: 'v1.36.2',
        user: 'admin',
        latencyMs: expect.any(Number),
        server: expect.stringMatching(/\/k8s\/clusters\/c-1$/),
      })
      expect(await contexts.probe('down')).toMatchObject({
        reachable: false,
        current: false,
        problem: 'Nothing listens at 127.0.0.1:1: the API server is down, or the address in the kubeconfig is old.',
      })
      expect(await contexts.probe('none')).toMatchObject({
        reachable: false,
        problem: expect.stringMatching(/no context "none"/),
      })
    })

    it('are one connection for all who ask', async () => {
      using contexts = new Contexts(access(cluster.kubeconfig()))
      const [one, two] = await Promise.all([contexts.open(), contexts.open('admin')])
      expect(one.connection).toBe(two.connection)
    })

    it('change with their file', async () => {
      const file = join(cluster.folder, 'changing')
      writeFileSync(file, 'contexts: []\n')
      using contexts = new Contexts(access(file))
      expect((await contexts.config()).contexts).toEqual([])
      let changes = 0
      const end = contexts.watch(() => changes++)
      await sleep(100)
      cluster.kubeconfig(['admin'], file)
      while (changes === 0) await sleep(20)
      expect((await contexts.config()).contexts.map(({ name }) => name)).toEqual(['admin'])
      end()
    })
  },
)
