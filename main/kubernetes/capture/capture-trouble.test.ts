import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { capturingCluster, said } from '../../../test/cluster/capturing-cluster.ts'
import { readBlocks } from '../../../test/cluster/read-blocks.ts'
import { countSequence, startTraffic } from '../../../test/cluster/sequenced-traffic.ts'
import { openAs, skipReason } from '../../../test/cluster/start.ts'
import { setClock } from '../../../test/support/set-clock.ts'
import { podKind } from '../../demo/cluster/kubelet.ts'
import type { Container } from '../objects.ts'
import { DEFAULT_SETTINGS } from './capture-container.ts'
import { endContainer, makePlace } from './capture-place.ts'
import { CapturePoint } from './capture-point.ts'
import { Ledger } from './ledger.ts'
import { PointCapture } from './point-capture.ts'
import { preflight } from './preflight.ts'
import { QuickWriter } from './quick-write.ts'
import { findLeftovers, removeLeftovers } from './sweep.ts'

const title = `what can be the matter with a capture in a cluster${skipReason ? ` (skipped: ${skipReason})` : ''}`

describe.skipIf(skipReason !== undefined)(title, { timeout: 30_000 }, () => {
  const on = capturingCluster()
  const { app, file, make, pod, resume, started } = on

  it('a policy that takes NET_RAW from containers as they come', async () => {
    await on.cluster.pod('default', 'policed', { nodeName: 'node-a' })
    const drop = (one: Container): Container => ({
      ...one,
      securityContext: { ...one.securityContext, capabilities: { drop: ['ALL'] } },
    })
    on.cluster.api.mutatePod = ({ spec, ...pod }) => ({
      ...pod,
      spec: { ...spec, ephemeralContainers: (spec.ephemeralContainers ?? []).map(drop) },
    })
    try {
      const { preflight: result } = await preflight(on.admin, pod('policed'), DEFAULT_SETTINGS, 'debug')
      expect(result.chosen).toBe('node-pod')
      for (const { sentence } of result.rungs.slice(0, 2)) expect(sentence).toMatch(/takes the capability NET_RAW/)
    } finally {
      on.cluster.api.mutatePod = undefined
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
    const { connection } = await openAs(on.cluster, 'dev')
    await expect(make([pod('web')], {}, { connection }).run()).rejects.toThrow(
      /no way to capture here:\n- dev may not .*get pods\/exec in namespace default/,
    )
  })

  it('a file that is there already is left as it is', async () => {
    const there = file()
    const first = make([pod('web')], { durationSeconds: 1 }, { file: there })
    await first.run()
    const before = readFileSync(there)
    await expect(make([pod('web')], { durationSeconds: 1 }, { file: there }).run()).rejects.toThrow(/is there already/)
    expect(readFileSync(there).equals(before)).toBe(true)
  })

  it('a pod that is deleted while capturing: what was fetched is kept', async () => {
    await on.cluster.pod('default', 'short', { nodeName: 'node-a' })
    const capture = make([pod('short')])
    const done = capture.run()
    await started(capture)
    const traffic = await startTraffic(app('short'), on.db.status?.podIP ?? '', { perSecond: 1000, count: 500 })
    await traffic.stop()
    await sleep(500)
    const object = on.cluster.findPod('default', 'short')
    if (object) on.cluster.deletePod(object, 0)
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

  it('a pod that is replaced by one of its name, as in a stateful set', async () => {
    await on.cluster.pod('default', 'set-0', { nodeName: 'node-a' })
    const capture = make([pod('set-0')])
    const done = capture.run()
    await started(capture)
    const object = on.cluster.findPod('default', 'set-0')
    if (object) on.cluster.deletePod(object, 0)
    await expect.poll(() => on.cluster.findPod('default', 'set-0')).toBeUndefined()
    await on.cluster.pod('default', 'set-0', { nodeName: 'node-a' })
    const status = await done
    expect(status).toMatchObject({
      state: 'incomplete',
      message: expect.stringMatching(/gone, and another has its name now/),
    })
  })

  it.each([3_600_000, -3_600_000])('a clock of this machine that is set by %i ms', async (step) => {
    const capture = make([pod('web')])
    const done = capture.run()
    await started(capture)
    setClock(step)
    on.cluster.fail({ kind: 'cut' }, { pod: 'web' })
    const traffic = await startTraffic(app('web'), on.db.status?.podIP ?? '', { perSecond: 1000, count: 500 })
    await traffic.stop()
    await expect.poll(() => capture.status.packets).toBe(500)
    await capture.stop()
    expect(await done).toMatchObject({ state: 'complete', packets: 500 })
    expect(capture.status.points[0]?.cuts).toBeGreaterThan(0)
  })

  it.each([3_600_000, -3_600_000])(
    'a clock of this machine that is wrong by %i ms: what is told has the time of packets',
    async (by) => {
      setClock(by)
      const which = by > 0 ? 'ahead' : 'behind'
      await on.cluster.pod('default', which, { nodeName: 'node-a' })
      const { preflight: plan } = await preflight(on.admin, pod(which), DEFAULT_SETTINGS, 'debug')
      expect(plan.circumstances).toEqual([
        `The clock of this machine is 60 min ${by > 0 ? 'ahead of' : 'behind'} that of the API server. Packets have the time of their node.`,
      ])
      const capture = make([pod(which)])
      const done = capture.run()
      await started(capture)
      const traffic = await startTraffic(app(which), on.db.status?.podIP ?? '', { perSecond: 500, count: 100 })
      await traffic.stop()
      await expect.poll(() => capture.status.packets).toBe(100)
      // Without a deletion of which the cluster would say when it was.
      on.cluster.store.remove(podKind(), 'default', which)
      on.cluster.fail({ kind: 'cut' }, { pod: which })
      const { file: path, points, state } = await done
      expect(state).toBe('incomplete')
      const { packets, counted } = readBlocks(path)
      const first = Number((packets[0]?.timeNs ?? 0n) / 1_000_000n)
      const near = (time: number | undefined) => Math.abs((time ?? 0) - first) < 60_000
      expect(points[0]?.events?.map(({ at }) => near(at))).toEqual([true])
      const names: { names: { name: string; from: number; until: number }[] } = JSON.parse(
        readFileSync(`${path}.names.json`, 'utf8'),
      )
      const own = names.names.find(({ name }) => name === which)
      expect([near(own?.from), near(own?.until)]).toEqual([true, true])
      expect(counted.length).toBeGreaterThan(1)
      expect(counted.filter((time) => !near(time))).toEqual([])
    },
  )

  it('a pod whose status says more than a comment can hold', async () => {
    const object = await on.cluster.pod('default', 'talker', { nodeName: 'node-a' })
    const capture = make([pod('talker')])
    const done = capture.run()
    await started(capture)
    const { metadata, ...current } = on.cluster.findPod('default', 'talker') ?? object
    const { resourceVersion: _old, ...same } = metadata
    const message = `low on\x1b[31m\nmemory${'!'.repeat(70_000)}`
    const status = { ...current.status, phase: 'Failed', reason: 'Evicted', message }
    on.cluster.store.replace(podKind(), { ...current, metadata: same, status })
    await expect.poll(() => capture.status.points[0]?.events).toHaveLength(1)
    await capture.stop()
    expect(await done).toMatchObject({ state: 'complete' })
    expect(readBlocks(capture.status.file).remarks).toEqual([
      expect.stringMatching(/^Hopscope: Pod talker was stopped .*\(Evicted\): low on \[31m memory!{800,1000}…$/),
    ])
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

  it.each([
    ['pods', [pod('web'), pod('db')]],
    ['a node', [{ kind: 'node', node: 'node-a', interface: 'cni0' }]],
  ] as const)('at %s can be gone on with after the disk was full, and then has every packet', async (_at, targets) => {
    const there = file()
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC' })
    const capture = make(targets, {}, { file: there, debugNamespace: 'debug' })
    const done = capture.run()
    const said = expect(done).rejects.toThrow(/The disk is full: .*go on with it within ten minutes/)
    await started(capture)
    // It fails once all is here: then tcpdump is ended. No packet comes after that for the failure to be noticed by.
    const failing = Promise.withResolvers<never>()
    failing.promise.catch(() => undefined)
    const write = vi.spyOn(QuickWriter.prototype, 'write').mockReturnValue(failing.promise)
    onTestFinished(() => write.mockRestore())
    const traffic = await startTraffic(app('web'), on.db.status?.podIP ?? '', { perSecond: 1000, count: 200 })
    await traffic.stop()
    await expect.poll(() => capture.status.points.map(({ packets }) => packets)).toEqual(targets.map(() => 200))
    failing.reject(full)
    await said
    write.mockRestore()
    const again = await resume(there)
    const status = await again.run()
    expect(status.state).toBe('complete')
    const { packets } = readBlocks(there)
    for (const point of targets.keys()) {
      const of = packets.filter((packet) => packet.interface === point).map(({ bytes }) => bytes)
      expect(countSequence(of)).toMatchObject({ packets: 200, missing: 0 })
    }
    await expect.poll(() => on.cluster.listPods('debug')).toEqual([])
  })

  it('can be gone on with after its host ended while the cluster was away', async () => {
    const there = file()
    const capture = make([pod('web')], {}, { file: there })
    const done = expect(capture.run()).rejects.toThrow(/Hopscope ended before all was fetched.*within ten minutes/)
    await started(capture)
    on.cluster.api.stop()
    const traffic = await startTraffic(app('web'), on.db.status?.podIP ?? '', { perSecond: 1000, count: 200 })
    await traffic.stop()
    const stopping = capture.stop()
    capture.leave()
    await Promise.all([done, stopping])
    await on.cluster.api.start()
    const again = await resume(there)
    expect(await again.run()).toMatchObject({ state: 'complete', packets: 200 })
    expect(countSequence(readBlocks(there).packets.map(({ bytes }) => bytes))).toMatchObject({ missing: 0 })
  })

  it('a folder that vanishes in mid-capture: the file is put back whole, and gone on with', async () => {
    const folder = join(on.folder, 'vanishing')
    mkdirSync(folder)
    const there = join(folder, 'c.pcapng')
    const capture = make([pod('web')], {}, { file: there })
    const failed = expect(capture.run()).rejects.toThrow(/deleted or moved .* is in it again: go on with it/)
    await started(capture)
    const traffic = await startTraffic(app('web'), on.db.status?.podIP ?? '', { perSecond: 1000, count: 2000 })
    await expect.poll(() => capture.status.packets).toBeGreaterThan(300)
    rmSync(folder, { recursive: true })
    await failed
    expect(capture.status.message).toContain(`${there} was deleted or moved`)
    const { packets, rest } = readBlocks(there)
    expect(rest).toBe(0)
    expect(packets).toHaveLength(capture.status.packets)
    await traffic.stop()
    // What tcpdump took until it was ended comes now.
    const status = await (await resume(there)).run()
    expect(status.state).toBe('complete')
    const whole = readBlocks(there).packets.map(({ bytes }) => bytes)
    expect(whole.length).toBeGreaterThan(packets.length)
    expect(countSequence(whole)).toMatchObject({ packets: status.packets, missing: 0, duplicated: 0 })
  })

  it('ends with the disk also while a pod that has come is still being prepared', async () => {
    const labels = { app: 'late' }
    await on.cluster.pod('default', 'late-1', { nodeName: 'node-a' }, labels)
    const capture = make([pod('late-1')], {}, { follow: { namespace: 'default', labels: 'app=late' } })
    const done = expect(capture.run()).rejects.toThrow(/The disk is full/)
    await started(capture)
    // It takes as long as it is wanted.
    const prepare = vi.spyOn(CapturePoint.prototype, 'prepare').mockImplementation(async ({ signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      signal.throwIfAborted()
    })
    onTestFinished(() => prepare.mockRestore())
    await on.cluster.pod('default', 'late-2', { nodeName: 'node-b' }, labels)
    await expect.poll(() => prepare.mock.calls.length, { timeout: 10_000 }).toBe(1)
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC' })
    const write = vi.spyOn(QuickWriter.prototype, 'write').mockRejectedValue(full)
    onTestFinished(() => write.mockRestore())
    const traffic = await startTraffic(app('late-1'), on.db.status?.podIP ?? '', { perSecond: 1000, count: 10 })
    await Promise.all([done, traffic.stop()])
  })

  it('does not say of a point that nothing was captured where that is not known: it was interrupted before', async () => {
    const again = await resume(await on.crashedBeforeStart(make([pod('web')])))
    const start = vi.spyOn(PointCapture.prototype, 'start').mockRejectedValue(new Error('no such container'))
    const { message } = await again.run()
    start.mockRestore()
    expect(message).toMatch(
      /^Nothing of this point was fetched before the capture was interrupted, .*: no such container/,
    )
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

  it('forgets what is not there of processes that have ended, and of no other: it may be about to be made', async () => {
    const path = join(on.folder, 'other-ledger.jsonl')
    const { pid } = spawnSync(process.execPath, ['--version'])
    const entry = {
      ...{ context: 'admin', server: on.admin.cluster.server, kind: 'pod', namespace: 'debug', container: 'capture' },
      ...{ capture: 'one', state: 'intended', at: Date.now() },
    }
    const lines = [
      { ...entry, id: 'a', pod: 'of-us', pid: process.pid },
      { ...entry, id: 'b', pod: 'of-another', pid: process.ppid },
      { ...entry, id: 'c', pod: 'of-an-ended-one', pid },
    ]
    writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    const ledger = new Ledger(path)
    await findLeftovers(on.admin, 'admin', ledger)
    expect((await ledger.open()).map((one) => one.pod)).toEqual(['of-us', 'of-another'])
  })

  it('says that the container which was to be used again has ended meanwhile', async () => {
    expect((await make([pod('web')], { durationSeconds: 1 }).run()).state).toBe('complete')
    const result = await preflight(on.admin, pod('web'), DEFAULT_SETTINGS, 'debug')
    const container = result.reusable?.container ?? ''
    await endContainer(on.admin, { namespace: 'default', pod: 'web', container })
    const by = { user: 'admin', capture: 'x', createdAt: new Date() }
    const rest = { settings: DEFAULT_SETTINGS, debugNamespace: 'debug', by, ledger: on.ledger }
    const request = { connection: on.admin, context: 'admin', target: pod('web'), result, ...rest }
    await expect(makePlace(request)).rejects.toThrow(
      `The container ${container} of an earlier capture was to be used again`,
    )
  })

  it('leaves nothing after a sweep', async () => {
    const { leftovers } = await findLeftovers(on.admin, 'admin', on.ledger)
    expect(leftovers.length).toBeGreaterThan(0)
    const { removed, kept } = await removeLeftovers(on.admin, leftovers, on.ledger)
    // The one whose image is not there can't be ended, and that is said; all others are gone.
    expect(kept.map(({ why }) => why)).toEqual([expect.stringMatching(/is waiting \(ImagePullBackOff\)/)])
    expect(removed).toHaveLength(leftovers.length - 1)
    expect((await findLeftovers(on.admin, 'admin', on.ledger)).leftovers).toHaveLength(1)
    for (const name of ['web', 'db']) {
      await on.cluster.waitFor('default', name, ({ status }) =>
        (status?.ephemeralContainerStatuses ?? []).every(({ state }) => !state?.running),
      )
    }
  })
})
