import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest'
import type { Permission } from '../../common/model/preflight.ts'
import { DEFAULT_SETTINGS } from '../../main/kubernetes/capture/capture-container.ts'
import type { ClusterCaptureRequest } from '../../main/kubernetes/capture/capture-request.ts'
import { ClusterCapture } from '../../main/kubernetes/capture/cluster-capture.ts'
import { Ledger } from '../../main/kubernetes/capture/ledger.ts'
import { type CaptureTarget, preflight } from '../../main/kubernetes/capture/preflight.ts'
import { findLeftovers, removeLeftovers } from '../../main/kubernetes/capture/sweep.ts'
import { measure, whoami } from '../../main/kubernetes/cluster-access.ts'
import type { Pod } from '../../main/kubernetes/objects.ts'
import { cuttingProxy } from './cutting-proxy.ts'
import { IN_PODS, type JourneyTarget, type Level, PODS } from './journey-target.ts'
import { readBlocks } from './read-blocks.ts'

const CLI = join(import.meta.dirname, '../../main/cli.ts')

/** Echo requests by their number, counted from the first, of one interface: over IPv4 or IPv6, whichever the cluster's pods have. */
function echoes(packets: readonly { readonly interface: number; readonly bytes: Buffer }[], on: number): number[] {
  const found = packets.flatMap(({ interface: id, bytes }) => {
    if (id !== on || bytes.length < 62) return []
    const type = bytes.readUInt16BE(12)
    if (type === 0x0800 && bytes[23] === 1 && bytes[34] === 8) return [bytes.readUInt16BE(40)]
    return type === 0x86dd && bytes[20] === 58 && bytes[54] === 128 ? [bytes.readUInt16BE(60)] : []
  })
  // The ping of BusyBox begins with 0, that of iputils with 1.
  const first = Math.min(...found)
  return found.map((number) => number - first + 1)
}

const ECHOES = 'icmp or icmp6'
const NO_PING =
  'no ping was answered between the pods (a NetworkPolicy?): whether a pod sees what comes to it was not tried'
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1)
const sorted = (list: readonly number[]) => list.toSorted((a, b) => a - b)

/**
 * What a person does, in the cluster that `open` gives: written once, made in the double by every `npm test` and in a real cluster by
 * `npm run test:cluster`.
 */
export function journeys(title: string, open: () => Promise<JourneyTarget>): void {
  describe(title, { timeout: 300_000 }, () => {
    let target: JourneyTarget
    let folder: string
    let ledger: Ledger
    let web: Pod
    let db: Pod
    let files = 0

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'hopscope-journeys-'))
      ledger = new Ledger(join(folder, 'config', 'ledger.jsonl'))
      target = await open()
      if ((await whyNot('any', ...IN_PODS)) !== undefined) return
      const namespace = await target.namespace('any')
      ;[web, db] = await Promise.all([target.pod(namespace, 'web', 0), target.pod(namespace, 'db', 1)])
    }, 300_000)
    afterAll(async () => {
      await target?.close()
      if (folder) rmSync(folder, { recursive: true, force: true })
    }, 60_000)

    const whyNot = async (level: Level | 'any', ...permissions: readonly Permission[]) =>
      target.whyNoNamespace(level) ?? (await target.whyNot([...PODS, ...permissions]))
    /** Skips, with the reason, where there is no namespace of that level or a permission is missing. */
    const needs = async (context: TestContext, level: Level | 'any', ...permissions: readonly Permission[]) => {
      const why = await whyNot(level, ...permissions)
      if (why !== undefined) context.skip(why)
    }
    const settings = () => ({ ...DEFAULT_SETTINGS, image: target.image })
    const podTarget = (pod: Pod): CaptureTarget => ({
      kind: 'pod',
      namespace: pod.metadata.namespace ?? '',
      pod: pod.metadata.name,
    })
    const capture = (
      targets: readonly CaptureTarget[],
      more: Partial<ClusterCaptureRequest> & { filter?: string; snapLength?: number } = {},
    ) => {
      const { filter = ECHOES, snapLength = 0, ...rest } = more
      return ClusterCapture.create({
        connection: target.connection,
        context: target.context,
        targets,
        capture: { filter, snapLength },
        container: settings(),
        debugNamespace: web.metadata.namespace ?? '',
        ledger,
        file: join(folder, `journey-${++files}.pcapng`),
        ...rest,
      })
    }
    /** Waits until all points capture; `done`: of its run. Throws when one will not. */
    const begun = async (one: ClusterCapture, done: Promise<unknown>) => {
      let failure: Error | undefined
      done.catch((error: unknown) => (failure = error instanceof Error ? error : new Error(String(error))))
      while (!one.status.points.every(({ state }) => state === 'capturing')) {
        const failed = one.status.points.find(({ state }) => state === 'failed' || state === 'incomplete')
        if (failure) throw failure
        if (failed) throw new Error(`${failed.pod ?? failed.node} is not captured: ${failed.message}`)
        await sleep(50)
      }
      await sleep(500)
    }

    it('the context: reachable, its version, who we are', async () => {
      const { version, latencyMs } = await measure(target.connection)
      expect(version.gitVersion).toMatch(/^v1\./)
      expect(latencyMs).toBeGreaterThan(0)
      expect((await whoami(target.connection)).username).not.toBe('')
    })

    it('the preflight: in a baseline namespace root that adds nothing', async (context) => {
      await needs(context, 'baseline', ...IN_PODS)
      if (!target.givesNetRaw) context.skip(`the nodes' runtime does not give containers NET_RAW`)
      const { preflight: verdict } = await preflight(
        target.connection,
        podTarget(web),
        settings(),
        web.metadata.namespace ?? '',
      )
      expect(verdict.chosen).toBe('ephemeral-container')
      const closed = verdict.rungs.filter(({ passes }) => !passes)
      expect(closed.map(({ rung }) => rung)).toEqual(['ephemeral-container-net-raw', 'node-pod'])
      for (const { sentence } of closed) expect(sentence).toMatch(/violates PodSecurity "baseline/)
    })

    it('the preflight: in a restricted namespace no way through the pod, and why', async (context) => {
      await needs(context, 'restricted', ...IN_PODS)
      const namespace = await target.namespace('restricted')
      const pod = await target.pod(namespace, 'tight', 0, true)
      const { preflight: verdict } = await preflight(target.connection, podTarget(pod), settings(), namespace)
      expect(verdict.chosen).toBeUndefined()
      for (const { sentence } of verdict.rungs) expect(sentence).toMatch(/violates PodSecurity "restricted/)
    })

    it('a capture of both ends: one file, each packet once, names, nothing dropped', async (context) => {
      await needs(context, 'any', ...IN_PODS)
      const both = capture([podTarget(web), podTarget(db)])
      const done = both.run()
      await begun(both, done)
      const { sent, answered } = await target.ping(web, db.status?.podIP ?? '', 500, 4)
      await sleep(1000)
      await both.stop()
      const status = await done
      expect(status).toMatchObject({ state: 'complete' })
      const { interfaces, packets, names, rest, dropped } = readBlocks(status.file)
      expect(rest).toBe(0)
      const [from, to] = [web, db].map(({ metadata }) =>
        interfaces.findIndex((one) => one.name.startsWith(`${metadata.name}:`)),
      )
      expect(echoes(packets, from ?? -1)).toEqual(numbers(sent))
      // What did not arrive is the network's affair, not ours.
      expect(echoes(packets, to ?? -1).length).toBeGreaterThanOrEqual(answered)
      expect(dropped).toEqual([0, 0])
      expect(names.get(db.status?.podIP ?? '')).toBe(`${db.metadata.name}.${db.metadata.namespace}`)
    })

    it('a capture in a pod that may not run as root', async (context) => {
      await needs(context, 'any', ...IN_PODS)
      const pod = await target.pod(await target.namespace('any'), 'nonroot', 1, true)
      const one = capture([podTarget(pod)])
      const done = one.run()
      await begun(one, done)
      const { answered } = await target.ping(web, pod.status?.podIP ?? '', 50, 20)
      await sleep(500)
      await one.stop()
      expect(await done).toMatchObject({ state: 'complete' })
      if (answered === 0) context.skip(NO_PING)
      expect(echoes(readBlocks(one.status.file).packets, 0).length).toBeGreaterThanOrEqual(answered)
    })

    it('a capture through the node where the pod is closed, and of a node without our own traffic', async (context) => {
      await needs(context, 'privileged', ...IN_PODS)
      await needs(context, 'restricted')
      const debugNamespace = await target.namespace('privileged')
      const tight = await target.pod(await target.namespace('restricted'), 'closed', 0, true)
      const inside = capture([podTarget(tight)], { debugNamespace })
      const done = inside.run()
      await begun(inside, done)
      expect(inside.status.points[0]?.rung).toBe('node-pod')
      const { answered } = await target.ping(web, tight.status?.podIP ?? '', 50, 20)
      await sleep(500)
      await inside.stop()
      expect(await done).toMatchObject({ state: 'complete' })
      expect(echoes(readBlocks(inside.status.file).packets, 0).length).toBeGreaterThanOrEqual(answered)

      const node = tight.spec.nodeName ?? ''
      const whole = capture([{ kind: 'node', node }], { debugNamespace, filter: '', snapLength: 128 })
      const ended = whole.run()
      await begun(whole, ended)
      await sleep(3000)
      await whole.stop()
      const status = await ended
      expect(status).toMatchObject({ state: 'complete' })
      const ports = readBlocks(status.file).packets.flatMap(({ bytes }) =>
        bytes.length > 38 && bytes.readUInt16BE(12) === 0x0800 && bytes[23] === 6
          ? [bytes.readUInt16BE(34), bytes.readUInt16BE(36)]
          : [],
      )
      expect(ports).not.toContain(10_250)
      // Its pods go with the capture.
      for (let left = 1, tries = 0; left > 0; tries++) {
        expect(tries).toBeLessThan(300)
        const { leftovers } = await findLeftovers(target.connection, target.context, ledger)
        left = leftovers.filter(({ kind, namespace }) => kind === 'pod' && namespace === debugNamespace).length
        await sleep(200)
      }
      if (answered === 0) context.skip(NO_PING)
    })

    it('chaos: twenty cuts of the connection lose and double nothing', async (context) => {
      await needs(context, 'any', ...IN_PODS)
      const whyNot = target.whyNoProxy()
      if (whyNot !== undefined) context.skip(whyNot)
      await using proxy = await cuttingProxy()
      const connection = await target.through(proxy.url)
      const one = capture([podTarget(web)], { connection })
      const done = one.run()
      await begun(one, done)
      const pinging = target.ping(web, db.status?.podIP ?? '', 4000, 2, 500)
      for (let i = 0, cutAt = 0; i < 20; i++) {
        // A stream that works is cut: how long it takes until there is one is the cluster's affair.
        while ((one.status.points[0]?.heardAt ?? 0) <= cutAt && one.status.state === 'capturing') await sleep(20)
        await sleep(100 + ((i * 67) % 300))
        cutAt = Date.now()
        proxy.cut()
      }
      const { sent } = await pinging
      await sleep(1000)
      await one.stop()
      const status = await done
      expect(status).toMatchObject({ state: 'complete' })
      expect(echoes(readBlocks(status.file).packets, 0)).toEqual(numbers(sent))
      expect(status.points[0]?.cuts).toBeGreaterThan(5)
      connection.close()
    })

    it('chaos: a killed host goes on where it was, and a sweep leaves nothing', async (context) => {
      await needs(context, 'any', ...IN_PODS)
      const file = join(folder, 'killed.pcapng')
      const environment = {
        ...process.env,
        ...target.environment,
        HOPSCOPE_CONFIG: join(folder, 'config'),
        SHELL: '/bin/sh',
      }
      const cli = (...args: readonly string[]) => {
        const child = spawn(process.execPath, [CLI, ...args], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
        let said = ''
        for (const pipe of [child.stdout, child.stderr]) pipe.on('data', (bytes: Buffer) => (said += bytes.toString()))
        return {
          child,
          said: () => said,
          ended: once(child, 'close').then(([code]) => ({ code: Number(code ?? 137), said })),
        }
      }
      const where = ['-n', web.metadata.namespace ?? '', '--image', target.image]
      const first = cli('capture', ...where, web.metadata.name, '--filter', ECHOES, '-o', file)
      // Once the interface is in the file, tcpdump listens.
      const listens = () => existsSync(file) && readBlocks(file).interfaces.length > 0
      while (!listens()) {
        if (first.child.exitCode !== null) throw new Error(`The capture ended before it began: ${first.said()}`)
        await sleep(50)
      }
      const pinging = target.ping(web, db.status?.podIP ?? '', 600, 5)
      await sleep(1500)
      first.child.kill('SIGKILL')
      await first.ended
      const { sent } = await pinging
      const second = cli('capture', '--resume', ...where.slice(0, 2), '-o', file)
      while (!second.said().includes('hopscope capture: ') && second.child.exitCode === null) await sleep(50)
      await sleep(1000)
      second.child.kill('SIGINT')
      const { code, said } = await second.ended
      expect([code, said]).toEqual([0, expect.stringContaining('packets')])
      const { packets, rest } = readBlocks(file)
      expect(rest).toBe(0)
      expect(sorted(echoes(packets, 0))).toEqual(numbers(sent))
    })

    it('the sweep: what is ours and left is removed, and nothing is found then', async (context) => {
      await needs(context, 'any', ...IN_PODS)
      const ours = async () => {
        const found = await findLeftovers(target.connection, target.context, ledger)
        return found.leftovers.filter(({ namespace, pod, entry }) => entry !== undefined || target.made(namespace, pod))
      }
      const before = await ours()
      expect(before.length).toBeGreaterThan(0)
      const { kept } = await removeLeftovers(target.connection, before, ledger)
      expect(kept).toEqual([])
      expect(await ours()).toEqual([])
    })
  })
}
