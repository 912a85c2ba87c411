import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { ClusterAccess } from '../../main/kubernetes/cluster-access.ts'
import { loadKubeconfig } from '../../main/kubernetes/kubeconfig.ts'
import { capturingCluster } from './capturing-cluster.ts'
import { cuttingProxy } from './cutting-proxy.ts'
import { readBlocks } from './read-blocks.ts'
import { countSequence, startTraffic } from './sequenced-traffic.ts'
import { skipReason } from './start.ts'

describe.skipIf(skipReason !== undefined)(
  `a slow link${skipReason ? ` (skipped: ${skipReason})` : ''}`,
  { timeout: 120_000 },
  () => {
    const there = capturingCluster()

    async function through(url: string) {
      const config = await loadKubeconfig([there.cluster.kubeconfig(['admin'])])
      const clusters = new Map([...config.clusters].map(([name, one]) => [name, { ...one, proxyUrl: url }]))
      return (await new ClusterAccess(() => Promise.resolve(process.env)).open({ ...config, clusters })).connection
    }
    const whole = (file: string, sent: number) => {
      const { packets, rest } = readBlocks(file)
      expect(rest).toBe(0)
      expect(countSequence(packets.map(({ bytes }) => bytes))).toMatchObject({
        packets: sent,
        missing: 0,
        duplicated: 0,
        outOfOrder: 0,
        damaged: 0,
      })
    }

    it('brings everything where no connection lasts as long as a segment takes', async () => {
      await using proxy = await cuttingProxy()
      const capture = there.make([there.pod('web')], {}, { connection: await through(proxy.url) })
      const done = capture.run()
      await there.started(capture)
      proxy.link.bytesPerSecond = 1_000_000
      // Of a segment, which is of 4 MB, a quarter passes in each, in a second; however long it takes here to open one.
      proxy.link.mostBytes = 1_000_000
      const traffic = await startTraffic(there.app('web'), there.db.status?.podIP ?? '', {
        perSecond: 8000,
        size: 1400,
        count: 4000,
      })
      const sent = await traffic.stop()
      const stopping = capture.stop()
      expect(await Promise.race([done, sleep(100_000, 'not done')])).toMatchObject({ state: 'complete' })
      await stopping
      expect(capture.status.points[0]?.cuts).toBeGreaterThan(3)
      whole(capture.status.file, sent)
    })
  },
)
