import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { startApp } from '../../e2e/support/app.ts'
import { startBrowser } from '../../e2e/support/chromium.ts'
import { Screen } from '../../e2e/support/screen.ts'
import type { MadeCapture } from '../captures.ts'
import { Journey, type Step } from './journey.ts'

const BUILT = fileURLToPath(new URL('../../../out/renderer/index.html', import.meta.url))
/** Milliseconds of processor time that no task of the page's main thread may take, once everything was drawn for the first time. */
const TASK_MS = 50
const FIRST_PICTURE_MS = 1000
/** Milliseconds a million packets: 150 for one, and 500 for five. */
const FILTER_MS = 100
const FILTER_LEAST_MS = 150

const FILTERS = [
  'tcp.analysis.retransmission',
  'ip.addr == 10.244.1.7',
  'tcp.dstport == 443 && tcp.len > 100',
  'tcp.flags.syn == 1 || tcp.flags.reset == 1',
  'frame.len > 1000 and not tcp.analysis.flags',
]

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
    await page.goto(app.url)
    let firstPictureMs = 0
    const read = await journey.step('open and read to the end', async () => {
      const began = performance.now()
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
      await journey.step('sort by length and by time', async () => {
        for (const name of ['Length', 'Length', 'Time']) {
          await screen.packets.getByRole('columnheader', { name }).click()
          await screen.page.waitForTimeout(200)
          await idle(screen)
        }
      }),
    )
    const filterMs: number[] = []
    steps.push(
      await journey.step('filter', async () => {
        for (const filter of FILTERS) {
          filterMs.push(await journey.filter(screen, filter))
          // Nobody types the next one while the lists of this one are still being made.
          await idle(screen)
          await page.waitForTimeout(500)
        }
        await journey.filter(screen, '')
      }),
    )
    told('slowest filter', Math.max(...filterMs), Math.max(FILTER_LEAST_MS, (FILTER_MS * capture.packets) / 1e6))
    steps.push(
      await journey.step('brush and zoom', async () => {
        for (const [from, to] of [
          [0.2, 0.4],
          [0.5, 0.9],
          [0.1, 0.15],
        ] as const) {
          await screen.brush(from, to)
          await idle(screen)
        }
        const box = await screen.timeAxis.boundingBox()
        if (!box) throw new Error('the time axis is not on screen')
        await page.mouse.move(box.x + box.width / 3, box.y + 60)
        for (let i = 0; i < 30; i++) await page.mouse.wheel(0, -240)
        await page.waitForTimeout(500)
        for (let i = 0; i < 30; i++) await page.mouse.wheel(0, 240)
        await idle(screen)
      }),
    )
    return { capture: capture.name, packets: capture.packets, firstPictureMs, filterMs, steps }
  } finally {
    await browser.close()
  }
}

async function idle(screen: Screen): Promise<void> {
  await screen.page.waitForFunction(() => !document.querySelector('.pane[aria-busy=true]'), undefined, {
    timeout: 120_000,
  })
}

function told(what: string, ms: number, bar: number): void {
  console.log(
    `  ${what}:`.padEnd(34) +
      `${ms.toFixed(0)} ms`.padStart(9) +
      `  ${ms <= bar ? 'holds' : 'MISSES'}: at most ${bar.toFixed(0)} ms`,
  )
}
