import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HostContract } from '../../common/contract.ts'
import { Mailbox } from '../../main/streams.ts'
import { startHost } from '../support/host.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import type { TestCluster } from './cluster.ts'
import { type ContractCluster, Rows, startContractCluster, until } from './contract-cluster.ts'
import { skipReason } from './start.ts'

const title = `contexts and what is in clusters, through the contract${skipReason ? ` (skipped: ${skipReason})` : ''}`

describe.skipIf(skipReason !== undefined)(title, { timeout: 60_000 }, () => {
  let at: ContractCluster | undefined
  let cluster: TestCluster
  let contract: HostContract
  let folder: string

  beforeAll(async () => {
    at = await startContractCluster()
    ;({ cluster, contract, folder } = at)
  })
  afterAll(() => at?.close())

  it('tells every context with its state, who one is there and what one may not do', async () => {
    const contexts = await until(contract.clusters.watchContexts(), ({ contexts }) =>
      contexts.length > 0 && contexts.every(({ state }) => state === 'reachable') ? contexts : undefined,
    )
    expect(contexts).toMatchObject([
      { name: 'ops', current: true, user: 'ops', version: 'v1.36.2', missing: [] },
      { name: 'narrow', current: false, user: 'narrow', missing: ['list namespaces', 'list pods', 'list nodes'] },
    ])
  })

  it('adds a kubeconfig file, remembers it, and refuses what is none', async () => {
    const file = join(folder, 'other-config')
    writeFileSync(
      file,
      readFileSync(cluster.kubeconfig(['narrow']))
        .toString()
        .replaceAll('"narrow"', '"added"'),
    )
    await contract.clusters.addFile(file)
    await until(contract.clusters.watchContexts(), ({ contexts, files }) =>
      contexts.some(({ name }) => name === 'added') && files.some(({ path, added }) => path === file && added)
        ? true
        : undefined,
    )
    writeFileSync(join(folder, 'no-config'), 'hello: world\n')
    await expect(contract.clusters.addFile(join(folder, 'no-config'))).rejects.toMatchObject({ code: 'unsupported' })
    writeFileSync(join(folder, 'cut'), 'apiVersion: v1\nusers:\n- name: "s3cret\n')
    await expect(contract.clusters.addFile(join(folder, 'cut'))).rejects.toThrow(/it is no YAML from line \d+ on\.$/)
    writeFileSync(join(folder, 'empty'), '\n')
    await expect(contract.clusters.addFile(join(folder, 'empty'))).rejects.toThrow(/it is empty\.$/)
    await expect(contract.clusters.addFile(folder)).rejects.toThrow(/it is a folder\. Name the file in it\.$/)
    await expect(contract.clusters.addFile('config')).rejects.toThrow('"config" is no whole path')
    await expect(contract.clusters.addFile('~/no/such/config')).rejects.toMatchObject({ code: 'not-found' })
    await expect(contract.clusters.addFile(join(folder, 'gone'))).rejects.toMatchObject({ code: 'not-found' })
    await contract.clusters.removeFile(file)
    await until(contract.clusters.watchContexts(), ({ contexts }) => contexts.length === 2 || undefined)
  })

  it('asks no context with a login plugin before the person does, unless it is the current one', async () => {
    const config = JSON.parse(readFileSync(cluster.kubeconfig(['ops']), 'utf8'))
    const ran = join(folder, 'plugin-ran')
    config.users.push({ name: 'plugged', user: { exec: { command: 'touch', args: [ran] } } })
    config.contexts.push({ name: 'plugged', context: { cluster: config.clusters[0].name, user: 'plugged' } })
    const path = join(folder, 'with-plugin')
    writeFileSync(path, JSON.stringify(config))
    const other = (await startHost(temporaryFolder(), path)).host
    const { clusters } = other.contract({ door: 'pipe', commands: new Mailbox() })
    const states = await until(clusters.watchContexts(), ({ contexts }) =>
      contexts.some(({ state }) => state === 'reachable') ? contexts.map(({ state }) => state) : undefined,
    )
    expect(states).toEqual(['reachable', 'not-asked'])
    expect(() => readFileSync(ran)).toThrow()
    expect(await clusters.askContext('plugged')).toMatchObject({ state: 'unreachable', problem: expect.any(String) })
    readFileSync(ran)
    await other.close()
  })

  it('tells rows as they change, through one watch that ends with the last who looks', async () => {
    const watches = () => cluster.api.seen.filter(({ url }) => url.includes('/namespaces/shop/pods?watch=true')).length
    const before = watches()
    const lists = [1, 2].map(() => new Rows(contract.explorer.watchRows('ops', 'pods', 'shop')))
    await Promise.all(lists.map((rows) => rows.has(['web-1', 'web-2'])))
    await cluster.pod('shop', 'late', {}, { app: 'late' })
    await Promise.all(lists.map((rows) => rows.has(['late', 'web-1', 'web-2'])))
    const pod = cluster.findPod('shop', 'late')
    if (pod) cluster.deletePod(pod, 0)
    await Promise.all(lists.map((rows) => rows.has(['web-1', 'web-2'])))
    expect(lists[0]?.rows.get('shop/web-1')).toMatchObject({
      node: 'node-a',
      status: 'Running',
      labels: { app: 'web' },
      addresses: [cluster.findPod('shop', 'web-1')?.status?.podIP ?? ''],
    })
    expect(watches() - before).toBe(1)
    await Promise.all(lists.map((rows) => rows.close()))
    await expect.poll(() => cluster.api.openWatches).toBe(0)
  })

  it('names what is forbidden once, and shows what is allowed in the namespace one types', async () => {
    const first = await until(contract.explorer.watchRows('narrow', 'pods', ''), (changes) =>
      changes.problems.length > 0 ? changes : undefined,
    )
    expect(first).toMatchObject({
      set: [],
      problems: [{ what: 'pods in all namespaces', forbidden: true, message: expect.stringMatching(/cannot list/) }],
    })
    const rows = new Rows(contract.explorer.watchRows('narrow', 'pods', 'shop'))
    await rows.has(['web-1', 'web-2'])
    await rows.close()
  })

  it('brings 5,000 pods in pieces, and of a slow reader no row twice in one', async () => {
    cluster.namespace('many')
    for (let index = 0; index < 5000; index++) {
      cluster.add('pods', 'many', {
        metadata: { name: `p-${index}`, namespace: 'many' },
        spec: { containers: [{ name: 'c', image: 'i' }] },
        status: { phase: 'Running' },
      })
    }
    const reader = (await contract.explorer.watchRows('ops', 'pods', 'many')).getReader()
    const seen = new Set<string>()
    for (let synced = false; !synced;) {
      const { value, done } = await reader.read()
      if (done) break
      expect(value.set.length).toBeLessThanOrEqual(300)
      for (const { key } of value.set) seen.add(key)
      synced = value.synced
    }
    expect(seen.size).toBe(5000)
    await reader.cancel()
  })

  it("tells a pod's containers, conditions and events, and that it is gone", async () => {
    await cluster.pod('shop', 'mortal')
    cluster.add('events', 'shop', {
      metadata: { name: 'e1', namespace: 'shop' },
      involvedObject: { kind: 'Pod', name: 'mortal', namespace: 'shop' },
      type: 'Warning',
      reason: 'Unhealthy',
      message: 'Readiness probe failed',
      count: 3,
      lastTimestamp: '2026-11-21T05:00:00Z',
    })
    const details = await until(contract.explorer.watchPod('ops', 'shop', 'mortal'), (found) =>
      found.synced && found.pod && found.events.length > 0 ? found : undefined,
    )
    expect(details).toMatchObject({
      containers: [{ name: 'app', role: 'container', state: 'running', running: true }],
      events: [{ warning: true, reason: 'Unhealthy', count: 3, at: Date.parse('2026-11-21T05:00:00Z') }],
    })
    const gone = until(contract.explorer.watchPod('ops', 'shop', 'mortal'), (found) =>
      found.synced && !found.pod ? found : undefined,
    )
    await sleep(100)
    const pod = cluster.findPod('shop', 'mortal')
    if (pod) cluster.deletePod(pod, 0)
    expect((await gone).containers).toEqual([])
  })
})
