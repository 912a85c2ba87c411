import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { TALLEST } from '../../renderer/components/scroll-scale.ts'
import { sample, startAppWith, type App } from './support/app.ts'
import { openPage, startBrowser } from './support/browser.ts'

const BYTES = readFileSync(sample('dns-5s').path)
/** Some hundred packets, of which the list shows no twenty. */
const PIECE = 12_000
const ROW_HEIGHT = 20

let app: App
let browser: Awaited<ReturnType<typeof startBrowser>>
let sent = PIECE
beforeAll(async () => {
  ;[app, browser] = await Promise.all([startAppWith({}, ['-'], BYTES.subarray(0, PIECE)), startBrowser()])
})
afterAll(async () => {
  await browser?.close()
  await app?.[Symbol.asyncDispose]()
})

const list = (page: Page) => page.getByRole('grid', { name: 'Packets' })
const count = async (page: Page) => Number(await list(page).getAttribute('aria-rowcount')) - 1

/** Resolves when the list has them. */
async function morePackets(page: Page): Promise<void> {
  const before = await count(page)
  app.input.write(BYTES.subarray(sent, sent + PIECE))
  sent += PIECE
  await expect.poll(() => count(page)).toBeGreaterThan(before + 20)
}

/** The number of the last packet in sight, counted from the list's end. */
async function belowSight(page: Page): Promise<number> {
  const box = await list(page).boundingBox()
  const rows = await list(page)
    .getByRole('row')
    .evaluateAll((all) => all.map((row) => ({ index: row.ariaRowIndex, bottom: row.getBoundingClientRect().bottom })))
  const last = rows.findLast(({ bottom }) => box !== null && bottom <= box.y + box.height + 1)
  return (await count(page)) + 1 - Number(last?.index)
}

it('shows packets of a capture that grows as they come, until somebody looks at one, and again when asked', async () => {
  await using opened = await openPage(browser, app.url)
  const { page, complaints } = opened
  await expect.poll(() => count(page).catch(() => 0)).toBeGreaterThan(50)
  await expect.poll(() => belowSight(page)).toBe(0)
  // A list that becomes higher is scrolled back by the browser.
  const before = await list(page).getByRole('row').count()
  await list(page).focus()
  await page.keyboard.press('x')
  await expect.poll(() => list(page).getByRole('row').count()).toBeGreaterThan(before)
  expect(await page.getByRole('button', { name: 'Newest packets' }).count()).toBe(0)
  await morePackets(page)
  await expect.poll(() => belowSight(page)).toBe(0)

  // Looked at, one stays where it is.
  await list(page).focus()
  await page.keyboard.press('Home')
  const newest = page.getByRole('button', { name: 'Newest packets' })
  await newest.waitFor()
  await morePackets(page)
  expect(await list(page).locator('[aria-selected=true]').getAttribute('aria-rowindex')).toBe('2')
  expect(await belowSight(page)).toBeGreaterThan(100)

  await newest.click()
  await expect.poll(() => belowSight(page)).toBe(0)
  await morePackets(page)
  await expect.poll(() => belowSight(page)).toBe(0)

  // Also the newest, which more packets come behind.
  await list(page).getByRole('row').last().click()
  await newest.waitFor()
  await morePackets(page)
  expect(await belowSight(page)).toBeGreaterThan(20)
  await newest.click()
  await expect.poll(() => belowSight(page)).toBe(0)

  // Scrolled away, and back with the key for the end.
  await list(page).hover()
  await page.mouse.wheel(0, -400)
  await newest.waitFor()
  await morePackets(page)
  expect(await belowSight(page)).toBeGreaterThan(20)
  await page.keyboard.press('End')
  await newest.waitFor({ state: 'detached' })
  await morePackets(page)
  await expect.poll(() => belowSight(page)).toBe(0)
  expect(complaints).toEqual([])
})

it('knows the end of a list of which a pixel of the scroll bar is more than one of the list', async () => {
  const rows = Math.ceil(TALLEST / ROW_HEIGHT) + 1000
  await using long = await startAppWith({}, ['-'], manyPackets(rows))
  await using opened = await openPage(browser, long.url)
  const { page, complaints } = opened
  await expect.poll(() => count(page).catch(() => 0)).toBe(rows)
  await expect.poll(() => belowSight(page)).toBe(0)
  const newest = page.getByRole('button', { name: 'Newest packets' })
  await list(page).hover()
  await page.mouse.wheel(0, -10 * ROW_HEIGHT)
  await expect.poll(() => belowSight(page)).toBe(10)
  await newest.waitFor()
  await page.mouse.wheel(0, 5 * ROW_HEIGHT)
  await expect.poll(() => belowSight(page)).toBe(5)
  await newest.waitFor()
  // Twice between two pictures.
  await list(page).evaluate((grid, deltaY) => {
    for (const _ of [1, 2]) grid.dispatchEvent(new WheelEvent('wheel', { deltaY, cancelable: true }))
  }, 2.5 * ROW_HEIGHT)
  await newest.waitFor({ state: 'detached' })
  await expect.poll(() => belowSight(page)).toBe(0)
  expect(complaints).toEqual([])
})

/** A pcap file of the same empty UDP datagram over and over, a microsecond apart. */
function manyPackets(packets: number): Buffer {
  const frame = Buffer.from(
    '02000000000202000000000108004500001c0000000040117ccf7f0000017f0000010001000200080000',
    'hex',
  )
  const file = Buffer.alloc(24 + packets * (16 + frame.length))
  Buffer.from('d4c3b2a1020004000000000000000000ffff000001000000', 'hex').copy(file)
  for (let i = 0, at = 24; i < packets; i++, at += 16 + frame.length) {
    file.writeUInt32LE(1_700_000_000 + Math.floor(i / 1e6), at)
    file.writeUInt32LE(i % 1e6, at + 4)
    file.writeUInt32LE(frame.length, at + 8)
    file.writeUInt32LE(frame.length, at + 12)
    frame.copy(file, at + 16)
  }
  return file
}
