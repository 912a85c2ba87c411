import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { sample, startAppWith, type App } from './support/app.ts'
import { openPage, startBrowser } from './support/browser.ts'

const BYTES = readFileSync(sample('dns-5s').path)
/** Some hundred packets, of which the list shows no twenty. */
const PIECE = 12_000

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
