import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { TestCluster } from '../../../test/cluster/cluster.ts'
import { type CapturedPacket, readBlocks } from '../../../test/cluster/read-blocks.ts'
import { countSequence, startTraffic } from '../../../test/cluster/sequenced-traffic.ts'
import { openAs, skipReason } from '../../../test/cluster/start.ts'
import type { ContainerProcess } from '../../demo/cluster/running.ts'
import type { ApiConnection } from '../api-connection.ts'
import type { Container, Pod } from '../objects.ts'
import type { AddressName } from './address-names.ts'
import type { ContainerSettings } from './capture-container.ts'
import { DEFAULT_SETTINGS } from './capture-container.ts'
import type { CaptureSettings } from './capture-request.ts'
import { ClusterCapture } from './cluster-capture.ts'
import { Ledger } from './ledger.ts'
import type { PodSelector } from './pod-follower.ts'
import { PointCapture } from './point-capture.ts'
import type { CaptureTarget } from './preflight.ts'
import { preflight } from './preflight.ts'
import { QuickWriter } from './quick-write.ts'
import { findLeftovers, removeLeftovers } from './sweep.ts'

const dev = {
  name: 'dev',
  token: 'dev-token',
  rules: [{ namespaces: ['default'], resources: ['pods'], verbs: ['get', 'list'] }],
}

/** Packets that are older than one of another point before them, though nothing says that their point is late. */
function unmarkedSteps(packets: readonly CapturedPacket[]): number {
  const newest = new Map<number, bigint>()
  const late = new Set<number>()
  let unmarked = 0
  for (const { interface: point, timeNs, comment = '' } of packets) {
    const isOlder = [...newest].some(([other, time]) => other !== point && time > timeNs)
    if (!isOlder) late.delete(point)
    else if (comment.includes('too late to be put in order')) late.add(point)
    else if (!late.has(point)) unmarked++
    // A kernel with several processors does not hand over every packet in the order of their times.
    if (timeNs > (newest.get(point) ?? 0n)) newest.set(point, timeNs)
  }
  return unmarked
}

async function said(process: ContainerProcess): Promise<string> {
  let text = ''
  process.stdout?.on('data', (bytes: Buffer) => (text += bytes.toString()))
  await once(process, 'close')
  return text
}

const title = `capturing in a cluster${skipReason ? ` (skipped: ${skipReason})` : ''}`

describe.skipIf(skipReason !== undefined)(title, { timeout: 30_000 }, () => {
  let cluster: TestCluster
  let admin: ApiConnection
  let folder: string
  let ledger: Ledger
  let db: Pod
  let number = 0

  beforeAll(async () => {
    const debian = { user: 0, shell: true, busybox: false, tcpdump: true, command: ['sh'], pullMs: 5 }
    cluster = await TestCluster.start({ users: [dev], images: { 'tools/debian:1': debian } })
    cluster.namespace('guarded', 'baseline')
    cluster.namespace('strict', 'restricted')
    cluster.namespace('debug', 'privileged')
    await cluster.pod('default', 'web', { nodeName: 'node-a' }, { app: 'web' })
    db = await cluster.pod('default', 'db', { nodeName: 'node-b' })
    cluster.add('services', 'default', {
      metadata: { name: 'db' },
      spec: { clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'] },
    })
    admin = (await openAs(cluster)).connection
    folder = mkdtempSync(join(tmpdir(), 'hopscope-capture-'))
    ledger = new Ledger(join(folder, 'ledger.jsonl'))
  })
  afterAll(async () => {
    await cluster?.close()
    if (folder) rmSync(folder, { recursive: true, force: true })
  })

  const file = () => join(folder, `capture-${++number}.pcapng`)
  const make = (
    targets: readonly CaptureTarget[],
    capture: Partial<CaptureSettings> = {},
    more: {
      container?: Partial<ContainerSettings>
      connection?: ApiConnection
      file?: string
      debugNamespace?: string
      follow?: PodSelector
    } = {},
  ) =>
    ClusterCapture.create({
      connection: more.connection ?? admin,
      context: 'admin',
      targets,
      capture: { filter: 'udp port 9', snapLength: 0, ...capture },
      container: { ...DEFAULT_SETTINGS, ...more.container },
      debugNamespace: more.debugNamespace ?? 'default',
      ledger,
      file: more.file ?? file(),
      ...(more.follow ? { follow: more.follow } : {}),
    })
  const resume = (there: string) =>
    ClusterCapture.resume({
      connection: admin,
      context: 'admin',
      container: DEFAULT_SETTINGS,
      debugNamespace: 'default',
      ledger,
      file: there,
    })
  const pod = (name: string, namespace = 'default'): CaptureTarget => ({ kind: 'pod', namespace, pod: name })
  const started = async (capture: ClusterCapture) => {
    while (!capture.status.points.every(({ state }) => state === 'capturing')) {
      expect(capture.status.state).not.toBe('failed')
      await sleep(20)
    }
    await sleep(300)
  }
  const app = (name: string, namespace = 'default') => cluster.container(namespace, name, 'app')

  it('takes two pods on two nodes into one file, each packet once, with names and interfaces', async () => {
    const capture = make([pod('web'), pod('db')])
    const done = capture.run()
    await started(capture)
    const traffic = await startTraffic(app('web'), db.status?.podIP ?? '', { perSecond: 2000, count: 3000 })
    await traffic.stop()
    await sleep(300)
    await capture.stop()
    const status = await done
    expect(status).toMatchObject({ state: 'complete', packets: 6000 })
    const read = readBlocks(status.file)
    expect(read.rest).toBe(0)
    expect([...read.interfaces].sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
      {
        name: 'db:eth0',
        description: 'pod=db namespace=default node=node-b interface=eth0 role=pod',
        filter: 'udp port 9',
      },
      {
        name: 'web:eth0',
        description: 'pod=web namespace=default node=node-a interface=eth0 role=pod',
        filter: 'udp port 9',
      },
    ])
    expect(read.names.get(db.status?.podIP ?? '')).toBe('db.default')
    expect(read.names.get('10.96.0.7')).toBe('db.default.svc')
    expect(read.names.get('10.99.0.11')).toBe('node-a')
    expect(read.dropped).toEqual([0, 0])
    for (const point of [0, 1]) {
      const count = countSequence(read.packets.filter((packet) => packet.interface === point).map(({ bytes }) => bytes))
      expect(count).toMatchObject({ packets: 3000, missing: 0, duplicated: 0, outOfOrder: 0, damaged: 0 })
    }
    expect(unmarkedSteps(read.packets)).toBe(0)
    expect(existsSync(`${status.file}.parts`)).toBe(false)
    const names = JSON.parse(readFileSync(`${status.file}.names.json`, 'utf8'))
    expect(names.names).toContainEqual(expect.objectContaining({ kind: 'pod', name: 'web', address: '10.244.1.2' }))
  })

  it.skipIf(spawnSync('tshark', ['-v']).status !== 0)('opens in tshark', async () => {
    const latest = readdirSync(folder).find((name) => name.endsWith('.pcapng')) ?? ''
    const { stdout, stderr } = spawnSync(
      'tshark',
      ['-r', join(folder, latest), '-c', '1', '-T', 'fields', '-e', 'frame.interface_name'],
      {
        encoding: 'utf8',
      },
    )
    expect(stdout.trim()).toBe('web:eth0')
    expect(stderr).not.toMatch(/damaged|corrupt/i)
  })

  it('uses a capture container that runs again, and lists no second one', async () => {
    const before = cluster.findPod('default', 'web')?.spec.ephemeralContainers?.length
    expect(before).toBe(1)
    const capture = make([pod('web')], { durationSeconds: 1 })
    expect((await capture.run()).state).toBe('complete')
    expect(cluster.findPod('default', 'web')?.spec.ephemeralContainers?.length).toBe(1)
  })

  it.each([
    [DEFAULT_SETTINGS.image, 'BusyBox'],
    ['tools/debian:1', 'GNU'],
  ])('captures with the image %s, whose programs are those of %s', async (image, family) => {
    const name = family.toLowerCase()
    await cluster.pod('default', name, { nodeName: 'node-a' })
    // Packets of the snap length fill the kernel's buffer by their size: it holds those of seconds, however busy this machine is.
    const capture = make([pod(name), pod('db')], { snapLength: 1600 }, { container: { image } })
    const done = capture.run()
    await started(capture)
    const [container] = cluster.findPod('default', name)?.spec.ephemeralContainers ?? []
    const inside = cluster.container('default', name, container?.name ?? '')
    expect(inside.processes().map((one) => one.name)).toContain('tcpdump')
    expect(await said(inside.exec(['sh', '-c', 'stat --help 2>&1']))).toContain(family)
    const to = db.status?.podIP ?? ''
    const traffic = await startTraffic(app(name), to, { perSecond: 4000, size: 1400, count: 12_000 })
    await traffic.stop()
    cluster.fail({ kind: 'cut' }, { pod: name })
    await sleep(500)
    await capture.stop()
    const status = await done
    expect(status).toMatchObject({ state: 'complete', packets: 24_000 })
    const { packets } = readBlocks(status.file)
    for (const point of [0, 1]) {
      const count = countSequence(packets.filter((packet) => packet.interface === point).map(({ bytes }) => bytes))
      expect(count).toMatchObject({ packets: 12_000, missing: 0, duplicated: 0, damaged: 0 })
    }
    // Where the cut took longer than packets wait for each other, that is marked.
    expect(unmarkedSteps(packets)).toBe(0)
  })

  it('captures in a distroless pod that runs as non-root, in a namespace that enforces baseline', async () => {
    await cluster.pod('guarded', 'bare', {
      securityContext: { runAsNonRoot: true, runAsUser: 65532 },
      container: { image: 'example.com/distroless:1' },
    })
    const capture = make([pod('bare', 'guarded')], { filter: 'icmp', packetLimit: 2 })
    const done = capture.run()
    await started(capture)
    cluster.sandbox('guarded', 'bare').run('busybox', 'ping', '-c', '1', '10.244.1.1')
    const status = await done
    expect(status).toMatchObject({ state: 'complete', packets: 2 })
    expect(status.points[0]?.rung).toBe('ephemeral-container')
    const [container] = cluster.findPod('guarded', 'bare')?.spec.ephemeralContainers ?? []
    expect(container?.securityContext).toEqual({ runAsUser: 0, runAsNonRoot: false })
  })

  it('goes through the node where the pod is closed, and removes its pod again', async () => {
    const context = { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } }
    const own = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } }
    await cluster.pod('strict', 'tight', { securityContext: context, container: { securityContext: own } })
    const { preflight: result } = await preflight(admin, pod('tight', 'strict'), DEFAULT_SETTINGS, 'debug')
    expect(result.chosen).toBe('node-pod')
    expect(result.rungs[0]?.sentence).toMatch(/violates PodSecurity "restricted:latest".*runAsUser=0/)
    const capture = make([pod('tight', 'strict')], { filter: 'icmp', packetLimit: 2 }, { debugNamespace: 'debug' })
    const done = capture.run()
    await started(capture)
    const made = cluster.listPods('debug')
    expect(made).toHaveLength(1)
    cluster.sandbox('strict', 'tight').run('busybox', 'ping', '-c', '1', '10.244.1.1')
    const status = await done
    expect(status).toMatchObject({ state: 'complete', packets: 2 })
    while (cluster.listPods('debug').length > 0) await sleep(20)
    expect((await findLeftovers(admin, 'admin', ledger)).leftovers.filter(({ kind }) => kind === 'pod')).toEqual([])
  })

  it('follows labels: a pod that comes is captured too, one that goes makes the capture no less whole', async () => {
    const labels = { app: 'shop' }
    await cluster.pod('default', 'shop-1', { nodeName: 'node-a' }, labels)
    const capture = make([pod('shop-1')], {}, { follow: { namespace: 'default', labels: 'app=shop' } })
    const done = capture.run()
    await started(capture)
    await cluster.pod('default', 'shop-2', { nodeName: 'node-b' }, labels)
    await cluster.pod('default', 'other', { nodeName: 'node-b' }, { app: 'other' })
    while (capture.status.points.length < 2) await sleep(20)
    await started(capture)
    for (const name of ['shop-1', 'shop-2']) {
      const traffic = await startTraffic(app(name), db.status?.podIP ?? '', { perSecond: 1000, count: 300 })
      await traffic.stop()
    }
    await sleep(500)
    const gone = cluster.findPod('default', 'shop-1')
    if (gone) cluster.deletePod(gone, 0)
    while (capture.status.points[0]?.state === 'capturing') await sleep(20)
    await capture.stop()
    const status = await done
    expect(status).toMatchObject({ state: 'complete', packets: 600 })
    expect(status.points.map((point) => [point.pod, point.state])).toEqual([
      ['shop-1', 'incomplete'],
      ['shop-2', 'complete'],
    ])
    const { interfaces, packets, names } = readBlocks(status.file)
    expect(interfaces.map(({ name }) => name)).toEqual(['shop-1:eth0', 'shop-2:eth0'])
    expect([0, 1].map((point) => packets.filter((packet) => packet.interface === point).length)).toEqual([300, 300])
    // The one that came has its name from the end of the capture, the one that went keeps its own with the time it went.
    expect([...names.values()]).toContain('shop-2.default')
    const { names: told }: { names: AddressName[] } = JSON.parse(readFileSync(`${status.file}.names.json`, 'utf8'))
    const intervals = new Map(told.map((one) => [one.name, one]))
    expect(intervals.get('shop-1')?.until).toBeGreaterThan(status.startedAt)
    expect(intervals.get('shop-2')?.until).toBeUndefined()
  })

  it('captures a node without its own traffic', async () => {
    cluster.add('endpointslices', 'default', {
      metadata: { name: 'kubernetes', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.99.0.5'] }],
      ports: [{ name: 'https', port: 6443, protocol: 'TCP' }],
    })
    const capture = make(
      [{ kind: 'node', node: 'node-a' }],
      { filter: 'icmp', packetLimit: 2 },
      { debugNamespace: 'debug' },
    )
    const done = capture.run()
    await started(capture)
    app('web').exec(['ping', '-c', '1', db.status?.podIP ?? ''])
    const status = await done
    expect(status).toMatchObject({ state: 'complete', packets: 2 })
    const [on] = readBlocks(status.file).interfaces
    expect(on?.description).toBe('node=node-a interface=eth0 role=node')
    expect(on?.filter).toBe(
      '(icmp) and not ((tcp port 10250) or (tcp port 8132) or (tcp port 9345) or (host 10.99.0.5 and tcp port 6443))',
    )
  })

  it('leaves its own traffic out of a pod on the network of its node, too', async () => {
    await cluster.pod('default', 'agent', { nodeName: 'node-b', hostNetwork: true })
    const status = await make([pod('agent')], { filter: 'icmp', durationSeconds: 1 }).run()
    expect(readBlocks(status.file).rest).toBe(0)
    expect(status.state).toBe('complete')
    expect(readBlocks(status.file).interfaces[0]?.filter).toContain('and not ((tcp port 10250)')
  })

  describe('says what is the matter', () => {
    it('a policy that takes NET_RAW from containers as they come', async () => {
      await cluster.pod('default', 'policed', { nodeName: 'node-a' })
      const drop = (one: Container): Container => ({
        ...one,
        securityContext: { ...one.securityContext, capabilities: { drop: ['ALL'] } },
      })
      cluster.api.mutatePod = ({ spec, ...pod }) => ({
        ...pod,
        spec: { ...spec, ephemeralContainers: (spec.ephemeralContainers ?? []).map(drop) },
      })
      try {
        const { preflight: result } = await preflight(admin, pod('policed'), DEFAULT_SETTINGS, 'debug')
        expect(result.chosen).toBe('node-pod')
        for (const { sentence } of result.rungs.slice(0, 2)) expect(sentence).toMatch(/takes the capability NET_RAW/)
      } finally {
        cluster.api.mutatePod = undefined
      }
    })

    it.each([
      ['no such pod', [pod('nope')], {}, {}, /There is no pod "nope" in namespace "default"/],
      [
        'a filter that tcpdump refuses',
        [pod('web')],
        { filter: 'prot 80' },
        {},
        /tcpdump does not understand the filter "prot 80"/,
      ],
      [
        'no such interface',
        [{ kind: 'pod', namespace: 'default', pod: 'web', interface: 'eth7' } as const],
        {},
        {},
        /There is no such interface/,
      ],
      [
        'an image that does not exist',
        [pod('db')],
        {},
        { container: { image: 'no.such/image:1' } },
        /The image no.such\/image:1 can't be pulled by the node: name one that it can reach \(under Image .*--image/,
      ],
      [
        'a folder that is not there',
        [pod('web')],
        {},
        { file: '/nowhere/x.pcapng' },
        /can't be written: its folder does not exist/,
      ],
    ])('%s', async (_what, targets, settings, more, words) => {
      await expect(make(targets, settings, more).run()).rejects.toThrow(words)
    })

    it('a user who may only look: which permissions are missing, and the rule', async () => {
      const { connection } = await openAs(cluster, 'dev')
      await expect(make([pod('web')], {}, { connection }).run()).rejects.toThrow(
        /no way to capture here:\n- dev may not .*get pods\/exec in namespace default/,
      )
    })

    it('a file that is there already is left as it is', async () => {
      const there = file()
      const first = make([pod('web')], { durationSeconds: 1 }, { file: there })
      await first.run()
      const before = readFileSync(there)
      await expect(make([pod('web')], { durationSeconds: 1 }, { file: there }).run()).rejects.toThrow(
        /is there already/,
      )
      expect(readFileSync(there).equals(before)).toBe(true)
    })

    it('a pod that is deleted while capturing: what was fetched is kept', async () => {
      await cluster.pod('default', 'short', { nodeName: 'node-a' })
      const capture = make([pod('short')])
      const done = capture.run()
      await started(capture)
      const traffic = await startTraffic(app('short'), db.status?.podIP ?? '', { perSecond: 1000, count: 500 })
      await traffic.stop()
      await sleep(500)
      const object = cluster.findPod('default', 'short')
      if (object) cluster.deletePod(object, 0)
      const status = await done
      expect(status.state).toBe('incomplete')
      expect(status.message).toMatch(/deleted|ended/)
      const events = status.points[0]?.events?.map(({ text }) => text) ?? []
      expect(events.join(' ')).toMatch(/Pod default\/short(: .*| was )deleted|Pod default\/short is gone/)
      expect(readBlocks(status.file).remarks).toEqual(events.map((text) => `Hopscope: ${text}`))
      expect(countSequence(readBlocks(status.file).packets.map(({ bytes }) => bytes))).toMatchObject({
        packets: 500,
        missing: 0,
      })
    })
  })

  it('is begun when it is resumed, where the crash came between the manifest and the start of tcpdump', async () => {
    const there = file()
    const start = vi.spyOn(PointCapture.prototype, 'start').mockRejectedValueOnce(new Error('the host went away'))
    await expect(make([pod('web')], {}, { file: there }).run()).rejects.toThrow('the host went away')
    start.mockRestore()
    expect(existsSync(join(`${there}.parts`, 'capture.json'))).toBe(true)
    const capture = await resume(there)
    const done = capture.run()
    await started(capture)
    const traffic = await startTraffic(app('web'), db.status?.podIP ?? '', { perSecond: 1000, count: 200 })
    await traffic.stop()
    await sleep(500)
    await capture.stop()
    const status = await done
    expect(status.state).toBe('complete')
    expect(countSequence(readBlocks(there).packets.map(({ bytes }) => bytes))).toMatchObject({
      packets: 200,
      missing: 0,
    })
  })

  it('says why one of its points could not be started, and captures at the other', async () => {
    const start = vi.spyOn(PointCapture.prototype, 'start').mockRejectedValueOnce(new Error('no more processes'))
    const capture = make([pod('web'), pod('db')], { durationSeconds: 1 })
    const status = await capture.run()
    start.mockRestore()
    const why = 'Nothing was captured here, as tcpdump could not be started: no more processes'
    expect(status).toMatchObject({ state: 'incomplete', message: expect.stringMatching(`^default/web: ${why}`) })
    expect(status.points).toMatchObject([
      { state: 'failed', message: expect.stringContaining(why) },
      { state: 'complete' },
    ])
  })

  it('can be gone on with after the disk was full, and then has every packet', async () => {
    const there = file()
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC' })
    const capture = make([pod('web'), pod('db')], {}, { file: there })
    const done = capture.run()
    const said = expect(done).rejects.toThrow(/The disk is full: .*go on with it within ten minutes/)
    await started(capture)
    const write = vi.spyOn(QuickWriter.prototype, 'write').mockRejectedValue(full)
    const traffic = await startTraffic(app('web'), db.status?.podIP ?? '', { perSecond: 1000, count: 200 })
    await traffic.stop()
    await said
    write.mockRestore()
    const again = await resume(there)
    const status = await again.run()
    expect(status.state).toBe('complete')
    const { packets } = readBlocks(there)
    for (const on of [0, 1]) {
      const of = packets.filter((packet) => packet.interface === on).map(({ bytes }) => bytes)
      expect(countSequence(of)).toMatchObject({ packets: 200, missing: 0 })
    }
  })

  it('text full of shell stays text', async () => {
    const capture = make([pod('web')], { filter: 'port 9 $(touch /tmp/pwned) `id`; "&& reboot' })
    await expect(capture.run()).rejects.toThrow(/does not understand the filter "port 9 \$\(touch \/tmp\/pwned\)/)
    expect(await said(app('web').exec(['ls', '/tmp']))).not.toContain('pwned')
    expect(existsSync('/tmp/pwned')).toBe(false)
    await expect(make([pod('web')], { filter: '-w /tmp/evil' }).run()).rejects.toThrow(
      /does not understand the filter "-w \/tmp\/evil"/,
    )
  })

  // Longer than a slow machine takes to prepare a capture, of which the pod hears nothing.
  it('stops by itself when nobody is heard, and ends its container', async () => {
    await cluster.pod('default', 'lonely', { nodeName: 'node-a' })
    const capture = make([pod('lonely')], {}, { container: { leaseSeconds: 5, keepSeconds: 12 } })
    void capture.run().catch(() => undefined)
    await started(capture)
    const name = cluster.findPod('default', 'lonely')?.spec.ephemeralContainers?.[0]?.name ?? ''
    const inside = cluster.container('default', 'lonely', name)
    expect(inside.processes().map((one) => one.name)).toContain('tcpdump')
    capture.abandon()
    cluster.fail({ kind: 'cut' }, { pod: 'lonely' })
    while (inside.processes().some((one) => one.name === 'tcpdump')) await sleep(50)
    expect(inside.running).toBe(true)
    await inside.exited
  })

  it('leaves nothing after a sweep', async () => {
    const { leftovers } = await findLeftovers(admin, 'admin', ledger)
    expect(leftovers.length).toBeGreaterThan(0)
    const { removed, kept } = await removeLeftovers(admin, leftovers, ledger)
    // The one whose image is not there can't be ended, and that is said; all others are gone.
    expect(kept.map(({ why }) => why)).toEqual([expect.stringMatching(/is waiting \(ImagePullBackOff\)/)])
    expect(removed).toHaveLength(leftovers.length - 1)
    expect((await findLeftovers(admin, 'admin', ledger)).leftovers).toHaveLength(1)
    for (const name of ['web', 'db']) {
      await cluster.waitFor('default', name, ({ status }) =>
        (status?.ephemeralContainerStatuses ?? []).every(({ state }) => !state?.running),
      )
    }
  })
})
