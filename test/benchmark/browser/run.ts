import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { startApp } from '../../e2e/support/app.ts'
import { startBrowser } from '../../e2e/support/chromium.ts'
import { Screen } from '../../e2e/support/screen.ts'
import type { MadeCapture } from '../captures.ts'
import { allIdle, type FilterTime, timeFilters } from './filters.ts'
import { Journey, type Step } from './journey.ts'

const BUILT = fileURLToPath(new URL('../../../out/renderer/index.html', import.meta.url))
/** Milliseconds of processor time that no task of the page's main thread may take, from the first of its scripts on. */
const TASK_MS = 50
const FIRST_PICTURE_MS = 1000
/** Milliseconds a million packets: 150 for one, and 500 for five. */
const FILTER_MS = 100
const FILTER_LEAST_MS = 150
/** Milliseconds until something of the answer is shown, where packets must be read; ... */
const READ_FIRST_MS = 600
/** ... and until all of it is. */
const READ_MS = 500

/** A capture in a real browser: how soon, and whether the window always answers. What is to be kept of it. */
export async function benchBrowser(capture: MadeCapture): Promise<object> {
  console.log(`\nbrowser: ${capture.name}, ${capture.packets.toLocaleString('en')} packets, in Chromium`)
  if (!existsSync(BUILT)) {
    console.log('  skipped: there is no build (npm run build)')
    return { skipped: 'no build' }
  }
  await using app = await startApp(capture.file)
  const browser = await startBrowser()
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    const screen = new Screen(page)
    const journey = new Journey(page, TASK_MS)
    // A browser that has just been started is busy with itself.
    await page.waitForTimeout(2000)
    let firstPictureMs = 0
    const read = await journey.step('open and read to the end', async () => {
      const began = performance.now()
      await page.goto(app.url, { waitUntil: 'commit' })
      await screen.timeAxis.waitFor()
      firstPictureMs = performance.now() - began
      await page.getByRole('progressbar').waitFor({ state: 'detached', timeout: 300_000 })
      await screen.read()
      await screen.counts(screen.packets, capture.packets)
    })
    told('first picture', firstPictureMs, FIRST_PICTURE_MS)
    const steps: Step[] = [read]
    steps.push(
      await journey.step('scroll', async () => {
        await screen.packets.focus()
        for (const key of ['End', 'Home', 'PageDown', 'PageDown', 'PageUp', 'End', 'Home']) {
          await page.keyboard.press(key)
          await page.waitForTimeout(100)
        }
        for (const share of [0.25, 0.5, 0.75, 0.1]) {
          await screen.packets.evaluate((element, at) => element.scrollTo(0, element.scrollHeight * at), share)
          await page.waitForTimeout(100)
        }
        const box = await screen.packets.boundingBox()
        if (!box) throw new Error('the packets are not on screen')
        await page.mouse.move(box.x + 100, box.y + box.height / 2)
        for (let i = 0; i < 60; i++) await page.mouse.wheel(0, 400)
      }),
      await journey.step('sort by length, by time, back', async () => {
        // Filters are timed in the order of the file: sorted, a list waits for all that match.
        for (const name of ['Length', 'Length', 'Time', 'No.']) {
          await screen.packets.getByRole('columnheader', { name }).getByRole('button').click()
          await screen.page.waitForTimeout(200)
          await allIdle(page)
        }
      }),
    )
    let filters: readonly FilterTime[] = []
    steps.push(await journey.step('filter', async () => void (filters = await timeFilters(screen))))
    for (const time of filters) filterTold(time, capture)
    steps.push(
      await journey.step('brush and zoom', async () => {
        for (const [from, to] of [
          [0.2, 0.4],
          [0.5, 0.9],
          [0.1, 0.15],
        ] as const) {
          await screen.brush(from, to)
          await allIdle(page)
        }
        const box = await screen.timeAxis.boundingBox()
        if (!box) throw new Error('the time axis is not on screen')
        await page.mouse.move(box.x + box.width / 3, box.y + 60)
        for (let i = 0; i < 30; i++) await page.mouse.wheel(0, -240)
        await page.waitForTimeout(500)
        for (let i = 0; i < 30; i++) await page.mouse.wheel(0, 240)
        await allIdle(page)
      }),
    )
    return { capture: capture.name, packets: capture.packets, firstPictureMs, filters, steps }
  } finally {
    await browser.close()
  }
}

/** A line for each, with the bar it is held to. */
function filterTold({ kind, packets, firstMs, wholeMs, reads }: FilterTime, capture: MadeCapture): void {
  const found = `${packets.toLocaleString('en')} packets`
  if (!reads) {
    return told(`filter, ${kind}: ${found}`, wholeMs, Math.max(FILTER_LEAST_MS, (FILTER_MS * capture.packets) / 1e6))
  }
  told(`filter, ${kind}: first`, firstMs, READ_FIRST_MS)
  told(`filter, ${kind}: ${found}`, wholeMs, READ_MS)
}

function told(what: string, ms: number, bar: number): void {
  console.log(
    `  ${what}:`.padEnd(58) +
      `${ms.toFixed(0)} ms`.padStart(9) +
      `  ${ms <= bar ? 'holds' : 'MISSES'}: at most ${bar.toFixed(0)} ms`,
  )
}
