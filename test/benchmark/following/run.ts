import { once } from 'node:events'
import { closeSync, existsSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Browser, Page } from 'playwright-core'
import type { CaptureFile } from '../../../main/captures/capture-file.ts'
import { Host } from '../../../main/host.ts'
import { type BrowserServer, startServer } from '../../../main/server.ts'
import { startBrowser } from '../../e2e/support/chromium.ts'
import type { MadeCapture } from '../captures.ts'
import { measure } from '../measure.ts'
import type { WriterOrder, Written } from './writer.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const PAGE = join(ROOT, 'out/renderer')
const MEGABYTES_A_SECOND = [25, 50, 100, 200] as const
const SECONDS = 4
const FIRST_BYTES = 1 << 20
const SAMPLE_MS = 100
/** Seconds that the page may be behind. */
const LAG_SECONDS = 1

/** A capture that grows faster than any cluster makes it, and how far behind the page is. What is to be kept of it. */
export async function benchFollowing(source: MadeCapture): Promise<object> {
  console.log(`\nfollowing: ${source.name} as it is written, in Chromium`)
  if (!existsSync(join(PAGE, 'index.html'))) {
    console.log('  skipped: there is no build (npm run build)')
    return { skipped: 'no build' }
  }
  const folder = mkdtempSync(join(tmpdir(), 'hopscope-bench-'))
  const host = await Host.start({
    version: '0.0.0-bench',
    userFolder: join(folder, 'user'),
    samplesFolder: join(ROOT, 'resources/samples'),
    environment: () => Promise.resolve({ ...process.env, KUBECONFIG: '/nowhere/kubeconfig' }),
    warn: () => undefined,
    report: () => undefined,
  })
  const server = await startServer(host, { port: 0, page: PAGE })
  const browser = await startBrowser()
  try {
    const cat = await measure('cat', [source.file])
    const plainMs = await readWhole(browser, server, await host.captures.openFile(source.file))
    const plainRate = source.bytes / 1e3 / plainMs
    console.log(
      `  cat ${(source.bytes / 1e6 / cat.wallSeconds).toFixed(0)} MB/s, the page reads the finished file at ${plainRate.toFixed(0)} MB/s`,
    )
    const followed: Followed[] = []
    for (const rate of MEGABYTES_A_SECOND) {
      const one = await follow(browser, server, host, join(folder, `${rate}.pcap`), source, rate)
      followed.push(one)
      console.log(
        `  ${`grows at ${one.writtenRate.toFixed(0)} MB/s:`.padEnd(24)}` +
          `behind by ${one.lagSeconds.toFixed(2)} s in the middle, ${one.mostLagSeconds.toFixed(2)} s at most; ` +
          `all there ${one.drainSeconds.toFixed(2)} s after the last byte  ` +
          `${one.mostLagSeconds <= LAG_SECONDS ? 'holds' : 'MISSES'}: at most ${LAG_SECONDS} s`,
      )
    }
    return { catSeconds: cat.wallSeconds, plainRate, followed }
  } finally {
    await browser.close()
    await server.close()
    await host.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Followed {
  readonly rate: number
  /** Megabytes a second that were really written. */
  readonly writtenRate: number
  /** How old the newest byte is that the page has read: the sample in the middle, and the worst. */
  readonly lagSeconds: number
  readonly mostLagSeconds: number
  /** From the last byte until the page has all of it. */
  readonly drainSeconds: number
}

/** Milliseconds until the page has read a finished file. */
async function readWhole(browser: Browser, server: BrowserServer, capture: CaptureFile): Promise<number> {
  const page = await browser.newPage()
  const start = performance.now()
  await page.goto(server.url([capture.id]))
  await page.getByRole('contentinfo', { name: 'Status' }).waitFor()
  await page.getByRole('progressbar').waitFor({ state: 'detached', timeout: 120_000 })
  const took = performance.now() - start
  await page.close()
  return took
}

async function follow(
  browser: Browser,
  server: BrowserServer,
  host: Host,
  path: string,
  source: MadeCapture,
  rate: number,
): Promise<Followed> {
  writeFileSync(path, beginning(source.file))
  const page = await browser.newPage()
  try {
    const capture = await host.captures.openGrowing(path)
    await page.goto(server.url([capture.id]))
    await page.getByText('Following the capture').waitFor()

    const history: Written[] = []
    const lags: number[] = []
    let sampled = performance.now()
    let sampling = Promise.resolve()
    const sample = async () => {
      const read = await bytesShown(page)
      const at = performance.timeOrigin + performance.now()
      if (read !== undefined) lags.push((at - writtenAt(history, read)) / 1000)
    }
    // A thread of its own, as what writes at such a rate has no time for anything else: 2.5 ms of processor a
    // megabyte, in ext4 of a virtual machine.
    const order = { source: source.file, bytes: source.bytes, path, written: FIRST_BYTES, rate, seconds: SECONDS }
    const writer = new Worker(new URL('writer.ts', import.meta.url), { workerData: order satisfies WriterOrder })
    writer.on('message', (piece: Written) => {
      history.push(piece)
      capture.grew()
      if (performance.now() - sampled < SAMPLE_MS) return
      sampled = performance.now()
      sampling = sampling.then(sample)
    })
    await once(writer, 'exit')
    const end = performance.now()
    capture.finish()
    await sampling
    await page.getByText('Following the capture').waitFor({ state: 'detached', timeout: 120_000 })
    const drained = performance.now()
    const sorted = lags.toSorted((a, b) => a - b)
    const [first, last] = [history[0], history[history.length - 1]]
    return {
      rate,
      writtenRate: (last.written - first.written) / 1e3 / (last.at - first.at),
      lagSeconds: sorted[Math.floor(sorted.length / 2)] ?? 0,
      mostLagSeconds: sorted.at(-1) ?? 0,
      drainSeconds: (drained - end) / 1000,
    }
  } finally {
    await page.close()
    rmSync(path, { force: true })
  }
}

function beginning(path: string): Buffer {
  const bytes = Buffer.alloc(FIRST_BYTES)
  const from = openSync(path, 'r')
  readSync(from, bytes)
  closeSync(from)
  return bytes
}

/** How much the page says it has read; exact to three digits, always down. */
async function bytesShown(page: Page): Promise<number | undefined> {
  const text = await page
    .locator('.status-reading')
    .innerText({ timeout: 5000 })
    .catch(() => '')
  const [, number, unit = ''] = /, ([\d.]+) (\w+) so far/.exec(text) ?? []
  const scale = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9 }[unit]
  return number === undefined || scale === undefined ? undefined : Number(number) * scale
}

/** When the byte was written that the page read last. */
function writtenAt(history: readonly Written[], read: number): number {
  return (history.find(({ written }) => written >= read) ?? history.at(-1))?.at ?? performance.timeOrigin
}
