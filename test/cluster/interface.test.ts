import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HostContract } from '../../common/contract.ts'
import type { LibraryCapture, LiveCapture } from '../../common/model/live-capture.ts'
import type { Host } from '../../main/host.ts'
import { Mailbox } from '../../main/streams.ts'
import { startHost } from '../support/host.ts'
import { openLink } from '../support/open-link.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import type { TestCluster } from './cluster.ts'
import { type ContractCluster, SECRET, startContractCluster, until } from './contract-cluster.ts'
import { readBlocks } from './read-blocks.ts'
import { startTraffic } from './sequenced-traffic.ts'
import { skipReason } from './start.ts'

const title = `captures in clusters, through the contract${skipReason ? ` (skipped: ${skipReason})` : ''}`

describe.skipIf(skipReason !== undefined)(title, { timeout: 60_000 }, () => {
  let at: ContractCluster | undefined
  let cluster: TestCluster
  let host: Host
  let contract: HostContract
  let folder: string

  beforeAll(async () => {
    at = await startContractCluster()
    ;({ cluster, host, contract, folder } = at)
  })
  afterAll(() => at?.close())

  const target = (pod: string) => ({ kind: 'pod', namespace: 'shop', pod }) as const
  const order = (more: object = {}) => ({
    context: 'ops',
    title: 'shop/web',
    targets: [target('web-1'), target('web-2')],
    filter: '',
    snapLength: 128,
    ...more,
  })
  const live = (id: string, is: (capture: LiveCapture) => boolean) =>
    until(contract.capturing.watchLive(), (all) => all.find((one) => one.id === id && is(one)))
  const web1 = () => cluster.findPod('shop', 'web-1')?.status?.podIP ?? ''
  const ping = () => cluster.container('shop', 'web-2', 'app').exec(['ping', '-c', '20', '-i', '0.05', web1()])

  it('plans without touching the cluster, and says exactly what would be made', async () => {
    const pods = JSON.stringify(cluster.listPods('shop').map(({ metadata, spec }) => [metadata.name, spec]))
    const plans = await contract.capturing.plan('ops', [
      target('web-1'),
      target('none'),
      { kind: 'node', node: 'node-a' },
    ])
    expect(plans).toMatchObject([
      {
        preflight: { chosen: 'ephemeral-container' },
        creates: expect.stringMatching(
          /^An ephemeral container in pod shop\/web-1: image nicolaka\/netshoot:v0.13, root/,
        ),
        manifest: expect.stringContaining('"runAsNonRoot": false'),
      },
      { problem: 'There is no pod "none" in namespace "shop".' },
      {
        preflight: { rungs: [{ passes: false, sentence: expect.stringContaining('violates PodSecurity "baseline') }] },
      },
    ])
    // Pods on nodes may be made in a namespace that allows it.
    await contract.clusters.changeCaptureSettings('ops', {
      debugNamespace: 'default',
      image: 'registry.internal/netshoot:1',
    })
    const [node] = await contract.capturing.plan('ops', [{ kind: 'node', node: 'node-a' }])
    expect(node?.creates).toMatch(/^A pod in namespace default on node node-a: image registry.internal\/netshoot:1/)
    await contract.clusters.changeCaptureSettings('ops', { debugNamespace: '', image: 'nicolaka/netshoot' })
    expect(JSON.stringify(cluster.listPods('shop').map(({ metadata, spec }) => [metadata.name, spec]))).toBe(pods)
  })

  it('explains what a narrow user lacks, with the rule that would help', async () => {
    const [plan] = await contract.capturing.plan('narrow', [target('web-1')])
    expect(plan?.preflight?.chosen).toBeUndefined()
    expect(plan?.creates).toBeUndefined()
    expect(plan?.preflight?.rungs[0]).toMatchObject({
      sentence: expect.stringContaining('narrow may not patch pods/ephemeralcontainers in namespace shop'),
      rbacRule: expect.stringContaining('resources: ["pods/ephemeralcontainers"]'),
    })
  })

  it('looks into a pod: its interfaces, and what tcpdump has against a filter, which is never a shell', async () => {
    expect(await contract.capturing.look('ops', target('web-1'), 'tcp port 80')).toMatchObject({
      chosen: 'eth0',
      interfaces: expect.arrayContaining([{ name: 'lo', up: true }]),
    })
    const hostile = 'port 80; touch /tmp/owned $(id) `id` | cat && "\'\n--'
    const { filterProblem } = await contract.capturing.look('ops', target('web-1'), hostile)
    expect(filterProblem).toMatch(/^tcpdump does not understand the filter "port 80; touch/)
    const sent = cluster.api.seen.map(({ url }) => new URL(url, 'http://x').searchParams.getAll('command'))
    const checks = sent.filter((argv) => argv.includes('-d') && argv.some((word) => word.includes('touch')))
    expect(checks.map((argv) => argv.at(-1))).toEqual([hostile.replaceAll('\n', ' ')])
    // The container that was made for it is there for the capture: nothing more will be.
    const [plan] = await contract.capturing.plan('ops', [target('web-1')])
    expect(plan?.creates).toBeUndefined()
    expect(plan?.preflight?.notes.join()).toMatch(/used again/)
  })

  it('refuses an order that is none before it does anything', async () => {
    await using line = await openLink(host)
    const { capturing } = line.host
    for (const wrong of [
      order({ targets: [] }),
      order({ snapLength: -1 }),
      order({ title: '' }),
      order({ durationSeconds: 0 }),
      order({ extra: 1 }),
    ]) {
      await expect(capturing.start(wrong)).rejects.toMatchObject({ code: 'invalid-argument' })
    }
    await expect(capturing.deleteCapture('../../etc/passwd.pcapng')).rejects.toMatchObject({ code: 'invalid-argument' })
  })

  it('captures live: the file is followed while it grows, stopped, kept with what it is, and deleted', async () => {
    const id = await contract.capturing.start(order())
    const { sourceId = '' } = await live(id, ({ sourceId, state }) => sourceId !== undefined && state === 'capturing')
    expect(await contract.captures.source(sourceId)).toMatchObject({ growing: true })
    // Until enough is seen: tcpdump may be a moment later than its state.
    const traffic = await startTraffic(cluster.container('shop', 'web-2', 'app'), web1(), { perSecond: 100 })
    const busy = await live(id, ({ packets }) => packets >= 40)
    await traffic.stop()
    expect(busy.points.map(({ pod, interface: on }) => `${pod}:${on}`)).toEqual(['web-1:eth0', 'web-2:eth0'])
    await live(id, ({ diskFree, health }) => (diskFree ?? 0) > 0 && health.length === 2)
    await expect(contract.capturing.deleteCapture(busy.file.split('/').at(-1) ?? '')).rejects.toMatchObject({
      message: expect.stringContaining('stop it first'),
    })
    await contract.capturing.stop(id)
    expect(await live(id, ({ endedAt }) => endedAt !== undefined)).toMatchObject({ state: 'complete' })
    const kept = await library(([newest]) => newest?.state === 'complete' && newest)
    expect(kept).toMatchObject({
      title: 'shop/web',
      context: 'ops',
      points: ['shop/web-1', 'shop/web-2'],
      name: expect.stringMatching(/^shop-web_\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d(_\d+)?\.pcapng$/),
      path: expect.stringContaining(`${folder}/captures/`),
      order: { targets: [target('web-1'), target('web-2')] },
    })
    expect(await contract.captures.source(sourceId)).toMatchObject({ growing: false, size: kept.size })
    expect((await contract.captures.recent())[0]?.path).toBe(kept.path)
    await contract.capturing.deleteCapture(kept.name)
    expect(() => readFileSync(kept.path)).toThrow()
    await library((all) => all.every(({ name }) => name !== kept.name))
  })

  it('ends after its time, and later when it is extended', async () => {
    const id = await contract.capturing.start(order({ durationSeconds: 2, targets: [target('web-1')] }))
    const { endsAt = 0 } = await live(id, (one) => one.endsAt !== undefined)
    await contract.capturing.extend(id, 4)
    const extended = await live(id, (one) => (one.endsAt ?? 0) > endsAt)
    const ended = await live(id, (one) => one.endedAt !== undefined)
    expect(ended.endedAt).toBeGreaterThanOrEqual(extended.endsAt ?? Infinity)
    expect(ended.state).toBe('complete')
    await expect(contract.capturing.extend(id, 4)).rejects.toMatchObject({ code: 'invalid-argument' })
  })

  it('says after 10 s without a packet why that may be', async () => {
    const id = await contract.capturing.start(order({ filter: 'udp port 4', targets: [target('web-1')] }))
    const silent = await live(id, ({ health }) => health[0]?.silentSince !== undefined)
    expect(silent.health[0]?.whySilent.join(' ')).toMatch(/Nothing has passed the filter "udp port 4".*goes over lo/)
    await contract.capturing.stop(id)
    await live(id, ({ endedAt }) => endedAt !== undefined)
  })

  it('keeps nothing of a capture that could not begin, and says why', async () => {
    const before = await library(() => true, true)
    const id = await contract.capturing.start(order({ filter: 'no such word', targets: [target('web-1')] }))
    const failed = await live(id, ({ endedAt }) => endedAt !== undefined)
    expect(failed).toMatchObject({
      state: 'failed',
      message: expect.stringContaining('does not understand the filter'),
    })
    expect((await library(() => true, true)).length).toBe(before.length)
  })

  /** A host with the capture of one that was killed, which had so many packets. */
  async function afterKill(use: (host: Host, kept: LibraryCapture, seen: number) => Promise<void>): Promise<void> {
    const other = mkdtempSync(join(tmpdir(), 'hopscope-killed-'))
    const kubeconfig = cluster.kubeconfig(['ops', 'narrow'])
    const script = join(import.meta.dirname, '../support/capturing-host.ts')
    const args = [script, kubeconfig, other, JSON.stringify(order({ targets: [target('web-1')], filter: 'icmp' }))]
    const first = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      let packets = 0
      first.stdout.on('data', (said: Buffer) => (packets = Number(said.toString().trim().split(' ').at(-1))))
      // It takes its time to start: what is sent before that is not captured.
      const pings = setInterval(ping, 1500)
      await expect.poll(() => packets, { timeout: 30_000 }).toBeGreaterThan(20)
      clearInterval(pings)
      first.kill('SIGKILL')
      await once(first, 'exit')
      const seen = packets
      const { host: second } = await startHost(other, kubeconfig)
      try {
        const { capturing } = second.contract({ door: 'pipe', commands: new Mailbox() })
        await use(second, await until(capturing.watchLibrary(), ([one]) => one), seen)
      } finally {
        await second.close()
      }
    } finally {
      first.kill('SIGKILL')
      rmSync(other, { recursive: true, force: true })
    }
  }

  /** To its end. */
  async function goOn({ capturing }: HostContract, { name, path }: LibraryCapture, seen: number): Promise<void> {
    const id = await capturing.resume(name)
    await expect(capturing.resume(name)).rejects.toThrow('It is being captured already.')
    await until(capturing.watchLive(), (all) => all.find((one) => one.id === id && one.state === 'capturing'))
    await capturing.stop(id)
    const done = await until(capturing.watchLive(), (all) => all.find((one) => one.endedAt !== undefined))
    expect(done.state).toBe('complete')
    expect(done.packets).toBeGreaterThanOrEqual(seen)
    expect(readBlocks(path).packets.length).toBe(done.packets)
    await until(capturing.watchLibrary(), ([one]) => one?.state === 'complete' || undefined)
  }

  it('goes on with a capture whose host was killed, and loses none of its packets', () =>
    afterKill(async (second, kept, seen) => {
      expect(kept).toMatchObject({ state: 'interrupted', points: ['shop/web-1'], filter: 'icmp' })
      await goOn(second.contract({ door: 'pipe', commands: new Mailbox() }), kept, seen)
    }))

  it('keeps a capture that can not be gone on with, byte for byte, says why, and goes on once it can', () =>
    afterKill(async (second, kept, seen) => {
      const contract = second.contract({ door: 'pipe', commands: new Mailbox() })
      const { capturing } = contract
      const journal = join(`${kept.path}.parts`, 'journal')
      const [bytes, lines] = [readFileSync(kept.path), readFileSync(journal)]
      writeFileSync(journal, 'not a journal')
      const id = await capturing.resume(kept.name)
      const failed = await until(capturing.watchLive(), (all) =>
        all.find((one) => one.id === id && one.endedAt !== undefined),
      )
      const message = expect.stringMatching(/^The journal beside .* can't be read: what the file holds can be opened/)
      expect(failed).toMatchObject({ state: 'failed', message })
      await until(capturing.watchLibrary(), ([one]) => one?.state === 'interrupted' && one.message !== undefined)
      const [after] = await until(capturing.watchLibrary(), (all) => all)
      expect(after).toMatchObject({ name: kept.name, size: bytes.length, message, order: kept.order })
      expect(readFileSync(kept.path).equals(bytes)).toBe(true)
      writeFileSync(journal, lines)
      await goOn(contract, kept, seen)
    }))

  it('removes at its start the pods of a host that died, and shows the rest', async () => {
    const other = temporaryFolder()
    const left = (pod: string) => ({
      id: pod,
      state: 'intended',
      at: 1,
      context: 'ops',
      server: cluster.api.url,
      kind: 'pod',
      namespace: 'default',
      pod,
      container: 'capture',
      capture: 'x',
      pid: 2 ** 22 + 1,
    })
    writeFileSync(join(other, 'ledger.jsonl'), `${JSON.stringify(left('dead'))}\n${JSON.stringify(left('alive'))}\n`)
    await cluster.pod('default', 'alive')
    await cluster
      .pod('default', 'dead', { restartPolicy: 'Never', container: { command: ['true'] } })
      .catch(() => undefined)
    await cluster.waitFor('default', 'dead', ({ status }) => status?.phase === 'Succeeded')
    const { host: started } = await startHost(other, cluster.kubeconfig(['ops', 'narrow']))
    const { clusters } = started.contract({ door: 'pipe', commands: new Mailbox() })
    const report = await until(clusters.watchSweeps(), ([found]) => (found?.state === 'done' ? found : undefined))
    expect(report).toMatchObject({ context: 'ops', removed: ['pod default/dead'] })
    expect(report.leftovers).toContainEqual(expect.objectContaining({ pod: 'alive', ours: true, inUse: false }))
    const after = await clusters.removeLeftovers('ops')
    expect(after.removed).toContain('pod default/alive')
    await expect.poll(() => cluster.findPod('default', 'alive')).toBeUndefined()
    await started.close()
  })

  it('lets no credential cross: not in a state, a row, a plan, a status, a report or an error', async () => {
    await using line = await openLink(host)
    const { clusters, explorer, capturing } = line.host
    await until(
      clusters.watchContexts(),
      ({ contexts }) => contexts.every(({ state }) => state === 'reachable') || undefined,
    )
    for (const kind of ['namespaces', 'pods', 'workloads', 'services', 'nodes'] as const) {
      await until(explorer.watchRows('ops', kind, ''), ({ synced }) => synced || undefined)
    }
    await capturing.plan('ops', [target('web-1')])
    await capturing.plan('nowhere', [target('web-1')]).catch(() => undefined)
    await clusters.findLeftovers('ops')
    const id = await capturing.start(order({ targets: [target('web-1')] }))
    await until(capturing.watchLive(), (all) => all.find((one) => one.id === id && one.state === 'capturing'))
    await capturing.stop(id)
    await until(capturing.watchLive(), (all) => all.find((one) => one.id === id && one.endedAt !== undefined))
    expect(cluster.api.seen.some(({ headers }) => headers.authorization?.includes(SECRET))).toBe(true)
    expect(line.messages.length).toBeGreaterThan(20)
    expect(line.messages.filter((message) => message.includes(SECRET))).toEqual([])
  })

  async function library<T>(is: (all: readonly LibraryCapture[]) => T | false, all?: false): Promise<T & object>
  async function library(is: (all: readonly LibraryCapture[]) => unknown, all: true): Promise<readonly LibraryCapture[]>
  async function library(is: (all: readonly LibraryCapture[]) => unknown, all = false): Promise<unknown> {
    return until(contract.capturing.watchLibrary(), (found) => (all ? found : is(found) || undefined))
  }
})
