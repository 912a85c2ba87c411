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

  it('is of the measure that was chosen in its lane, also in another capture and after a reload', async () => {
    await using opened = await openPage(browser, app.url.replace('/#', '/?sample=loss-episode#'))
    const { page, complaints } = opened
    const lane = page.locator('[data-lane="rtt"]')
    const choice = lane.getByRole('combobox', { name: 'Latency of' })
    await expect.poll(() => lane.innerText()).toMatch(/n [1-9]/)
    await choice.selectOption('dns')
    await page.getByText('No DNS request begins here').waitFor()
    await takePicture(page, 'lane-none-light')

    await page.getByRole('button', { name: /back to the start/ }).click()
    await page.getByRole('button', { name: /Name lookups that stall/ }).click()
    await expect.poll(() => lane.innerText()).toMatch(/max\s+5\.\d+ s/)
    expect(await choice.inputValue()).toBe('dns')
    await takePicture(page, 'lane-dns-light')
    await expect.poll(() => page.url()).toMatch(/sample=dns-5s.*latency=dns/)
    await page.reload()
    await expect.poll(() => lane.innerText()).toMatch(/max\s+5\.\d+ s/)
    expect(await choice.inputValue()).toBe('dns')
    await page.emulateMedia({ colorScheme: 'dark' })
    await takePicture(page, 'lane-dns-dark')
    expect(await findings(page)).toEqual([])
    expect(complaints).toEqual([])
  })
})
