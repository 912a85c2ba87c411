import { readFile } from 'node:fs/promises'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { appInBrowser } from './support/app-in-browser.ts'
import { findings } from './support/axe.ts'
import { takePicture, type OpenPage } from './support/browser.ts'
import { Screen } from './support/screen.ts'

const { open } = appInBrowser()

/** The page at `search`, read to its end. */
async function look(search: string, options?: BrowserContextOptions): Promise<OpenPage & { screen: Screen }> {
  const opened = await open(search, options)
  const screen = new Screen(opened.page)
  await screen.status.waitFor()
  await opened.page.getByRole('progressbar').waitFor({ state: 'detached' })
  return { ...opened, screen, [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() }
}

const lines = (page: Page) => page.getByRole('grid', { name: 'Lines of the stream' })
const parameter = (page: Page, name: string) =>
  page.evaluate((key) => new URLSearchParams(location.search).get(key), name)

describe('following a stream', () => {
  it('shows what both ends said, finds a text in it, and leads to the packet', async () => {
    await using opened = await look('sample=loss-episode&conversation=1')
    const { page, screen, complaints } = opened
    await screen.packets.waitFor()
    await page.keyboard.press('f')
    const grid = lines(page)
    await grid.waitFor()
    await expect.poll(() => screen.count(grid)).toBeGreaterThan(300)
    const first = grid.locator('.grid-body-row').first()
    expect(await first.innerText()).toMatch(/GET \/orders\?items=13 HTTP\/1\.1/)
    expect(await first.getAttribute('class')).toContain('from-client')
    await grid.press('PageDown')
    await grid.press('PageDown')
    await grid.getByText('cut off by the snap length').first().waitFor()

    const search = page.getByRole('searchbox', { name: 'Find in the stream' })
    await search.fill('items=1')
    await expect.poll(() => page.locator('.follow-found').innerText()).toMatch(/^1 of \d+$/)
    await grid.locator('mark.now').waitFor()
    expect(await grid.locator('mark.now').innerText()).toBe('items=1')
    const line = grid.locator('.grid-body-row', { has: page.locator('mark.now') })
    const at = await line.locator('[data-column=packet]').innerText()
    await expect.poll(() => parameter(page, 'frame')).toBe(at)
    await search.press('Enter')
    await expect.poll(() => page.locator('.follow-found').innerText()).toMatch(/^2 of \d+$/)
    await expect.poll(() => parameter(page, 'frame')).not.toBe(at)
    await search.press('Shift+Enter')
    await expect.poll(() => parameter(page, 'frame')).toBe(at)

    // The packet is the one in the list as well.
    await page.getByRole('tab', { name: 'Packets' }).click()
    await expect.poll(() => screen.packets.locator('[aria-selected=true] [data-column=number]').innerText()).toBe(at)
    expect(complaints).toEqual([])
  })

  it('shows one side as a hex dump, finds bytes, and saves them', async () => {
    await using opened = await look('sample=loss-episode&conversation=1&detail=follow')
    const { page, screen } = opened
    await page.getByRole('button', { name: 'Client', exact: true }).click()
    await page.getByRole('button', { name: 'Hex dump' }).click()
    const grid = lines(page)
    // 12,612 bytes of 16 a line, in one go as the other side is left out.
    await screen.counts(grid, Math.ceil(12_612 / 16))
    expect(await grid.locator('.grid-body-row').nth(1).innerText()).toContain('00000010')
    await page.getByRole('searchbox').fill('0x0d0a0d0a')
    await expect.poll(() => page.locator('.follow-found').innerText()).toMatch(/^1 of \d+$/)

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save the bytes as a file' }).click(),
    ])
    expect(download.suggestedFilename()).toBe('tcp-1-client.bin')
    const saved = await readFile(await download.path())
    expect(saved.length).toBe(12_612)
    expect(saved.toString('latin1', 0, 29)).toBe('GET /orders?items=13 HTTP/1.1')
  })

  it('says why there is nothing to follow', async () => {
    await using opened = await look('sample=dns-5s&list=conversations&sort=id&detail=follow')
    const { page } = opened
    await page.getByText('No conversation is chosen').waitFor()
    await page.locator('[data-grid=conversations]').getByText('eth', { exact: false }).first().click()
    await page.getByText('Nothing to follow').waitFor()
    // What had the focus goes with the conversation: the keys go on in the list of those that are left.
    await page.locator('[data-grid=stream]').focus()
    await page.keyboard.press('Escape')
    await page.locator('[data-grid=conversations]:focus').waitFor()
  })
})

describe('the time-sequence graph', () => {
  it('is of the conversation that the cursor is at, also before one is chosen', async () => {
    await using opened = await look('sample=loss-episode&list=conversations&sort=id')
    const { page } = opened
    await page.locator('[data-grid=conversations] .grid-body-row').nth(1).waitFor()
    await page.locator('[data-grid=conversations]').focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('g')
    await page.getByRole('application', { name: 'Time-sequence graph' }).waitFor()
    expect(await parameter(page, 'conversation')).toBe('1')
  })

  it('begins with the direction in which more was sent again, though less went that way', async () => {
    await using opened = await look('sample=loss-episode&conversation=0&detail=graph')
    await opened.page.getByRole('button', { name: 'client to server' }).waitFor()
    await opened.page.locator('.conversation-bar').getByText('time-out').waitFor()
  })

  it('is zoomed by wheel and keys, and leads to packets', async () => {
    await using opened = await look('sample=loss-episode&conversation=4')
    const { page, screen, complaints } = opened
    await screen.packets.waitFor()
    await page.keyboard.press('g')
    const plot = page.getByRole('application', { name: 'Time-sequence graph' })
    await plot.waitFor()
    await page.getByText('tail loss probe').waitFor()
    await expect.poll(() => plot.evaluate((element) => element === document.activeElement)).toBe(true)
    await takePicture(page, 'graph')

    await page.keyboard.press('ArrowRight')
    await expect.poll(() => parameter(page, 'frame')).not.toBeNull()
    const first = Number(await parameter(page, 'frame'))
    await page.keyboard.press('ArrowRight')
    await expect.poll(async () => Number(await parameter(page, 'frame'))).toBeGreaterThan(first)
    await page.keyboard.press('ArrowUp')
    await expect.poll(() => parameter(page, 'span')).toMatch(/~/)
    await page.getByRole('button', { name: /of 32\.\d s/ }).waitFor()
    await page.keyboard.press('0')
    await expect.poll(() => parameter(page, 'span')).toBeNull()

    const box = await plot.boundingBox()
    if (!box) throw new Error('the graph is not on screen')
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 4)
    await page.mouse.wheel(0, -400)
    await expect.poll(() => parameter(page, 'span')).toMatch(/~/)
    await page.locator('.graph-tip').waitFor()
    await page.keyboard.press('d')
    await expect.poll(() => parameter(page, 'side')).toBe('client')
    await page.getByRole('button', { name: /client to server/ }).waitFor()
    expect(complaints).toEqual([])
  })

  it('shows the direction of the trouble that is selected', async () => {
    await using opened = await look('sample=loss-episode&frame=1034')
    const { page, screen, complaints } = opened
    await screen.packets.locator('[aria-selected=true]').waitFor()
    await page.keyboard.press('g')
    await page.getByRole('button', { name: 'client to server' }).waitFor()
    await page.locator('.graph-legend').getByText('time-out').waitFor()
    expect(complaints).toEqual([])
  })

  it('draws what was sent again in the colour of its label', async () => {
    await using opened = await look(
      'sample=loss-episode&conversation=4&detail=graph&side=server&plot=sequence&span=14~18',
    )
    const { page } = opened
    await page.getByText('fast retransmission').waitFor()
    // The status bar is about the conversation here as well.
    await page.getByTestId('shown').getByText('472 of 2,162 packets shown').waitFor()
    const canvas = page.locator('.graph-plot canvas')
    // --loss of the light theme is #c42b2b.
    const reds = () =>
      canvas.evaluate((element) => {
        if (!(element instanceof HTMLCanvasElement)) return 0
        const { data } = element.getContext('2d')?.getImageData(0, 0, element.width, element.height) ?? { data: [] }
        let count = 0
        for (let i = 0; i < data.length; i += 4) {
          if (data[i] === 0xc4 && data[i + 1] === 0x2b && data[i + 2] === 0x2b) count++
        }
        return count
      })
    await expect.poll(reds).toBeGreaterThan(20)
  })

  it('has round trips by timestamps beside those by ACKs', async () => {
    await using opened = await look('sample=loss-episode&conversation=4&plot=rtt')
    const { page, screen, complaints } = opened
    await screen.packets.waitFor()
    await page.keyboard.press('g')
    await page.getByText('by timestamps').waitFor()
    await page.getByText('to the ACK').waitFor()
    await takePicture(page, 'graph-round-trips')
    expect(complaints).toEqual([])
  })

  it('says that only TCP has one', async () => {
    await using opened = await look('sample=dns-5s&conversation=2&detail=graph')
    await opened.page.getByText('No sequence numbers').waitFor()
  })
})

describe('the ladder', () => {
  it('breaks the arrow of what was lost, and selects by key', async () => {
    await using opened = await look('sample=loss-episode&conversation=4')
    const { page, screen, complaints } = opened
    await screen.packets.waitFor()
    await page.keyboard.press('Shift+G')
    const ladder = page.getByRole('grid', { name: 'Ladder' })
    await ladder.waitFor()
    await expect.poll(() => screen.count(ladder)).toBe(472)
    await screen.applyFilter('frame.number >= 1205 && frame.number <= 1225')
    await expect.poll(() => screen.count(ladder)).toBeLessThan(22)
    await ladder.locator('.broken').getByText('lost, sent again as 1221').waitFor()
    await ladder
      .getByText(/of silence/)
      .first()
      .waitFor()
    await page.keyboard.press('Escape')
    await page.keyboard.press('Home')
    await expect.poll(() => parameter(page, 'frame')).not.toBeNull()
    const first = Number(await parameter(page, 'frame'))
    await page.keyboard.press('ArrowDown')
    await expect.poll(async () => Number(await parameter(page, 'frame'))).toBeGreaterThan(first)
    expect(complaints).toEqual([])
  })

  it('is reached from the menus of packets and conversations', async () => {
    await using opened = await look('sample=loss-episode&list=conversations')
    const { page, screen } = opened
    await screen.packets.waitFor()
    await screen.rows(screen.packets).first().click({ button: 'right' })
    await page.getByRole('menuitem', { name: 'Flow graph (ladder)' }).click()
    await page.getByRole('grid', { name: 'Ladder' }).waitFor()
    expect(await parameter(page, 'conversation')).not.toBeNull()
    await screen.rows(screen.conversations).first().click({ button: 'right' })
    await page.getByRole('menuitem', { name: 'Follow stream' }).click()
    await lines(page).waitFor()
  })
})

describe('names of addresses', () => {
  it('are those of the file, of DNS answers and of hosts files, as long as they are wanted', async () => {
    await using opened = await look('sample=dns-5s&filter=tcp')
    const { page, screen, complaints } = opened
    await screen.packets.waitFor()
    const cell = screen.rows(screen.packets).first().locator('[data-column=destination]')
    await expect.poll(() => cell.innerText()).toBe('orders.shop.svc.cluster.local')
    expect(await cell.locator('.address').getAttribute('title')).toBe(
      'orders.shop.svc.cluster.local: 10.96.31.10, named by a DNS answer in the capture',
    )

    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      (async () => {
        await page.keyboard.press('Control+k')
        await page.keyboard.type('hosts file')
        await page.keyboard.press('Enter')
      })(),
    ])
    await chooser.setFiles({ name: 'hosts', mimeType: 'text/plain', buffer: Buffer.from('10.96.31.10 my-orders\n') })
    await expect.poll(() => cell.innerText()).toBe('my-orders')
    await page.reload()
    await expect.poll(() => cell.innerText()).toBe('my-orders')

    // The filter is about addresses, whatever is shown.
    await screen.packets.focus()
    await page.keyboard.press('r')
    await expect.poll(() => cell.innerText()).toBe('10.96.31.10')
    await screen.applyFilter('tcp && ip.dst == 10.96.31.10')
    await expect.poll(() => cell.innerText()).toBe('10.96.31.10')
    expect(complaints).toEqual([])
  })

  it('are those of pods where the capture knows them', async () => {
    await using opened = await look('sample=loss-episode&list=conversations')
    const { screen } = opened
    await screen.conversations.waitFor()
    const end = screen.rows(screen.conversations).first().locator('[data-column=a]')
    await expect.poll(() => end.textContent()).toMatch(/^checkout-7d9f6c5b8-xk2lp\.shop:\d+$/)
  })
})

describe('the packet list', () => {
  it('is sorted by the head of a column, back and forth, and as the URL says', async () => {
    await using opened = await look('sample=loss-episode&filter=tcp.analysis.retransmission')
    const { page, screen, complaints } = opened
    await screen.packets.waitFor()
    await expect.poll(() => screen.count(screen.packets)).toBeLessThan(500)
    const shown = async () => (await screen.column(screen.packets, 'length')).map(Number)
    const asCaptured = await shown()
    const head = page.getByRole('columnheader', { name: 'Length' })
    await head.getByRole('button').click()
    await expect.poll(() => head.getAttribute('aria-sort')).toBe('ascending')
    await expect.poll(async () => (await shown()).every((length, i, all) => i === 0 || all[i - 1] <= length)).toBe(true)
    await head.getByRole('button').click()
    await expect.poll(() => parameter(page, 'order')).toBe('-length')
    await expect.poll(async () => (await shown()).every((length, i, all) => i === 0 || all[i - 1] >= length)).toBe(true)

    // The selected packet keeps its place when the order changes.
    await screen.rows(screen.packets).first().click()
    const number = () => screen.packets.locator('[aria-selected=true] [data-column=number]').innerText()
    const chosen = await number()
    await expect.poll(() => parameter(page, 'frame')).toBe(chosen)
    await page.reload()
    await expect.poll(number).toBe(chosen)
    await page.keyboard.press('Control+k')
    await page.keyboard.type('order of the file')
    await page.keyboard.press('Enter')
    await expect.poll(() => parameter(page, 'order')).toBeNull()
    await expect.poll(number).toBe(chosen)
    await screen.packets.press('Home')
    await expect.poll(shown).toEqual(asCaptured)
    expect(complaints).toEqual([])
  })
})

describe.each(['light', 'dark'] as const)('looking closely, %s', (colorScheme) => {
  it.each(['graph', 'ladder', 'follow'])('has nothing serious for axe to find: %s', async (detail) => {
    await using opened = await look(`sample=loss-episode&conversation=4&detail=${detail}&frame=1210`, { colorScheme })
    const { page } = opened
    await page.getByRole('tab', { name: /Graph|Ladder|Follow/, selected: true }).waitFor()
    await page
      .locator('[data-grid=stream] .grid-body-row, [data-grid=ladder] .arrow, .graph-legend span')
      .first()
      .waitFor()
    expect(await findings(page)).toEqual([])
  })
})
