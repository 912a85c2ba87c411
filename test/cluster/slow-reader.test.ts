import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { preflight } from '../../main/kubernetes/capture/preflight.ts'
import { DEFAULT_SETTINGS } from '../../main/kubernetes/capture/capture-container.ts'
import { makePlace } from '../../main/kubernetes/capture/capture-place.ts'
import { Ledger } from '../../main/kubernetes/capture/ledger.ts'
import { PointCapture } from '../../main/kubernetes/capture/point-capture.ts'
import { SegmentPackets } from '../../main/kubernetes/capture/segment-packets.ts'
import { tcpdumpCommand } from '../../main/kubernetes/capture/tcpdump.ts'
import { TestCluster } from './cluster.ts'
import { countSequence, startTraffic } from './sequenced-traffic.ts'
import { openAs, skipReason } from './start.ts'

describe.skipIf(skipReason !== undefined)(
  `a slow reader${skipReason ? ` (skipped: ${skipReason})` : ''}`,
  { timeout: 60_000 },
  () => {
    let cluster: TestCluster
    let folder: string
    beforeAll(async () => {
      cluster = await TestCluster.start()
      folder = mkdtempSync(join(tmpdir(), 'hopscope-slow-'))
    })
    afterAll(async () => {
      await cluster?.close()
      if (folder) rmSync(folder, { recursive: true, force: true })
    })

    it('makes tcpdump drop nothing while the ring holds, and memory does not grow', async () => {
      await cluster.pod('default', 'web', { nodeName: 'node-a' })
      const db = await cluster.pod('default', 'db', { nodeName: 'node-b' })
      const { connection, context } = await openAs(cluster)
      const target = { kind: 'pod', namespace: 'default', pod: 'web' } as const
      const result = await preflight(connection, target, DEFAULT_SETTINGS, 'default')
      const by = { user: 'admin', capture: 'slow', createdAt: new Date() }
      const ledger = new Ledger(join(folder, 'ledger'))
      const place = await makePlace({
        connection,
        context: context.name,
        target,
        result,
        settings: DEFAULT_SETTINGS,
        debugNamespace: 'default',
        by,
        ledger,
      })
      const command = tcpdumpCommand([], { interface: 'eth0', snapLength: 1600, filter: 'udp port 9' })
      const job = { id: 'slow', command, seconds: 60, segments: 32, leaseSeconds: 60, giveUpMs: 60_000 }
      const packets = new SegmentPackets()
      const seen: Buffer[] = []
      let peak = 0
      const start = process.memoryUsage().rss
      const sink = {
        begin: (segment: number) => packets.begin(segment),
        bytes: (bytes: Buffer) => packets.add(bytes),
        async accept() {
          const batch = packets.accept(() => 0)
          // A disk that takes 10 MB/s.
          await sleep((batch?.blocks.length ?? 0) / 10_000)
          peak = Math.max(peak, process.memoryUsage().rss - start)
          // The numbered beginning of each datagram, behind the block's head: enough to count by.
          batch?.times.forEach((_time, index) =>
            seen.push(
              Buffer.from(batch.blocks.subarray((batch.starts[index] ?? 0) + 28, (batch.starts[index] ?? 0) + 28 + 50)),
            ),
          )
        },
        gap() {},
        end: () => Promise.resolve(),
      }
      const capture = new PointCapture(connection, place, job, sink, () => undefined)
      await capture.start()
      const done = capture.run()
      while (capture.progress.state !== 'capturing') await sleep(20)
      const traffic = await startTraffic(cluster.container('default', 'web', 'app'), db.status?.podIP ?? '', {
        perSecond: 10_000,
        size: 1400,
        count: 60_000,
      })
      const sent = await traffic.stop()
      const behind = sent * 1458 - capture.progress.bytes
      await sleep(300)
      await capture.stop()
      const progress = await done
      process.stdout.write(
        `  slow reader: ${(behind / 1e6).toFixed(0)} MB behind when the traffic ended, memory grew by at most ${(peak / 1e6).toFixed(0)} MB\n`,
      )
      // Before checking that nothing was dropped: that there was something to hold back.
      expect(behind).toBeGreaterThan(10_000_000)
      expect(progress).toMatchObject({ state: 'complete', lostBytes: 0, counts: { dropped: 0 } })
      expect(countSequence(seen)).toMatchObject({ distinct: sent, missing: 0, duplicated: 0 })
      expect(peak).toBeLessThan(200e6)
    })
  },
)
