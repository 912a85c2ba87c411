// How long a packet takes from the kernel of its pod until it is drawn in the lanes of a window, with the capture as a person makes it.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { runCommand } from '../../../main/kubernetes/exec-stream.ts'
import { readBlocks } from '../../cluster/read-blocks.ts'
import { trafficCommand } from '../../cluster/sequenced-traffic.ts'
import { startAppWith } from '../../e2e/support/app.ts'
import { Screen } from '../../e2e/support/screen.ts'
import { type Latency, latencyOf, type Seen } from './capture-latency.ts'
import type { BenchCluster } from './cluster.ts'

const MARKERS = { perSecond: 10, count: 220 }

/** `pods`: how many points; packets of several wait for each other. */
export async function measureLaneLatency(
  { kubeconfig, connection, db }: BenchCluster,
  browser: Browser,
  pods: readonly string[],
): Promise<Latency> {
  await using app = await startAppWith({ KUBECONFIG: kubeconfig })
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  try {
    await page.addInitScript(gatherDrawn)
    await page.goto(app.url.replace('/#', '/?screen=cluster&context=admin&namespace=default#'))
    const list = page.getByRole('grid', { name: 'Pods' })
    for (const pod of pods) await list.getByRole('checkbox', { name: `Capture ${pod}` }).check()
    await page.getByRole('textbox', { name: 'Capture filter (BPF)' }).fill('udp port 9')
    await page.getByRole('button', { name: /^(Create and capture|Capture)$/ }).click()
    const strip = page.getByRole('region', { name: 'Capture in progress' })
    await strip.getByText('Capturing', { exact: true }).waitFor({ timeout: 60_000 })
    const from = { namespace: 'default', pod: pods[0] ?? '', container: 'app', stdin: true }
    await runCommand(connection, { ...from, command: trafficCommand(db, MARKERS) }, 120_000)
    const screen = new Screen(page)
    await screen.counts(screen.packets, MARKERS.count * pods.length)
    const seen = await drawn(page)
    await page.getByRole('button', { name: 'Stop', exact: true }).click()
    await strip.getByText('Complete: every byte is here, checked').waitFor({ timeout: 60_000 })
    const folder = join(app.folder, 'config/captures')
    const [file = ''] = readdirSync(folder).filter((name) => name.endsWith('.pcapng'))
    return latencyOf(readBlocks(join(folder, file)).packets, seen)
  } finally {
    await page.close()
  }
}

/** In the page: what its marks say, by the machine's clock. */
function gatherDrawn(): void {
  const found: Seen[] = []
  Object.assign(globalThis, { lanesDrawn: found })
  new PerformanceObserver((list) => {
    for (const { entryType, startTime, detail } of list.getEntriesByName('lanes drawn') as PerformanceMark[]) {
      if (entryType === 'mark') found.push({ at: performance.timeOrigin + startTime, packets: Number(detail) })
    }
  }).observe({ type: 'mark' })
}

const drawn = (page: Page) => page.evaluate(() => (globalThis as unknown as { lanesDrawn: Seen[] }).lanesDrawn)
