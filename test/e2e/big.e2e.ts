import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CAPTURES, ensureCapture, type MadeCapture } from '../benchmark/captures.ts'
import { startApp, type App } from './support/app.ts'
import { openPage, startBrowser } from './support/browser.ts'
import { Screen } from './support/screen.ts'

const PACKETS = 1_000_000

let folder: string
let capture: MadeCapture
let app: App
let browser: Browser

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hopscope-big-'))
  const whole = CAPTURES.find(({ name }) => name === 'mixed-full')
  if (!whole) throw new Error('the benchmark has no capture of whole packets')
  capture = ensureCapture(folder, whole, PACKETS)
  app = await startApp(capture.file)
  browser = await startBrowser()
}, 120_000)
afterAll(async () => {
  await browser.close()
  await app[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

interface Seen {
  readonly packets: number[]
  readonly conversations: number[]
  /** Those of a packet that was clicked. */
  details: boolean
  /** The status bar told how many of the packets are shown. */
  narrowed: boolean
}

/**
 * What was on screen at each frame until the capture was read, with a click on the tab of conversations and on a packet as soon as they are
 * there. Both in the page: on a slow machine reading may end between two steps of this process.
 */
function seenWhileReading(page: Page): Promise<Seen> {
  return page.evaluate(
    () =>
      new Promise<Seen>((resolve) => {
        const seen: Seen = { packets: [], conversations: [], details: false, narrowed: false }
        const rows = (grid: string) =>
          Number(document.querySelector(`[data-grid=${grid}]`)?.getAttribute('aria-rowcount') ?? 1) - 1
        const click = (element: Element) => {
          const { left, top, height } = element.getBoundingClientRect()
          const at = { clientX: left + 20, clientY: top + height / 2 }
          element.dispatchEvent(new MouseEvent('click', { bubbles: true, ...at }))
        }
        let began = false
        const look = () => {
          if (document.querySelector('[role=progressbar]')) {
            began = true
            seen.packets.push(rows('packets'))
            seen.conversations.push(rows('conversations'))
            seen.narrowed ||= document.querySelector('[data-testid=shown]')?.textContent.includes('shown') ?? false
            seen.details ||= document.querySelector('[role=treeitem]') !== null
            const tab = Array.from(document.querySelectorAll('[role=tab][aria-selected=false]')).find(
              ({ textContent }) => textContent?.startsWith('Conversations'),
            )
            // Findings come first as soon as there are any.
            if (tab) click(tab)
            const row = document.querySelector(
              '[data-grid=packets]:not([aria-activedescendant]) .grid-body-row:nth-child(4) [data-column=number]',
            )
            if (row) click(row)
          } else if (began) return resolve(seen)
          requestAnimationFrame(look)
        }
        look()
      }),
  )
}

/** Cancels the reading once some packets are listed; in the page, for the same reason. */
function cancelSoon(page: Page): Promise<void> {
  return page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        const look = () => {
          const listed = Number(document.querySelector('[data-grid=packets]')?.getAttribute('aria-rowcount') ?? 1) > 1
          const cancel = document.querySelector<HTMLButtonElement>('footer button')
          if (!listed || cancel?.textContent !== 'Cancel') return requestAnimationFrame(look)
          cancel.click()
          resolve()
        }
        look()
      }),
  )
}

/** Stops a search once `found` packets are listed, by its button or by the key for it; in the page, for the same reason. */
function stopSoon(page: Page, found: number, by: 'button' | 'key'): Promise<void> {
  return page.evaluate(
    ([least, how]) =>
      new Promise<void>((resolve) => {
        const press = (key: string) =>
          document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))
        const look = () => {
          const rows = Number(document.querySelector('[data-grid=packets]')?.getAttribute('aria-rowcount') ?? 1) - 1
          const stop = document.querySelector<HTMLButtonElement>('footer button')
          if (rows < least || stop?.textContent !== 'Stop') return requestAnimationFrame(look)
          if (how === 'button') stop.click()
          else press('Escape')
          resolve()
        }
        look()
      }),
    [found, by] as const,
  )
}

const lastRow = (page: Page) => page.locator('[data-grid=packets] .grid-body-row').last()

describe('a capture of a million packets and nearly a gigabyte', () => {
  it('can be used while it is read', async () => {
    await using opened = await openPage(browser, app.url)
    const { page, complaints } = opened
    const screen = new Screen(page)
    // The first picture long before the end: lanes, conversations and packets of the part read so far.
    const seen = await seenWhileReading(page)
    expect(seen.packets.some((count) => count > 10_000 && count < capture.packets)).toBe(true)
    expect(Math.max(...seen.conversations)).toBeGreaterThan(100)
    expect(seen.details).toBe(true)
    // Without a condition all that is read is shown, whether or not the list is as far.
    expect(seen.narrowed).toBe(false)
    await page.getByRole('progressbar').waitFor({ state: 'detached', timeout: 120_000 })
    await screen.counts(screen.packets, capture.packets)
    expect(complaints).toEqual([])
  }, 180_000)

  it('scrolls to its ends, filters, and zooms to the nanosecond', async () => {
    await using opened = await openPage(browser, app.url)
    const { page } = opened
    const screen = new Screen(page)
    await screen.read()
    await screen.counts(screen.packets, capture.packets)

    await screen.packets.focus()
    await page.keyboard.press('End')
    await expect.poll(() => lastRow(page).locator('[data-column=number]').innerText()).toBe(String(capture.packets))
    // The scroll bar stands for 20 million pixels; one notch of the wheel is still a few rows.
    await page.mouse.move(300, 700)
    await page.mouse.wheel(0, -100)
    await expect.poll(() => lastRow(page).locator('[data-column=number]').innerText()).not.toBe(String(capture.packets))
    expect(capture.packets - Number(await lastRow(page).locator('[data-column=number]').innerText())).toBeLessThan(10)
    await screen.packets.evaluate((element) => element.scrollTo(0, element.scrollHeight / 2))
    await expect
      .poll(async () => Number(await lastRow(page).locator('[data-column=number]').innerText()) / capture.packets)
      .toBeCloseTo(0.5, 2)

    await screen.applyFilter('tcp.analysis.retransmission')
    await expect.poll(() => screen.count(screen.packets), { timeout: 20_000 }).toBeLessThan(capture.packets / 10)
    expect(await screen.count(screen.packets)).toBeGreaterThan(0)

    const box = await screen.timeAxis.boundingBox()
    if (!box) throw new Error('the time axis is not on screen')
    await page.mouse.move(box.x + box.width / 3, box.y + 100)
    for (let i = 0; i < 60; i++) await page.mouse.wheel(0, -240)
    await page.locator('.overview').waitFor()
    await expect
      .poll(async () => {
        const [from, to] = (new URL(page.url()).searchParams.get('zoom') ?? '0~9').split('~').map(Number)
        return to - from
      })
      .toBeLessThan(0.001)
  }, 180_000)

  it('stops a search when asked, keeps what it has found, and goes on with it', async () => {
    await using opened = await openPage(browser, app.url)
    const { page } = opened
    const screen = new Screen(page)
    await screen.read()
    // Nearly all match, but each must be read for it.
    await screen.filter.fill('ip.id#1 >= 0')
    await screen.filter.press('Enter')
    await stopSoon(page, 1, 'button')
    const said = screen.status.getByText(/^Stopped: [\d,]+ matches in the first [\d.]+ % of packets$/)
    const found = Number(/[\d,]+/.exec(await said.innerText())?.[0].replaceAll(',', ''))
    expect(found).toBeGreaterThan(0)
    expect(found).toBeLessThan(capture.packets)
    await screen.counts(screen.packets, found)
    const number = found.toLocaleString('en')
    await page.getByText(new RegExp(`^${number} of the first [\\d,]+, then the search was stopped$`)).waitFor()

    // An export would hold that, and says so.
    await page.keyboard.press('Control+e')
    const dialog = page.getByRole('dialog', { name: 'Export packets' })
    await dialog.getByText(/^The search was stopped: these are what matches of the first [\d.]+ % of packets/).waitFor()
    expect(await dialog.getByRole('status').innerText()).toBe(`${number} packets`)
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })

    await screen.status.getByRole('button', { name: 'Go on' }).click()
    await said.waitFor({ state: 'detached' })
    await expect.poll(() => screen.count(screen.packets), { timeout: 60_000 }).toBeGreaterThan(0.9 * capture.packets)
    await screen.status.getByRole('button', { name: 'Stop' }).waitFor({ state: 'detached', timeout: 60_000 })

    // By the keyboard: what is searched for is stopped before anything is widened.
    await screen.applyFilter('_ws.col.info contains "needle"')
    await stopSoon(page, 0, 'key')
    await screen.status.getByText(/^Stopped: no match in the first [\d.]+ % of packets$/).waitFor()
    await page.getByText('No packet matches so far').waitFor()
    expect(await screen.filter.inputValue()).toBe('_ws.col.info contains "needle"')
    await screen.packets.focus()
    await page.keyboard.press('Escape')
    await screen.counts(screen.packets, capture.packets)
  }, 120_000)

  it('gives up reading when asked, and keeps what it has', async () => {
    await using opened = await openPage(browser, app.url)
    const { page } = opened
    const screen = new Screen(page)
    await cancelSoon(page)
    await page.getByText('Reading was cancelled').waitFor()
    await expect.poll(() => screen.count(screen.packets)).toBeGreaterThan(0)
    expect(await screen.count(screen.packets)).toBeLessThan(capture.packets)
    await screen.packets.focus()
    await page.keyboard.press('End')
    await page.getByRole('treeitem').first().waitFor()
  }, 120_000)
})
