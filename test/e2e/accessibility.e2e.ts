import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type axeCore from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApp, type App } from './support/app.ts'
import { openPage, startBrowser } from './support/browser.ts'
import { Screen } from './support/screen.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

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

/** Serious and critical findings of axe-core, one line each. */
async function findings(page: Page): Promise<readonly string[]> {
  await page.evaluate(AXE)
  return page.evaluate(async () => {
    // Put there by the script above.
    const { axe } = window as unknown as { axe: typeof axeCore }
    const { violations } = await axe.run(document, { resultTypes: ['violations'] })
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 200)} ${node.failureSummary ?? ''}`))
  })
}

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
      await page.getByRole('tab', { name: tab }).click()
      await page.waitForTimeout(300)
      expect(await findings(page)).toEqual([])
    }
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
    await screen.rows(screen.packets).first().click({ button: 'right' })
    await page.getByRole('menu').waitFor()
    expect(await findings(page)).toEqual([])
    await page.keyboard.press('Escape')
    await screen.filter.fill('tcp.')
    await page.getByRole('option').first().waitFor()
    expect(await findings(page)).toEqual([])
  })
})
