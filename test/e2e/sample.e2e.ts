import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sample, startApp, type App } from './support/app.ts'
import { openPage, startBrowser, takePicture } from './support/browser.ts'
import { Screen } from './support/screen.ts'

const { packets: PACKETS } = sample('loss-episode')

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

describe('looking into a sample', () => {
  it('leads from the start screen to the packet that was lost', async () => {
    await using opened = await openPage(browser, app.url)
    const { page, complaints } = opened
    const screen = new Screen(page)

    await page.getByRole('button', { name: /Four seconds of packet loss/ }).click()
    await screen.read()
    await screen.counts(screen.packets, PACKETS)
    await expect.poll(() => screen.count(screen.conversations)).toBeGreaterThanOrEqual(6)

    // The worst conversation stands first; choosing it narrows the packets to it.
    const worst = screen.rows(screen.conversations).first()
    expect(await worst.locator('[data-column=harm]').innerText()).toMatch(/\d (ms|s)$/)
    await worst.click()
    await page.getByRole('button', { name: 'Show all conversations' }).waitFor()
    await page.waitForFunction(() => new URLSearchParams(location.search).has('conversation'))
    await expect.poll(() => screen.count(screen.packets)).toBeLessThan(PACKETS)
    const ofWorst = await screen.count(screen.packets)

    // Only its retransmissions.
    await screen.applyFilter('tcp.analysis.retransmission')
    await expect.poll(() => screen.count(screen.packets)).toBeLessThan(ofWorst)
    const retransmissions = await screen.count(screen.packets)
    expect(retransmissions).toBeGreaterThan(0)
    for (const info of await screen.column(screen.packets, 'info')) expect(info).toMatch(/retransmission/i)

    // They all lie in the four seconds of loss: a brush before those finds none, and says what to do.
    await screen.brush(0.05, 0.35)
    await screen.counts(screen.packets, 0)
    await page.getByText('No packet meets all conditions').waitFor()
    await page.getByRole('button', { name: 'Show all times' }).last().click()
    await screen.counts(screen.packets, retransmissions)

    // One of them from close by: its layers, and the bytes of a field.
    await screen.rows(screen.packets).first().click()
    const tree = page.getByRole('tree', { name: 'Layers of the packet' })
    await tree.getByRole('treeitem', { name: /Transmission Control Protocol/ }).waitFor()
    await tree.getByRole('treeitem', { name: /Source Port/i }).hover()
    expect(await page.locator('.byte-hex .marked').count()).toBe(2)
    await page.locator('.byte-hex span').first().hover()
    await tree
      .locator('.marked')
      .filter({ hasText: /Ethernet|Destination/ })
      .waitFor()

    await takePicture(page, 'sample-packet')
    expect(complaints).toEqual([])
  })

  it('shows the time of the loss on the axis, and zooms into it', async () => {
    await using opened = await openPage(browser, app.url)
    const { page } = opened
    const screen = new Screen(page)
    await page.getByRole('button', { name: /Four seconds of packet loss/ }).click()
    await screen.read()

    const lane = page.locator('[data-lane=retransmissions] .number')
    await expect.poll(async () => Number(await lane.innerText())).toBeGreaterThan(20)
    const all = Number(await lane.innerText())

    // 13.93 s to 17.95 s of 31.945 s: nearly all retransmissions are in an eighth of the time.
    await screen.brush(0.43, 0.58)
    await expect.poll(async () => Number(await lane.innerText())).toBeGreaterThan(all * 0.7)
    await expect.poll(() => screen.count(screen.packets)).toBeLessThan(1200)

    await page.keyboard.press('z')
    await page.locator('.overview').waitFor()
    await page.keyboard.press('Escape')
    await page.locator('.overview').waitFor({ state: 'detached' })
    await page.keyboard.press('Escape')
    await screen.counts(screen.packets, PACKETS)
  })

  it('tells resets from losses', async () => {
    await using opened = await openPage(browser, app.url)
    const { page } = opened
    const screen = new Screen(page)
    await page.getByRole('button', { name: /Connections reset after idling/ }).click()
    await screen.read()
    await expect
      .poll(() => page.locator('[data-lane=resets] .number').innerText())
      .toBe(String(sample('idle-resets').resets))
    await page.getByRole('button', { name: /Resets/ }).click()
    await screen.counts(screen.packets, sample('idle-resets').resets)
    expect(await screen.filter.inputValue()).toBe('tcp.flags.reset == 1')
    expect(await screen.rows(screen.packets).first().getAttribute('class')).toContain('tone-reset')
  })
})
