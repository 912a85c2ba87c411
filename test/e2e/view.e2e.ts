import { readFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sample, startApp, type App } from './support/app.ts'
import { dropFile, openPage, startBrowser, takePicture } from './support/browser.ts'
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

const search = (page: Page) => new URL(page.url()).searchParams

describe('the URL is the view', () => {
  it('shows the same after a reload', async () => {
    await using opened = await openPage(browser, app.url)
    const { page } = opened
    const screen = new Screen(page)
    await page.getByRole('button', { name: /Four seconds of packet loss/ }).click()
    await screen.read()
    await screen.applyFilter('tcp.analysis.retransmission')
    await screen.brush(0.4, 0.6)
    await screen.conversations.getByRole('button', { name: 'Retr.' }).click()
    await expect.poll(() => screen.count(screen.packets)).toBeLessThan(500)
    await screen.rows(screen.packets).nth(1).click()
    await expect.poll(() => search(page).has('frame')).toBe(true)
    const before = { url: page.url(), packets: await screen.count(screen.packets), frame: search(page).get('frame') }
    expect(before.url).not.toContain('token')

    await page.reload()
    await screen.read()
    await screen.counts(screen.packets, before.packets)
    expect(page.url()).toBe(before.url)
    expect(await screen.filter.inputValue()).toBe('tcp.analysis.retransmission')
    await expect
      .poll(() => screen.packets.locator('[aria-selected=true] [data-column=number]').innerText())
      .toBe(before.frame)
    const sorted = screen.conversations.getByRole('columnheader', { name: /Retr/ })
    expect(await sorted.getAttribute('aria-sort')).toBe('descending')
  })

  it('goes back step by step', async () => {
    await using opened = await openPage(browser, app.url)
    const { page } = opened
    const screen = new Screen(page)
    await page.getByRole('button', { name: /Four seconds of packet loss/ }).click()
    await screen.read()
    await screen.applyFilter('tcp.analysis.retransmission')
    await expect.poll(() => screen.count(screen.packets)).toBeLessThan(2162)
    await screen.rows(screen.conversations).first().click()
    await page.getByRole('button', { name: 'Show all conversations' }).waitFor()
    await expect.poll(() => search(page).has('conversation')).toBe(true)

    await page.goBack()
    await page.getByRole('button', { name: 'Show all conversations' }).waitFor({ state: 'detached' })
    expect(await screen.filter.inputValue()).toBe('tcp.analysis.retransmission')
    await page.goBack()
    await screen.counts(screen.packets, 2162)
    await page.goBack()
    await page.getByRole('heading', { name: 'Hopscope' }).waitFor()
    await page.goForward()
    await screen.counts(screen.packets, 2162)
  })

  it('asks for a dropped file again and then shows what was looked at', async () => {
    await using opened = await openPage(browser, app.url)
    const { page } = opened
    const screen = new Screen(page)
    const bytes = readFileSync(sample('refused.pcapng'))
    await dropFile(page, 'refused.pcapng', bytes)
    await screen.read()
    await screen.applyFilter('tcp.flags.reset == 1')
    await screen.counts(screen.packets, 13)
    await expect.poll(() => search(page).get('filter')).toBe('tcp.flags.reset == 1')
    await page.reload()
    await page.getByText('Choose refused.pcapng again').waitFor()
    await dropFile(page, 'refused.pcapng', bytes)
    await screen.counts(screen.packets, 13)
  })

  it('survives an address that makes no sense', async () => {
    await using opened = await openPage(
      browser,
      app.url.replace('/#', '/?sample=clean&filter=(((&range=9~1&frame=99999999&conversation=777&sort=x#'),
    )
    const screen = new Screen(opened.page)
    await screen.read()
    await opened.page.getByText('The filter could not be applied').first().waitFor()
    await screen.applyFilter('')
    await opened.page.getByRole('button', { name: 'Show all conversations' }).first().click()
    await screen.counts(screen.packets, 562)
  })
})

describe('the theme', () => {
  it('follows the system until one is chosen, and is remembered', async () => {
    await using opened = await openPage(browser, app.url, { colorScheme: 'dark' })
    const { page } = opened
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    const dark = await background()
    await page.emulateMedia({ colorScheme: 'light' })
    const light = await background()
    expect(light).not.toBe(dark)

    await page.getByRole('button', { name: 'Theme: system' }).click()
    await page.getByRole('button', { name: 'Theme: light' }).click()
    await page.getByRole('button', { name: 'Theme: dark' }).waitFor()
    await expect.poll(background).toBe(dark)
    await page.reload()
    await page.getByRole('button', { name: 'Theme: dark' }).waitFor()
    expect(await background()).toBe(dark)
  })

  it.each(['light', 'dark'] as const)('draws the time axis in %s too', async (theme) => {
    await using opened = await openPage(browser, app.url.replace('/#', '/?sample=loss-episode#'), {
      colorScheme: theme,
    })
    const { page } = opened
    await new Screen(page).read()
    await takePicture(page, `loss-episode-${theme}`)
    // The mean lightness of the canvas says which theme drew it.
    const ink = await page.locator('.timeline-plot canvas').evaluate((element) => {
      if (!(element instanceof HTMLCanvasElement)) return 0
      const data = element.getContext('2d')?.getImageData(0, 0, element.width, element.height).data ?? []
      let sum = 0
      let count = 0
      for (let i = 0; i < data.length; i += 4) {
        if (data[i + 3] < 200) continue
        sum += data[i] + data[i + 1] + data[i + 2]
        count++
      }
      return sum / count / 3
    })
    if (theme === 'light') expect(ink).toBeGreaterThan(140)
    else expect(ink).toBeLessThan(140)
  })
})
