import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApp, type App } from './support/app.ts'
import { findings } from './support/axe.ts'
import { openPage, startBrowser } from './support/browser.ts'
import { Screen } from './support/screen.ts'

let app: App
let browser: Browser

beforeAll(async () => {
  app = await startApp()
  browser = await startBrowser()
})
afterAll(async () => {
  await browser.close()
  await app[Symbol.asyncDispose]()
})

describe.each(['light', 'dark'] as const)('in the %s theme, axe finds nothing serious', (colorScheme) => {
  it('on the start screen', async () => {
    await using opened = await openPage(browser, app.url, { colorScheme })
    await opened.page.getByRole('button', { name: /Four seconds/ }).waitFor()
    expect(await findings(opened.page)).toEqual([])
  })

  it('on an open capture with everything in use', async () => {
    const view = '/?sample=loss-episode&filter=tcp.analysis.flags&range=13~18&zoom=12~19&conversation=0&frame=1#'
    await using opened = await openPage(browser, app.url.replace('/#', view), { colorScheme })
    const { page } = opened
    const screen = new Screen(page)
    await screen.read()
    await screen.rows(screen.packets).nth(2).click()
    await page.getByRole('treeitem').first().waitFor()
    expect(await findings(page)).toEqual([])
    for (const tab of ['Conversation', 'Capture']) {
      await screen.inspector.getByRole('tab', { name: tab }).click()
      await page.waitForTimeout(300)
      expect(await findings(page)).toEqual([])
    }
    // Lists in which nothing is left.
    await screen.applyFilter('tcp.port == 1')
    await page.getByText('No packet meets all conditions').waitFor()
    expect(await findings(page)).toEqual([])
  })

  it('in its dialogs and menus', async () => {
    await using opened = await openPage(browser, app.url.replace('/#', '/?sample=loss-episode#'), { colorScheme })
    const { page } = opened
    const screen = new Screen(page)
    await screen.read()
    await page.keyboard.press('?')
    expect(await findings(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.keyboard.press('Control+k')
    expect(await findings(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.keyboard.press('Shift+P')
    await page.getByRole('dialog', { name: 'Part of the capture' }).locator('[data-done=true]').waitFor()
    expect(await findings(page)).toEqual([])
    await page.keyboard.press('Escape')
    await screen.rows(screen.packets).first().click({ button: 'right' })
    await page.getByRole('menu').waitFor()
    expect(await findings(page)).toEqual([])
    await page.keyboard.press('Escape')
    await screen.filter.fill('tcp.')
    await page.getByRole('option').first().waitFor()
    expect(await findings(page)).toEqual([])
  })
})
