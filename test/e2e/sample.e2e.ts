import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { refusedServers } from '../../engine/testing/refused-servers.ts'
import { sample } from './support/app.ts'
import { appInBrowser } from './support/app-in-browser.ts'
import { dropFile, takePicture } from './support/browser.ts'
import { Screen } from './support/screen.ts'

const { packets: PACKETS } = sample('loss-episode')

const { open } = appInBrowser()

describe('looking into a sample', () => {
  it('leads from the start screen to the packet that was lost', async () => {
    await using opened = await open()
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
    // The request that it carries is open, what is below it closed.
    await tree.getByRole('treeitem', { name: /Transmission Control Protocol/ }).click()
    await page.keyboard.press('ArrowRight')
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
    await using opened = await open()
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

  it('tells of the conversation that is chosen, also after a packet of another', async () => {
    await using opened = await open('sample=loss-episode')
    const { page } = opened
    const screen = new Screen(page)
    await screen.read()
    const tab = screen.inspector.getByRole('tab', { name: /^Conversation/ })
    await screen.rows(screen.packets).first().click()
    await expect.poll(() => tab.innerText()).toMatch(/tcp \d+/)
    const about = /tcp \d+/.exec(await tab.innerText())?.[0]
    const streams = await screen.column(screen.conversations, 'stream')
    const other = streams.findIndex((stream) => stream !== about)
    await screen.rows(screen.conversations).nth(other).click()
    await expect.poll(() => tab.innerText()).toContain(streams[other])
    expect(await tab.getAttribute('aria-selected')).toBe('true')
  })

  it('goes from a bar of a lane to its first packet', async () => {
    await using opened = await open('sample=idle-resets')
    const { page } = opened
    const screen = new Screen(page)
    await screen.read()
    await screen.counts(screen.packets, sample('idle-resets').packets)
    const { x, y } = await firstMark(page, 'resets')
    await page.mouse.click(x, y)
    const selected = screen.packets.locator('[aria-selected=true]')
    await expect.poll(() => selected.getAttribute('class')).toContain('tone-reset')
  })

  it('goes from the mark of a finding to the finding and its packet, also where nothing of it is TCP', async () => {
    await using opened = await open('sample=dns-5s')
    const { page } = opened
    const screen = new Screen(page)
    await screen.read()
    const count = page.locator('[data-lane=findings] .number')
    await expect.poll(() => count.innerText()).toBe('1')
    const { x, y } = await firstMark(page, 'findings')
    await page.mouse.move(x, y)
    await page.locator('.timeline-tip').getByText('Name lookups that stall for five seconds').waitFor()
    await page.mouse.click(x, y)
    await page.getByRole('tab', { name: /Findings/, selected: true }).waitFor()
    const selected = screen.packets.locator('[aria-selected=true] [data-column=info]')
    await expect.poll(() => selected.innerText()).toMatch(/^Standard query /)
    // Before the first of them there was none.
    await page.mouse.move(x - 20, y)
    await expect.poll(() => count.innerText()).toBe('0')
  })

  it('says what is not listed of hundreds of findings, and searches those that are', async () => {
    await using opened = await open()
    const { page, complaints } = opened
    await dropFile(page, 'refused-servers.pcapng', refusedServers(70))
    const options = page.getByRole('listbox', { name: 'Findings' }).getByRole('option')
    const lane = page.locator('[data-lane=findings] .number')
    await page.getByText('70 troubles, the costliest 50 listed').waitFor()
    await page.getByRole('tab', { name: 'Findings 70' }).waitFor()
    await expect.poll(() => lane.innerText()).toBe('50+')
    const [first] = await options.allInnerTexts()
    const port = /:(80\d\d)/.exec(first ?? '')?.[1] ?? 'no port'

    await page.getByRole('searchbox', { name: 'Search findings' }).fill(`refused ${port}`)
    await expect.poll(() => options.count()).toBe(1)
    await expect.poll(() => lane.innerText()).toBe('1+')
    await page.getByText('1 of 70 troubles').waitFor()
    // Where the search is not seen, it hides nothing.
    await page.getByRole('tab', { name: 'Conversations' }).click()
    await expect.poll(() => lane.innerText()).toBe('50+')

    await page.keyboard.press('d')
    await page.getByRole('searchbox', { name: 'Search findings' }).fill('nothing of the kind')
    await page.getByRole('button', { name: 'Show all' }).click()
    await expect.poll(() => options.count()).toBe(50)

    // Of so many, a comparison shows a few, so that its numbers are not far below; the others are read on from there.
    await page.keyboard.press('b')
    const only = page.getByRole('group', { name: 'Comparison' }).locator('section').first()
    const entries = only.getByRole('listitem')
    await entries.first().waitFor()
    expect(await entries.count()).toBe(8)
    await only.getByRole('button', { name: /^Show \d+ more$/ }).press('Enter')
    await entries.nth(8).and(page.locator(':focus')).waitFor()
    expect(complaints).toEqual([])
  })

  it('tells resets from losses', async () => {
    await using opened = await open()
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

/** Where the first mark of a lane is on screen: the first column in it that is neither line nor text. */
async function firstMark(page: Page, lane: string): Promise<{ readonly x: number; readonly y: number }> {
  const gutter = await page.locator(`[data-lane=${lane}]`).boundingBox()
  const { timeAxis } = new Screen(page)
  const axis = await timeAxis.boundingBox()
  if (!gutter || !axis) throw new Error('the lane is not on screen')
  const y = gutter.y + gutter.height - (lane === 'findings' ? Math.round(gutter.height / 2) : 3)
  let x = -1
  const look = () =>
    timeAxis.locator('canvas').evaluate(
      (element, at) => {
        if (!(element instanceof HTMLCanvasElement)) return -1
        const { data } = element.getContext('2d')?.getImageData(0, at, element.width, 1) ?? { data: [] }
        for (let i = 0; i < data.length; i += 4) {
          if (data[i + 3] === 255 && Math.max(data[i], data[i + 2]) - data[i + 1] > 60) return i / 4
        }
        return -1
      },
      Math.round(y - axis.y),
    )
  await expect.poll(async () => (x = await look())).toBeGreaterThan(0)
  return { x: axis.x + x, y }
}
