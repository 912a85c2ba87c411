import { closeSync, existsSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import type { CaptureFile } from '../../../main/captures/capture-file.ts'
import { Host } from '../../../main/host.ts'
import { type BrowserServer, startServer } from '../../../main/server.ts'
import { startBrowser } from '../../e2e/support/chromium.ts'
import type { MadeCapture } from '../captures.ts'
import { measure } from '../measure.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const PAGE = join(ROOT, 'out/renderer')
const MEGABYTES_A_SECOND = [25, 50, 100, 200] as const
const SECONDS = 4
const TICK_MS = 10
const SAMPLE_MS = 100
/** Seconds that the page may be behind a file that grows at up to half of what it reads of a finished one. */
const LAG_SECONDS = 1
const EASY_SHARE = 0.5

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
      const easy = rate <= plainRate * EASY_SHARE
      console.log(
        `  ${`grows at ${one.writtenRate.toFixed(0)} MB/s:`.padEnd(24)}` +
          `behind by ${one.lagSeconds.toFixed(2)} s in the middle, ${one.mostLagSeconds.toFixed(2)} s at most; ` +
          `all there ${one.drainSeconds.toFixed(2)} s after the last byte  ` +
          (easy ? `${one.lagSeconds <= LAG_SECONDS ? 'holds' : 'MISSES'}: at most ${LAG_SECONDS} s` : '(no bar)'),
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
  const from = openSync(source.file, 'r')
  const to = openSync(path, 'w')
  const page = await browser.newPage()
  try {
    const piece = Buffer.alloc(1 << 20)
    let written = 0
    const write = (bytes: number) => {
      for (const end = Math.min(source.bytes, written + bytes); written < end;) {
        const n = readSync(from, piece, 0, Math.min(piece.length, end - written), written)
        writeSync(to, piece, 0, n)
        written += n
      }
    }
    write(1 << 20)
    const capture = await host.captures.openGrowing(path)
    await page.goto(server.url([capture.id]))
    await page.getByText('Following the capture').waitFor()

    const history: { readonly at: number; readonly written: number }[] = []
    const lags: number[] = []
    const start = performance.now()
    const before = written
    let sampled = start
    let sampling = Promise.resolve()
    const sample = async () => {
      const read = await bytesShown(page)
      const at = performance.now()
      if (read !== undefined) lags.push((at - writtenAt(history, read)) / 1000)
    }
    while (performance.now() - start < SECONDS * 1000 && written < source.bytes) {
      const now = performance.now()
      write(Math.floor(((now - start) / 1000) * rate * 1e6) + before - written)
      history.push({ at: now, written })
      capture.grew()
      if (now - sampled > SAMPLE_MS) {
        sampled = now
        sampling = sampling.then(sample)
      }
      await new Promise((resolve) => setTimeout(resolve, TICK_MS))
    }
    const end = performance.now()
    capture.finish()
    await sampling
    await page.getByText('Following the capture').waitFor({ state: 'detached', timeout: 120_000 })
    const drained = performance.now()
    const sorted = lags.toSorted((a, b) => a - b)
    return {
      rate,
      writtenRate: (written - before) / 1e3 / (end - start),
      lagSeconds: sorted[Math.floor(sorted.length / 2)] ?? 0,
      mostLagSeconds: sorted.at(-1) ?? 0,
      drainSeconds: (drained - end) / 1000,
    }
  } finally {
    await page.close()
    closeSync(from)
    closeSync(to)
    rmSync(path, { force: true })
  }
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
function writtenAt(history: readonly { readonly at: number; readonly written: number }[], read: number): number {
  return (history.find(({ written }) => written >= read) ?? history.at(-1))?.at ?? performance.now()
}
