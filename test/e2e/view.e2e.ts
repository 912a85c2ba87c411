import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { sample, startApp } from './support/app.ts'
import { appInBrowser } from './support/app-in-browser.ts'
import { dropFile, openPage, takePicture } from './support/browser.ts'
import { Screen } from './support/screen.ts'

const served = appInBrowser()
const { open } = served

const search = (page: Page) => new URL(page.url()).searchParams

describe('the status bar', () => {
  it.each([640, 800, 1280])('says nothing by halves at %i pixels', async (width) => {
    const view = 'sample=loss-episode&filter=tcp.analysis.retransmission&range=14~18.5&frame=1001'
    await using opened = await open(view, { viewport: { width, height: 600 } })
    const { status } = new Screen(opened.page)
    await status.getByText(/^42 of 2,162 packets shown/).waitFor()
    const texts = await status.locator('span').evaluateAll((spans) => {
      const bar = document.querySelector('.status')?.getBoundingClientRect()
      return spans
        .filter((span) => span.children.length === 0 && span.textContent !== '')
        .map((span) => ({ text: span.textContent, box: span.getBoundingClientRect() }))
        .filter(({ box }) => bar && box.width > 0 && box.top < bar.bottom)
        .map(({ text, box }) => ({ text, from: box.left, to: box.right, end: bar?.right ?? 0 }))
        .toSorted((a, b) => a.from - b.from)
    })
    expect(texts.map(({ text }) => text)).toContain('14.000 – 18.500 s')
    for (const [i, { to, end }] of texts.entries()) expect(to).toBeLessThanOrEqual(texts[i + 1]?.from ?? end)
  })
})

describe('a window for those who see otherwise', () => {
  it('has lanes whose names can be read at 200 %', async () => {
    await using opened = await open('sample=loss-episode', { viewport: { width: 640, height: 400 } })
    const { page } = opened
    await page.locator('.gutter-title', { hasText: 'Zero windows' }).waitFor()
    const heights = await page.locator('.gutter-count').evaluateAll((names) => names.map((name) => name.clientHeight))
    expect(Math.min(...heights)).toBeGreaterThanOrEqual(13)
  })

  it('has room for what was found at 200 %', async () => {
    await using opened = await open('sample=loss-episode', { viewport: { width: 640, height: 400 } })
    const { page } = opened
    const sentence = page.getByText(/had to be sent again/).last()
    await sentence.waitFor()
    // At least two lines of it, and the packets are a key away.
    const pane = await page.getByRole('region', { name: 'Findings', exact: true }).boundingBox()
    expect((pane?.y ?? 0) + (pane?.height ?? 0)).toBeGreaterThan(((await sentence.boundingBox())?.y ?? 999) + 32)
    await page.keyboard.press('x')
    await new Screen(page).packets.getByText('0.004294').waitFor()
  })

  it('has menus that end in the window at 200 %', async () => {
    await using opened = await open('sample=loss-episode', { viewport: { width: 640, height: 400 } })
    const { page } = opened
    const screen = new Screen(page)
    await screen.read()
    await screen.packets.focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Shift+F10')
    const box = await page.getByRole('menu').boundingBox()
    expect((box?.y ?? 0) + (box?.height ?? 999)).toBeLessThanOrEqual(400)
    await page.keyboard.press('End')
    const last = await page.getByRole('menuitem').last().boundingBox()
    expect((last?.y ?? 0) + (last?.height ?? 999)).toBeLessThanOrEqual(400)
  })

  it('keeps its buttons in half a screen', async () => {
    await using opened = await open('sample=loss-episode', { viewport: { width: 960, height: 1040 } })
    const { page } = opened
    const screen = new Screen(page)
    await screen.read()
    await page.keyboard.press('d')
    const inspector = await screen.inspector.boundingBox()
    const save = await page.getByRole('button', { name: 'Save report' }).boundingBox()
    expect((save?.x ?? 0) + (save?.width ?? 999)).toBeLessThan(inspector?.x ?? 0)
    expect(inspector?.width).toBeLessThan(300)
  })

  it('outlines what is chosen where the system gives the colours', async () => {
    await using opened = await open('sample=loss-episode&frame=6', { forcedColors: 'active' })
    const { page } = opened
    const chosen = page.getByRole('grid', { name: 'Packets' }).locator('[aria-selected=true]')
    await chosen.waitFor()
    expect(await chosen.evaluate((row) => getComputedStyle(row).outlineStyle)).toBe('solid')
  })
})

describe('the URL is the view', () => {
  it('shows the same after a reload', async () => {
    await using opened = await open()
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
    await screen.inspector.getByRole('treeitem', { name: `Frame ${before.frame}:` }).waitFor()
    const sorted = screen.conversations.getByRole('columnheader', { name: /Retr/ })
    expect(await sorted.getAttribute('aria-sort')).toBe('descending')
  })

  it('goes back step by step', async () => {
    await using opened = await open()
    const { page } = opened
    const screen = new Screen(page)
    await page.getByRole('button', { name: /Four seconds of packet loss/ }).click()
    await screen.read()
    await screen.applyFilter('tcp.analysis.retransmission')
    await expect.poll(() => screen.count(screen.packets)).toBeLessThan(sample('loss-episode').packets)
    await screen.rows(screen.conversations).first().click()
    await page.getByRole('button', { name: 'Show all conversations' }).waitFor()
    await expect.poll(() => search(page).has('conversation')).toBe(true)

    await page.goBack()
    await page.getByRole('button', { name: 'Show all conversations' }).waitFor({ state: 'detached' })
    expect(await screen.filter.inputValue()).toBe('tcp.analysis.retransmission')
    await page.goBack()
    await screen.counts(screen.packets, sample('loss-episode').packets)
    // The choice of the conversations' tab.
    await page.goBack()
    await expect.poll(() => search(page).has('list')).toBe(false)
    await page.goBack()
    await page.getByRole('heading', { name: 'Hopscope' }).waitFor()
    await page.goForward()
    await screen.counts(screen.packets, sample('loss-episode').packets)
  })

  it('asks for a dropped file again and then shows what was looked at', async () => {
    await using opened = await open()
    const { page } = opened
    const screen = new Screen(page)
    const bytes = readFileSync(sample('refused').path)
    await dropFile(page, 'refused.pcapng', bytes)
    await screen.read()
    await screen.applyFilter('tcp.flags.reset == 1')
    await screen.counts(screen.packets, sample('refused').resets)
    await expect.poll(() => search(page).get('filter')).toBe('tcp.flags.reset == 1')
    await page.reload()
    await page.getByText('Choose refused.pcapng again').waitFor()
    await dropFile(page, 'refused.pcapng', bytes)
    await screen.counts(screen.packets, sample('refused').resets)
  })

  it('offers in every list to widen what leaves it empty', async () => {
    await using opened = await open('sample=clean&filter=tcp.port == 1&list=latency')
    const { page } = opened
    const pane = (name: string) => page.getByRole('region', { name, exact: true })
    const clear = (name: string) => pane(name).getByRole('button', { name: 'Clear the filter' })
    await clear('Latency').waitFor()
    await page.getByRole('tab', { name: 'Conversations' }).click()
    await pane('Conversations').getByText('No packet of any conversation matches the filter.').waitFor()
    await clear('Conversations').click()
    const screen = new Screen(page)
    await screen.counts(screen.packets, sample('clean').packets)
  })

  it('survives an address that makes no sense', async () => {
    await using opened = await open('sample=clean&filter=(((&range=9~1&frame=99999999&conversation=777&sort=x')
    const screen = new Screen(opened.page)
    await screen.read()
    await opened.page.getByText('The filter could not be applied').first().waitFor()
    const axis = opened.page.getByRole('region', { name: 'Time axis' }).getByText('The filter could not be applied')
    await axis.waitFor()
    await takePicture(opened.page, 'wrong-filter')
    await opened.page.getByRole('button', { name: 'Clear the filter' }).first().click()
    await opened.page.getByRole('button', { name: 'Show all conversations' }).first().click()
    await screen.counts(screen.packets, sample('clean').packets)
    await axis.waitFor({ state: 'detached' })
  })
})

describe('clocks', () => {
  it('show local time or UTC, by key or by a click, and that is remembered', async () => {
    await using opened = await open('sample=loss-episode', { timezoneId: 'Asia/Kathmandu' })
    const { page } = opened
    const screen = new Screen(page)
    await screen.read()
    const first = () => screen.rows(screen.packets).first().locator('[data-column=time]').innerText()
    await page.keyboard.press('t')
    await expect.poll(first).toMatch(/^\d\d:\d\d:\d\d\.\d{6}$/)
    const local = await first()
    const zone = page.getByTitle(/^The time zone of the clocks/)
    expect(await zone.innerText()).toBe('UTC+5:45')
    const cell = screen.rows(screen.packets).first().locator('[data-column=time]')
    expect(await cell.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)).toBe(0)
    await takePicture(page, 'clocks-local')

    await page.keyboard.press('u')
    await zone.getByText('UTC', { exact: true }).waitFor()
    const seconds = (clock: string) => clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0)
    const east = seconds(local) - seconds(await first())
    expect(Math.round((east + 86_400) % 86_400)).toBe((5 * 60 + 45) * 60)
    await takePicture(page, 'clocks-utc')
    await page.reload()
    await screen.read()
    expect(await zone.innerText()).toBe('UTC')
    await zone.click()
    await zone.getByText('UTC+5:45').waitFor()
    expect(await first()).toBe(local)
  })

  it('change where no capture is open, too', async () => {
    await using opened = await open(undefined, { timezoneId: 'Asia/Kathmandu' })
    const { page } = opened
    await page.getByRole('heading', { name: 'Samples' }).waitFor()
    await page.keyboard.press('u')
    await page.getByText('Four seconds of packet loss').click()
    await page
      .getByTitle(/^The time zone of the clocks/)
      .getByText('UTC', { exact: true })
      .waitFor()
  })
})

describe('the theme', () => {
  it('follows the system until one is chosen, and is remembered', async () => {
    // An app of its own: the choice is kept in the host's settings.
    await using own = await startApp()
    await using opened = await openPage(served.browser, own.url, { colorScheme: 'dark' })
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

  it('redraws the time axis when it changes', async () => {
    await using opened = await open('sample=loss-episode')
    const { page } = opened
    await new Screen(page).read()
    /** Mean lightness of what is drawn: text and bars, on no background. */
    const ink = () =>
      page.locator('.timeline-plot canvas').evaluate((element) => {
        if (!(element instanceof HTMLCanvasElement)) return Number.NaN
        const { data } = element.getContext('2d')?.getImageData(0, 0, element.width, element.height) ?? { data: [] }
        let sum = 0
        let count = 0
        for (let i = 0; i < data.length; i += 4) {
          if (data[i + 3] < 250) continue
          sum += (data[i] + data[i + 1] + data[i + 2]) / 3
          count++
        }
        return sum / count
      })
    await page.emulateMedia({ colorScheme: 'light' })
    await takePicture(page, 'loss-episode-light')
    const light = await ink()
    expect(light).toBeGreaterThan(0)
    await page.emulateMedia({ colorScheme: 'dark' })
    await expect.poll(async () => Math.abs((await ink()) - light)).toBeGreaterThan(30)
    await takePicture(page, 'loss-episode-dark')
  })
})
