import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApp, type App } from './support/app.ts'
import { findings } from './support/axe.ts'
import { openPage, startBrowser, takePicture } from './support/browser.ts'
import { Screen } from './support/screen.ts'

let app: App
let browser: Browser
beforeAll(async () => {
  ;[app, browser] = await Promise.all([startApp(), startBrowser()])
})
afterAll(async () => {
  await browser.close()
  await app[Symbol.asyncDispose]()
})

describe('latency', { timeout: 60_000 }, () => {
  it('leads from the 5 s lookups in the heat map to their packets, by keyboard', async () => {
    await using opened = await openPage(browser, app.url.replace('/#', '/?sample=dns-5s&list=latency#'))
    const { page, complaints } = opened
    const screen = new Screen(page)
    const measures = page.getByRole('table', { name: 'Measures' })
    await measures.getByRole('row', { name: /^DNS/ }).click()
    await expect.poll(() => measures.getByRole('row', { name: /^DNS/ }).innerText()).toMatch(/5\.\d+ s/)
    const map = page.getByRole('group', { name: /^DNS over time/ })
    await map.focus()
    await page.keyboard.press('ArrowRight')
    await expect.poll(() => map.getAttribute('aria-label')).toMatch(/request/)
    await takePicture(page, 'latency-light')
    expect(await findings(page)).toEqual([])
    await page.keyboard.press('Enter')
    await expect.poll(() => screen.filter.inputValue()).toMatch(/^frame\.number in \{/)
    await expect.poll(async () => (await screen.column(screen.packets, 'protocol')).join(' ')).toMatch(/^DNS/)

    await page.getByRole('button', { name: 'Requests' }).click()
    const requests = page.getByRole('grid', { name: 'Requests' })
    await screen.rows(requests).first().waitFor()
    await page.emulateMedia({ colorScheme: 'dark' })
    await takePicture(page, 'requests-dark')
    expect(complaints).toEqual([])
  })
})
