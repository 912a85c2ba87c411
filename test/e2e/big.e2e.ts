import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CAPTURES, ensureCapture, type MadeCapture } from '../benchmark/captures.ts'
import { startApp, type App } from './support/app.ts'
import { openPage, startBrowser } from './support/browser.ts'
import { Screen } from './support/screen.ts'
import { mainThreadTasks } from './support/tasks.ts'

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

const lastRow = (page: Page) => page.locator('[data-grid=packets] .grid-body-row').last()

describe('a capture of a million packets and nearly a gigabyte', () => {
  it('can be used while it is read, and the window answers all the time', async () => {
    await using opened = await openPage(browser, app.url)
    const { page, complaints } = opened
    const screen = new Screen(page)
    const tasks = await mainThreadTasks(page, async () => {
      // The first picture long before the end: lanes, conversations and packets of the part read so far.
      await page.getByRole('progressbar').waitFor()
      // Findings come first as soon as there are any.
      await page.getByRole('tab', { name: 'Conversations' }).click()
      await expect.poll(() => screen.count(screen.packets)).toBeGreaterThan(10_000)
      expect(await screen.count(screen.packets)).toBeLessThan(capture.packets)
      await expect.poll(() => screen.count(screen.conversations)).toBeGreaterThan(100)
      await screen.rows(screen.packets).nth(3).click()
      await page.getByRole('treeitem').first().waitFor()
      expect(await page.getByRole('progressbar').count()).toBe(1)
      await page.getByRole('progressbar').waitFor({ state: 'detached', timeout: 120_000 })
    })
    await screen.counts(screen.packets, capture.packets)
    expect(complaints).toEqual([])
    console.log('main thread tasks over 20 ms of processor time:', tasks.map(Math.round).join(', ') || 'none')
    // Processor time, not time on the wall: other programs may have kept us waiting. The first draws everything, once.
    expect(tasks.slice(0, 1).every((task) => task < 150)).toBe(true)
    expect(tasks.slice(1).filter((task) => task > 50)).toEqual([])
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

  it('gives up reading when asked, and keeps what it has', async () => {
    await using opened = await openPage(browser, app.url)
    const { page } = opened
    const screen = new Screen(page)
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByText('Reading was cancelled').waitFor()
    await expect.poll(() => screen.count(screen.packets)).toBeGreaterThan(0)
    expect(await screen.count(screen.packets)).toBeLessThan(capture.packets)
    await screen.packets.focus()
    await page.keyboard.press('End')
    await page.getByRole('treeitem').first().waitFor()
  }, 120_000)
})
