import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { capturingCluster, said } from '../../../test/cluster/capturing-cluster.ts'
import { type CapturedPacket, readBlocks } from '../../../test/cluster/read-blocks.ts'
import { countSequence, startTraffic } from '../../../test/cluster/sequenced-traffic.ts'
import { skipReason } from '../../../test/cluster/start.ts'
import { setClock } from '../../../test/support/set-clock.ts'
import type { AddressName } from './address-names.ts'
import { DEFAULT_SETTINGS } from './capture-container.ts'
import { preflight } from './preflight.ts'
import { findLeftovers, removeLeftovers } from './sweep.ts'

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

const title = `capturing in a cluster${skipReason ? ` (skipped: ${skipReason})` : ''}`

describe.skipIf(skipReason !== undefined)(title, { timeout: 30_000 }, () => {
  const on = capturingCluster()
  const { app, make, pod, resume, started } = on

  it('takes two pods on two nodes into one file, each packet once, with names and interfaces', async () => {
    const capture = make([pod('web'), pod('db')])
    const done = capture.run()
    await started(capture)
    const traffic = await startTraffic(app('web'), on.db.status?.podIP ?? '', { perSecond: 2000, count: 3000 })
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
    expect(read.names.get(on.db.status?.podIP ?? '')).toBe('db.default')
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
    const latest = readdirSync(on.folder).find((name) => name.endsWith('.pcapng')) ?? ''
    const { stdout, stderr } = spawnSync(
      'tshark',
      ['-r', join(on.folder, latest), '-c', '1', '-T', 'fields', '-e', 'frame.interface_name'],
      {
        encoding: 'utf8',
      },
    )
    expect(stdout.trim()).toBe('web:eth0')
    expect(stderr).not.toMatch(/damaged|corrupt/i)
  })

  it('uses a capture container that runs again, and lists no second one', async () => {
    const before = on.cluster.findPod('default', 'web')?.spec.ephemeralContainers?.length
    expect(before).toBe(1)
    const capture = make([pod('web')], { durationSeconds: 1 })
    expect((await capture.run()).state).toBe('complete')
    expect(on.cluster.findPod('default', 'web')?.spec.ephemeralContainers?.length).toBe(1)
  })

  it.each([
    [DEFAULT_SETTINGS.image, 'BusyBox'],
    ['tools/debian:1', 'GNU'],
  ])('captures with the image %s, whose programs are those of %s', async (image, family) => {
    const name = family.toLowerCase()
    await on.cluster.pod('default', name, { nodeName: 'node-a' })
    // Packets of the snap length fill the kernel's buffer by their size: it holds those of seconds, however busy this machine is.
    const capture = make([pod(name), pod('db')], { snapLength: 1600 }, { container: { image } })
    const done = capture.run()
    await started(capture)
    const [container] = on.cluster.findPod('default', name)?.spec.ephemeralContainers ?? []
    const inside = on.cluster.container('default', name, container?.name ?? '')
    expect(inside.processes().map((one) => one.name)).toContain('tcpdump')
    expect(await said(inside.exec(['sh', '-c', 'stat --help 2>&1']))).toContain(family)
    const to = on.db.status?.podIP ?? ''
    const traffic = await startTraffic(app(name), to, { perSecond: 4000, size: 1400, count: 12_000 })
    await traffic.stop()
    on.cluster.fail({ kind: 'cut' }, { pod: name })
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
    await on.cluster.pod('guarded', 'bare', {
      securityContext: { runAsNonRoot: true, runAsUser: 65532 },
      container: { image: 'example.com/distroless:1' },
    })
    const capture = make([pod('bare', 'guarded')], { filter: 'icmp', packetLimit: 2 })
    const done = capture.run()
    await started(capture)
    on.cluster.sandbox('guarded', 'bare').run('busybox', 'ping', '-c', '1', '10.244.1.1')
    const status = await done
    expect(status).toMatchObject({ state: 'complete', packets: 2 })
    expect(status.points[0]?.rung).toBe('ephemeral-container')
    const [container] = on.cluster.findPod('guarded', 'bare')?.spec.ephemeralContainers ?? []
    expect(container?.securityContext).toMatchObject({
      runAsUser: 0,
      runAsNonRoot: false,
      allowPrivilegeEscalation: false,
    })
  })

  it('goes through the node where the pod is closed, and removes its pod again', async () => {
    const context = { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } }
    const own = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } }
    await on.cluster.pod('strict', 'tight', { securityContext: context, container: { securityContext: own } })
    const { preflight: result } = await preflight(on.admin, pod('tight', 'strict'), DEFAULT_SETTINGS, 'debug')
    expect(result.chosen).toBe('node-pod')
    expect(result.rungs[0]?.sentence).toMatch(/violates PodSecurity "restricted:latest".*runAsUser=0/)
    const capture = make([pod('tight', 'strict')], { filter: 'icmp', packetLimit: 2 }, { debugNamespace: 'debug' })
    const done = capture.run()
    await started(capture)
    const made = on.cluster.listPods('debug')
    expect(made).toHaveLength(1)
    on.cluster.sandbox('strict', 'tight').run('busybox', 'ping', '-c', '1', '10.244.1.1')
    const status = await done
    expect(status).toMatchObject({ state: 'complete', packets: 2 })
    while (on.cluster.listPods('debug').length > 0) await sleep(20)
    expect((await findLeftovers(on.admin, 'admin', on.ledger)).leftovers.filter(({ kind }) => kind === 'pod')).toEqual(
      [],
    )
  })

  it('follows labels: a pod that comes is captured too, one that goes makes the capture no less whole', async () => {
    const labels = { app: 'shop' }
    await on.cluster.pod('default', 'shop-1', { nodeName: 'node-a' }, labels)
    const capture = make([pod('shop-1')], {}, { follow: { namespace: 'default', labels: 'app=shop' } })
    const done = capture.run()
    await started(capture)
    await on.cluster.pod('default', 'shop-2', { nodeName: 'node-b' }, labels)
    await on.cluster.pod('default', 'other', { nodeName: 'node-b' }, { app: 'other' })
    while (capture.status.points.length < 2) await sleep(20)
    await started(capture)
    for (const name of ['shop-1', 'shop-2']) {
      const traffic = await startTraffic(app(name), on.db.status?.podIP ?? '', { perSecond: 1000, count: 300 })
      await traffic.stop()
    }
    await sleep(500)
    const gone = on.cluster.findPod('default', 'shop-1')
    if (gone) on.cluster.deletePod(gone, 0)
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

  it('follows labels for as long as it is to, by no clock that is set', async () => {
    const follow = { namespace: 'default', labels: 'app=web' }
    const capture = make([pod('web')], { durationSeconds: 3 }, { follow })
    const done = capture.run()
    await started(capture)
    setClock(-3_600_000)
    expect(await done).toMatchObject({ state: 'complete' })
  })

  it('captures a node without its own traffic', async () => {
    on.cluster.add('endpointslices', 'default', {
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
    app('web').exec(['ping', '-c', '1', on.db.status?.podIP ?? ''])
    const status = await done
    expect(status).toMatchObject({ state: 'complete', packets: 2 })
    const [found] = readBlocks(status.file).interfaces
    expect(found?.description).toBe('node=node-a interface=eth0 role=node')
    expect(found?.filter).toBe(
      '(icmp) and not ((tcp port 10250) or (tcp port 8132) or (tcp port 9345) or (host 10.99.0.5 and tcp port 6443))',
    )
  })

  it('leaves its own traffic out of a pod on the network of its node, too', async () => {
    await on.cluster.pod('default', 'agent', { nodeName: 'node-b', hostNetwork: true })
    const { preflight: told } = await preflight(on.admin, pod('agent'), DEFAULT_SETTINGS, 'debug')
    expect(told.circumstances).toEqual([expect.stringMatching(/^Pod agent is on the network of its node/)])
    const status = await make([pod('agent')], { filter: 'icmp', durationSeconds: 1 }).run()
    expect(readBlocks(status.file).rest).toBe(0)
    expect(status.state).toBe('complete')
    expect(readBlocks(status.file).interfaces[0]?.filter).toContain('and not ((tcp port 10250)')
  })

  it('is begun when it is resumed, where the crash came between the manifest and the start of tcpdump', async () => {
    const there = await on.crashedBeforeStart(make([pod('web')]))
    const capture = await resume(there)
    const done = capture.run()
    await started(capture)
    const traffic = await startTraffic(app('web'), on.db.status?.podIP ?? '', { perSecond: 1000, count: 200 })
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

  // Longer than a slow machine takes to prepare a capture, of which the pod hears nothing.
  it('stops by itself when nobody is heard, and ends its container', async () => {
    await on.cluster.pod('default', 'lonely', { nodeName: 'node-a' })
    const capture = make([pod('lonely')], {}, { container: { leaseSeconds: 5, keepSeconds: 12 } })
    void capture.run().catch(() => undefined)
    await started(capture)
    const name = on.cluster.findPod('default', 'lonely')?.spec.ephemeralContainers?.[0]?.name ?? ''
    const inside = on.cluster.container('default', 'lonely', name)
    expect(inside.processes().map((one) => one.name)).toContain('tcpdump')
    capture.abandon()
    on.cluster.fail({ kind: 'cut' }, { pod: 'lonely' })
    while (inside.processes().some((one) => one.name === 'tcpdump')) await sleep(50)
    expect(inside.running).toBe(true)
    await inside.exited
  })

  it('leaves nothing after a sweep', async () => {
    const { leftovers } = await findLeftovers(on.admin, 'admin', on.ledger)
    expect(leftovers.length).toBeGreaterThan(0)
    const { removed, kept } = await removeLeftovers(on.admin, leftovers, on.ledger)
    expect(kept).toEqual([])
    expect(removed).toHaveLength(leftovers.length)
    expect((await findLeftovers(on.admin, 'admin', on.ledger)).leftovers).toEqual([])
  })
})
