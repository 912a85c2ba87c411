import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { whyNoNamespaces } from '../../cluster/cluster.ts'
import { startAppWith } from '../../e2e/support/app.ts'
import { startBrowser } from '../../e2e/support/chromium.ts'
import { drawWithElements, typeInto } from '../../e2e/support/terminal.ts'
import { startCluster } from '../cluster/cluster.ts'
import { rawEchoes, shownEchoes } from './echo.ts'
import { measureFlood, type Flood, type Growth } from './flood.ts'
import { QuietPage } from './quiet-page.ts'
import { measureThroughput } from './throughput.ts'

const BUILT = fileURLToPath(new URL('../../../out/renderer/index.html', import.meta.url))
const SHARE = 0.6
const MEGABYTES = 30
const FLOOD_MEGABYTES = 100
/** Milliseconds of processor time that no task of the page's main thread may take meanwhile. */
const TASK_MS = 50
/** Milliseconds that the way from the page to the exec and back may add. */
const ECHO_MS = 20

/** Terminals in a real browser: how fast, and how soon. What is to be kept of it. */
export async function benchTerminals(runs: number): Promise<object> {
  console.log('\nterminals: in Chromium, drawn with elements')
  if (!existsSync(BUILT)) {
    console.log('  skipped: there is no build (npm run build)')
    return { skipped: 'no build' }
  }
  const browser = await startBrowser()
  try {
    return { ...(await benchOutput(browser, runs)), echo: await benchEcho(browser) }
  } finally {
    await browser.close()
  }
}

async function benchOutput(browser: Browser, runs: number): Promise<object> {
  const folder = mkdtempSync(join(tmpdir(), 'hopscope-bench-'))
  try {
    await using app = await startAppWith({ KUBECONFIG: '/nowhere/kubeconfig', SHELL: '/bin/sh' })
    await using page = await QuietPage.open(browser, app.url)
    await page.has('.app')
    await page.evaluate(() => localStorage.setItem('hopscope.terminals', JSON.stringify({ webgl: false })), undefined)
    await page.send('Page.reload')
    await page.has('[aria-label="Open a capture"]')
    await page.press('Control+Backquote')
    await page.has('.terminal.focused[data-terminal=running]')
    const throughput = await measureThroughput(browser, page, folder, MEGABYTES, runs)
    // One after the other, so that a busy machine slows both: the run in the middle.
    const share = median(throughput.runs.map(({ bare, terminal }) => terminal / bare))
    const rate = (key: 'bare' | 'terminal') =>
      `${(Math.max(...throughput.runs.map((one) => one[key])) / 1e6).toFixed(1)} MB/s`.padStart(10)
    console.log(
      `  ${MEGABYTES} MB of a log:`.padEnd(28) +
        `bare xterm ${rate('bare')}, here ${rate('terminal')}: ${(share * 100).toFixed(0)} %  ` +
        `${share >= SHARE ? 'holds' : 'MISSES'}: at least ${SHARE * 100} %`,
    )
    const flood = await measureFlood(page, app.pid, folder, FLOOD_MEGABYTES)
    tellFlood(flood)
    return { throughput: { ...throughput, share }, flood }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function tellFlood({ longestTaskMs, interruptMs, ...sizes }: Flood): void {
  const megabytes = (growth: Growth | undefined) =>
    growth ? `${(growth.before / 1e6).toFixed(0)} to at most ${(growth.most / 1e6).toFixed(0)} MB` : 'not known'
  const longest = longestTaskMs === 0 ? 'under 20 ms' : `${longestTaskMs.toFixed(0)} ms`
  console.log(
    `  ${FLOOD_MEGABYTES} MB of it:`.padEnd(28) +
      `heap ${megabytes(sizes.heap)}, page ${megabytes(sizes.page)}, host ${megabytes(sizes.host)}; ` +
      `Ctrl-C on screen after ${interruptMs.toFixed(0)} ms; longest task ${longest}  ` +
      `${longestTaskMs <= TASK_MS ? 'holds' : 'MISSES'}: at most ${TASK_MS} ms`,
  )
}

async function benchEcho(browser: Browser): Promise<object> {
  const why = whyNoNamespaces()
  if (why !== undefined) {
    console.log(`  echo skipped: ${why}`)
    return { skipped: why }
  }
  await using cluster = await startCluster()
  const raw = await rawEchoes(cluster.connection)
  await using app = await startAppWith({ KUBECONFIG: cluster.kubeconfig })
  const page = await openPage(browser, app.url.replace('/#', '/?screen=cluster#'))
  const pod = page.getByRole('grid', { name: 'Pods' }).getByRole('gridcell', { name: 'web', exact: true })
  await pod.click({ button: 'right' })
  await page.getByRole('menuitem', { name: 'Open a shell' }).click()
  await typeInto(page, '')
  const shown = await shownEchoes(page)
  await page.context().close()
  const more = median(shown) - median(raw)
  console.log(
    `  a key in a pod:`.padEnd(28) +
      `raw exec ${median(raw).toFixed(1)} ms, on screen after ${median(shown).toFixed(1)} ms  ` +
      `${more < ECHO_MS ? 'holds' : 'MISSES'}: under ${ECHO_MS} ms more`,
  )
  return { keys: shown.length, rawMs: median(raw), shownMs: median(shown) }
}

async function openPage(browser: Browser, url: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  const page = await context.newPage()
  await page.goto(url)
  await page.locator('.app').waitFor()
  await drawWithElements(page)
  return page
}

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
