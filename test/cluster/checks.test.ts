import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CHECKS } from '../../common/model/check.ts'
import { Ledger } from '../../main/kubernetes/capture/ledger.ts'
import { findLeftovers } from '../../main/kubernetes/capture/sweep.ts'
import { ClusterAccess } from '../../main/kubernetes/cluster-access.ts'
import { ChecksService } from '../../main/services/checks.ts'
import { ContextBook } from '../../main/services/clusters/context-book.ts'
import { Contexts } from '../../main/services/contexts.ts'
import { TestCluster } from './cluster.ts'
import { openAs, skipReason } from './start.ts'

const dev = {
  name: 'dev',
  token: 'dev-token',
  rules: [{ namespaces: ['default'], resources: ['pods'], verbs: ['get'] }],
}
const title = `checks in a cluster${skipReason ? ` (skipped: ${skipReason})` : ''}`

describe.skipIf(skipReason !== undefined)(title, { timeout: 60_000 }, () => {
  let cluster: TestCluster
  let folder: string
  let ledger: Ledger
  let checks: ChecksService
  const failures: unknown[] = []

  beforeAll(async () => {
    cluster = await TestCluster.start({ users: [dev] })
    await cluster.pod('default', 'web', { nodeName: 'node-a' })
    await cluster.pod('default', 'bare', { nodeName: 'node-a', container: { image: 'example.com/distroless:1' } })
    folder = mkdtempSync(join(tmpdir(), 'hopscope-checks-'))
    ledger = new Ledger(join(folder, 'ledger.jsonl'))
    const environment = () => Promise.resolve({ ...process.env, KUBECONFIG: cluster.kubeconfig(['admin', 'dev']) })
    const book = await ContextBook.load(folder, (message) => failures.push(message))
    const contexts = new Contexts(new ClusterAccess(environment))
    checks = new ChecksService({ contexts, book, ledger, report: (_, error) => failures.push(error) })
  })
  afterAll(async () => {
    await cluster?.close()
    if (folder) rmSync(folder, { recursive: true, force: true })
    expect(failures).toEqual([])
  })

  const web = { kind: 'container', context: 'admin', namespace: 'default', pod: 'web', container: 'app' } as const
  const addressOf = (pod: string) => cluster.findPod('default', pod)?.status?.podIP ?? 'no address'
  const leftovers = async () =>
    (await findLeftovers((await openAs(cluster)).connection, 'admin', ledger)).leftovers.length

  it('run in the container itself, and say what the image lacks', async () => {
    const before = Date.now()
    const results = await checks.run(web, CHECKS)
    expect(results.map(({ check }) => check)).toEqual(CHECKS)
    const [addresses, routes, sockets, conntrack, counters] = results
    expect(addresses).toMatchObject({ command: 'ip addr', where: 'container app of pod web' })
    expect(addresses?.problem).toBeUndefined()
    expect(addresses?.at).toBeGreaterThanOrEqual(before)
    expect(addresses?.output).toContain(`inet ${addressOf('web')}`)
    expect(routes?.output).toMatch(/default via/)
    expect(sockets?.output).toMatch(/^State/)
    expect(counters?.output).toMatch(/^#kernel/)
    // What the containers of the double have is what this machine has.
    if (conntrack?.missing) expect(conntrack.problem).toBe('There is no conntrack in the container app of pod web.')
  })

  it('say that an image has none of the programs, and have them in a debug container that ends with them', async () => {
    const own = await checks.run({ ...web, pod: 'bare' }, ['ip a', 'nstat'])
    expect(own.map(({ missing, problem }) => [missing, problem])).toEqual([
      [true, 'There is no ip in the container app of pod bare.'],
      [true, 'There is no nstat in the container app of pod bare.'],
    ])
    const [made] = await checks.run({ ...web, pod: 'bare', kind: 'debug-container' }, ['ip a'])
    expect(made).toMatchObject({ where: expect.stringMatching(/^container hopscope-\w+ of pod bare$/) })
    expect(made?.output).toContain(`inet ${addressOf('bare')}`)
    expect(await leftovers()).toBe(0)
  })

  it('run on a node, in a pod that is gone afterwards', async () => {
    const [routes] = await checks.run({ kind: 'node', context: 'admin', node: 'node-b' }, ['ip r'])
    expect(routes).toMatchObject({ command: 'ip route', where: 'pod on node node-b' })
    expect(routes?.output).toMatch(/10\.244\./)
    expect(await ledger.open()).toEqual([])
    expect(await leftovers()).toBe(0)
  })

  it('say what is not allowed and the rule that would help', async () => {
    await expect(checks.run({ ...web, context: 'dev' }, ['ip a'])).rejects.toThrow(/You may not .*exec.*\n- apiGroups/s)
    await expect(checks.run({ kind: 'node', context: 'dev', node: 'node-b' }, ['ip a'])).rejects.toThrow(
      /You may not create pods/,
    )
  })
})
