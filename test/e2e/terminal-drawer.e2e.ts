import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { startAppWith } from './support/app.ts'
import { appInBrowser } from './support/app-in-browser.ts'
import { drawWithElements, hasKeys, screenText as text } from './support/terminal.ts'

describe("the edge of the terminals' drawer", { timeout: 120_000 }, () => {
  const { open } = appInBrowser(() => startAppWith({ KUBECONFIG: '/nowhere/kubeconfig', SHELL: '/bin/sh' }))

  const drawer = (page: Page) => page.getByRole('region', { name: 'Terminals' })
  const edge = (page: Page) => page.getByRole('separator', { name: 'Height of the terminals' })
  const height = async (page: Page) => Math.round((await drawer(page).boundingBox())?.height ?? 0)

  async function openDrawer() {
    const opened = await open()
    const { page } = opened
    await drawWithElements(page)
    await page.getByRole('button', { name: 'Open a capture' }).first().waitFor()
    await page.keyboard.press('Control+Backquote')
    await page.locator('.terminal.focused[data-terminal=running]').waitFor()
    await hasKeys(page)
    return opened
  }

  async function drag(page: Page, by: number): Promise<void> {
    const box = await edge(page).boundingBox()
    if (!box) throw new Error('the edge is not on screen')
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2]
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x, y + by / 2)
    await page.mouse.move(x, y + by)
    await page.mouse.up()
  }

  /** Rows, as the shell knows them. */
  async function rows(page: Page): Promise<number> {
    await page.keyboard.type('clear; echo "rows $(stty size)"\n')
    await expect.poll(() => text(page)).toMatch(/^rows \d+ \d+$/m)
    return Number(/^rows (\d+)/m.exec(await text(page))?.[1])
  }

  async function close(page: Page): Promise<void> {
    await page.getByRole('button', { name: /^Close terminal/ }).click()
    await expect.poll(() => page.locator('[data-terminal]').count()).toBe(0)
  }

  it('is dragged, and the shell knows its rows', async () => {
    await using opened = await openDrawer()
    const { page, complaints } = opened
    const before = { height: await height(page), rows: await rows(page) }
    await drag(page, -150)
    await expect.poll(() => height(page)).toBe(before.height + 150)
    await page.locator('.terminal.focused textarea').focus()
    await expect.poll(() => rows(page)).toBeGreaterThan(before.rows + 5)
    expect(complaints).toEqual([])
    await close(page)
  })

  it('is dragged shut, and is where it was when the drawer opens again', async () => {
    await using opened = await openDrawer()
    const { page } = opened
    await drag(page, -60)
    const before = await height(page)
    await drag(page, before)
    await edge(page).waitFor({ state: 'detached' })
    // Nobody types into what can't be seen.
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keys' }).waitFor()
    await page.keyboard.press('Escape')
    await page.keyboard.press('Control+Backquote')
    await hasKeys(page)
    await expect.poll(() => height(page)).toBe(before)
    await page.keyboard.type('echo st"ill" here\n')
    await expect.poll(() => text(page)).toContain('still here')
    await close(page)
  })

  it('is moved by keys, down to shut', async () => {
    await using opened = await openDrawer()
    const { page } = opened
    const before = await height(page)
    await edge(page).focus()
    await page.keyboard.press('ArrowUp')
    await expect.poll(() => height(page)).toBeGreaterThan(before)
    await page.keyboard.press('ArrowDown')
    await expect.poll(() => height(page)).toBe(before)
    await page.keyboard.press('End')
    await edge(page).waitFor({ state: 'detached' })
    await page.keyboard.press('Control+Backquote')
    await hasKeys(page)
    await expect.poll(() => height(page)).toBe(before)
    await close(page)
  })
})
