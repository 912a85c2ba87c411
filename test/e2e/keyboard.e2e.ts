import { describe, expect, it } from 'vitest'
import { sample } from './support/app.ts'
import { appInBrowser } from './support/app-in-browser.ts'
import { Screen } from './support/screen.ts'

const { packets: PACKETS } = sample('loss-episode')

const { open } = appInBrowser()

describe('without a mouse', () => {
  it('keeps the conversation that a click has chosen when Enter is pressed on it', async () => {
    await using opened = await open('sample=loss-episode&list=conversations')
    const { page } = opened
    const screen = new Screen(page)
    await screen.read()
    const chosen = () => page.evaluate(() => new URLSearchParams(location.search).get('conversation'))
    const selected = screen.conversations.locator('[aria-selected=true]')

    await screen.rows(screen.conversations).nth(1).click()
    await selected.waitFor()
    const clicked = await chosen()
    expect(clicked).toMatch(/^\d+$/)
    await page.keyboard.press('Enter')
    // Keys are taken in turn: with the next one's effect, Enter's is there.
    await page.keyboard.press('ArrowDown')
    await expect.poll(() => selected.getAttribute('aria-rowindex')).toBe('4')
    expect(await chosen()).toBe(clicked)
    await page.keyboard.press('Enter')
    await expect.poll(chosen).not.toBe(clicked)
    expect(await chosen()).toMatch(/^\d+$/)
  })

  it('finds the worst conversation, its first retransmission, and the field that says so', async () => {
    await using opened = await open()
    const { page } = opened
    const screen = new Screen(page)
    const { keyboard } = page

    await page.getByRole('button', { name: /Four seconds of packet loss/ }).focus()
    await keyboard.press('Enter')
    await screen.read()

    await keyboard.press('w')
    await expect.poll(() => screen.count(screen.packets)).toBeLessThan(PACKETS)
    await keyboard.press('n')
    const selected = screen.packets.locator('[aria-selected=true]')
    await expect.poll(() => selected.locator('[data-column=number]').innerText()).toMatch(/^\d+$/)
    const first = await selected.locator('[data-column=number]').innerText()
    await keyboard.press('n')
    await expect
      .poll(() => selected.locator('[data-column=number]').innerText())
      .toSatisfy((now) => now !== '' && now !== first)
    await keyboard.press('p')
    await expect.poll(() => selected.locator('[data-column=number]').innerText()).toBe(first)

    await keyboard.press('4')
    const line = page.getByRole('tree').locator('[aria-selected=true]')
    await expect.poll(() => line.count()).toBe(1)
    await keyboard.press('Home')
    while (!(await line.innerText()).startsWith('Frame')) await keyboard.press('ArrowDown')
    await keyboard.press('ArrowRight')
    await keyboard.press('ArrowDown')
    expect(await line.getAttribute('aria-level')).toBe('2')
    await keyboard.press('ArrowLeft')
    expect(await line.getAttribute('aria-level')).toBe('1')

    // Out of the packet first, then to all packets.
    await keyboard.press('Escape')
    await page.locator('[data-grid=conversations]:focus').waitFor()
    expect(await screen.count(screen.packets)).toBeLessThan(PACKETS)
    await keyboard.press('Escape')
    await screen.counts(screen.packets, PACKETS)
  })

  it('goes on in the pane whose tab was clicked, and from tab to tab by arrow keys', async () => {
    await using opened = await open('sample=loss-episode')
    const { page } = opened
    const screen = new Screen(page)
    await screen.read()
    const grid = () => page.evaluate(() => document.activeElement?.getAttribute('data-grid'))
    const click = (name: string) => page.getByRole('tab', { name, exact: false }).first().click()
    for (const name of ['Latency', 'Findings', 'Conversations', 'Compare', 'Notes']) {
      await click(name)
      await expect.poll(grid).toBe(name.toLowerCase())
    }
    await click('Conversations')
    await screen.rows(screen.conversations).first().click()
    for (const [name, id] of [
      ['Ladder', 'ladder'],
      ['Follow stream', 'stream'],
      ['Packets', 'packets'],
    ] as const) {
      await click('Conversations')
      await click(name)
      await expect.poll(grid).toBe(id)
    }

    await page.getByRole('tab', { name: 'Conversations' }).focus()
    await page.keyboard.press('ArrowRight')
    const selected = page.getByRole('tab', { name: 'Latency', selected: true })
    await expect.poll(() => selected.evaluate((element) => element === document.activeElement)).toBe(true)
  })

  it('selects the text of a finding with Ctrl+A, and none where lists or what is ticked have the focus', async () => {
    await using opened = await open('sample=loss-episode')
    const { page } = opened
    const screen = new Screen(page)
    await screen.read()
    const chosen = () => page.evaluate(() => getSelection()?.toString() ?? '')
    await screen.packets.focus()
    await page.keyboard.press('Control+a')
    expect(await chosen()).toBe('')
    await page.keyboard.press('d')
    await page.getByRole('article').focus()
    await page.keyboard.press('Control+a')
    expect(await chosen()).toMatch(/^Packet loss, paid with time-outs[^]*Described in/)
    await page.evaluate(() => getSelection()?.removeAllRanges())
    await page.keyboard.press('m')
    const dialog = page.getByRole('dialog', { name: 'Add a note' })
    await dialog.getByRole('radio').first().focus()
    await page.keyboard.press('Control+a')
    expect(await chosen()).toBe('')
  })

  it('copies the conversation or the finding that the cursor is at', async () => {
    await using opened = await open('sample=loss-episode')
    const { page } = opened
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    const screen = new Screen(page)
    await screen.read()
    const copied = () => page.evaluate(() => navigator.clipboard.readText())
    await page.keyboard.press('v')
    await page.keyboard.press('ArrowDown')
    await screen.conversations.locator('[aria-selected=true]').waitFor()
    await page.keyboard.press('Control+c')
    await expect.poll(copied).toMatch(/^tcp \d+\t[\d.]+:\d+\t[\d.]+:\d+\t\w+\t[\d,]+ packets\t.*\tlost /)
    await page.keyboard.press('d')
    await page.locator('[data-grid=findings]:focus').waitFor()
    await page.keyboard.press('Control+c')
    await expect.poll(copied).toMatch(/^Packet loss, paid with time-outs: [^]*\nDescribed in: http/)
  })

  it('types a filter, sees what is wrong with it, completes and applies it', async () => {
    await using opened = await open('sample=loss-episode')
    const { page } = opened
    const screen = new Screen(page)
    const { keyboard } = page
    await screen.read()

    await keyboard.press('/')
    await keyboard.type('tcp.analysis.retransmission &&')
    await expect.poll(() => screen.filter.getAttribute('aria-invalid')).toBe('true')
    await keyboard.press('Enter')
    expect(new URL(page.url()).searchParams.has('filter')).toBe(false)

    await keyboard.press('Control+a')
    await keyboard.type('tcp.analysis.retr')
    await page.getByRole('option', { name: /^tcp\.analysis\.retransmission/ }).waitFor()
    // Those of the text before can't be chosen.
    await page.locator('[role=listbox][aria-busy=false]').waitFor()
    await keyboard.press('ArrowDown')
    await keyboard.press('Tab')
    expect(await screen.filter.inputValue()).toBe('tcp.analysis.retransmission')
    await expect.poll(() => screen.filter.getAttribute('aria-invalid')).toBe('false')
    await keyboard.press('Enter')
    await expect.poll(() => screen.count(screen.packets)).toBeLessThan(500)

    // What was typed and not applied is taken back; then the focus goes on to the packets.
    await keyboard.type(' and more')
    await keyboard.press('Escape')
    await keyboard.press('Escape')
    expect(await screen.filter.inputValue()).toBe('tcp.analysis.retransmission')
    await keyboard.press('Escape')
    expect(await screen.packets.evaluate((element) => element === document.activeElement)).toBe(true)
    await keyboard.press('Shift+Escape')
    await screen.counts(screen.packets, PACKETS)
  })

  it('keeps what is typed while the capture is being opened, and types it then', async () => {
    await using opened = await open()
    const { page } = opened
    const screen = new Screen(page)
    const { keyboard } = page
    const typed = Promise.withResolvers<void>()
    await page.context().route(/engine-worker/, async (route) => {
      await typed.promise
      await route.continue()
    })
    await page.reload()
    await page.getByRole('button', { name: /Four seconds of packet loss/ }).focus()
    await keyboard.press('Enter')
    await page.locator('.work').waitFor({ state: 'attached' })
    expect(await screen.packets.count()).toBe(0)
    await keyboard.type('/tcp.analysis.retransmissionX')
    await keyboard.press('Backspace')
    await keyboard.press('Enter')
    typed.resolve()
    await expect.poll(() => new URL(page.url()).searchParams.get('filter')).toBe('tcp.analysis.retransmission')
    expect(await screen.filter.inputValue()).toBe('tcp.analysis.retransmission')
    expect(opened.complaints).toEqual([])
  })

  it('moves through the lists to their ends', async () => {
    await using opened = await open('sample=loss-episode')
    const { page } = opened
    const screen = new Screen(page)
    const { keyboard } = page
    await screen.read()
    const number = () => screen.packets.locator('[aria-selected=true] [data-column=number]').innerText()
    await keyboard.press('3')
    await keyboard.press('End')
    await expect.poll(number).toBe(String(PACKETS))
    await keyboard.press('ArrowUp')
    await expect.poll(number).toBe(String(PACKETS - 1))
    await keyboard.press('PageUp')
    await expect.poll(async () => Number(await number())).toBeLessThan(PACKETS - 1)
    await keyboard.press('Home')
    await expect.poll(number).toBe('1')

    await keyboard.press('Shift+F10')
    const menu = page.getByRole('menu')
    await menu.waitFor()
    await keyboard.press('Enter')
    await page.getByRole('button', { name: 'Show all conversations' }).waitFor()
    await menu.waitFor({ state: 'detached' })
  })

  it('selects time with the arrow keys and zooms into it', async () => {
    await using opened = await open('sample=loss-episode')
    const { page } = opened
    const screen = new Screen(page)
    const { keyboard } = page
    await screen.read()
    await keyboard.press('1')
    for (let i = 0; i < 10; i++) await keyboard.press('Shift+ArrowRight')
    await expect.poll(() => screen.count(screen.packets)).toBeLessThan(PACKETS)
    expect(await screen.timeAxis.getAttribute('aria-valuetext')).toMatch(/^\d+\.\d{3} seconds, \d/)
    await keyboard.press('Enter')
    await page.locator('.overview').waitFor()
    await keyboard.press('0')
    await page.locator('.overview').waitFor({ state: 'detached' })
  })

  it('begins with the first row, and where no conversation is chosen with the worst', async () => {
    await using opened = await open('sample=loss-episode')
    const { page } = opened
    const screen = new Screen(page)
    const { keyboard } = page
    await screen.read()
    await keyboard.press('g')
    await page.getByRole('button', { name: 'Show the worst conversation' }).and(page.locator(':focus')).waitFor()
    await keyboard.press('Enter')
    const plot = page.locator('.graph-plot')
    await plot.waitFor()
    const height = async () => (await plot.boundingBox())?.height ?? 0
    const before = await height()
    await keyboard.press('x')
    await expect.poll(height).toBeGreaterThan(before * 1.5)
    await keyboard.press('x')
    await expect.poll(height).toBeLessThan(before * 1.1)
    await page.getByRole('button', { name: 'Most of the height' }).press('Enter')
    await expect.poll(height).toBeGreaterThan(before * 1.5)
    await page.getByRole('button', { name: 'Most of the height' }).press('Enter')
    await expect.poll(height).toBeLessThan(before * 1.1)
    await page.getByRole('button', { name: 'Show all conversations' }).click()
    await screen.conversations.focus()
    await keyboard.press('Enter')
    await page.getByRole('button', { name: 'Show all conversations' }).waitFor()
  })

  it('goes to a packet by its number, and finds the next that matches without hiding the others', async () => {
    await using opened = await open('sample=loss-episode')
    const { page } = opened
    const screen = new Screen(page)
    const { keyboard } = page
    await screen.read()
    const selected = screen.packets.locator('[aria-selected=true]')
    const number = () => selected.locator('[data-column=number]').innerText()

    await keyboard.press('Control+g')
    const field = page.getByRole('textbox', { name: 'Number of the packet' })
    await field.fill(String(PACKETS + 1))
    await page.getByText(/The packets here have the numbers 1 to/).waitFor()
    await keyboard.press('Enter')
    await field.fill('1,00')
    await keyboard.press('Enter')
    await expect.poll(number).toBe('100')

    await keyboard.press('/')
    await keyboard.type('tcp.analysis.retransmission')
    await keyboard.press('Shift+Enter')
    await expect.poll(async () => Number(await number())).toBeGreaterThan(100)
    const found = await number()
    expect(await screen.count(screen.packets)).toBe(PACKETS)
    expect(new URL(page.url()).searchParams.has('filter')).toBe(false)
    await keyboard.press('F3')
    await expect.poll(async () => Number(await number())).toBeGreaterThan(Number(found))
    await keyboard.press('Shift+F3')
    await expect.poll(number).toBe(found)

    await keyboard.press('Escape')
    await keyboard.press('Escape')
    await page.locator('[data-grid=packets]:focus').waitFor()
    await keyboard.press('Shift+T')
    await expect.poll(() => selected.locator('[data-column=time]').innerText()).toBe('0.000000')
    await keyboard.press('ArrowUp')
    await expect.poll(() => selected.locator('[data-column=time]').innerText()).toMatch(/^-0\./)
    await keyboard.press('ArrowDown')
    await expect.poll(number).toBe(found)
    await keyboard.press('Shift+T')
    await expect.poll(() => selected.locator('[data-column=time]').innerText()).toMatch(/^\d+\.\d+[1-9]\d*$/)
    expect(opened.complaints).toEqual([])
  })

  it('opens the first packet into its layers, and keeps the arrow keys there', async () => {
    await using opened = await open('sample=loss-episode')
    const { page } = opened
    const screen = new Screen(page)
    await screen.read()
    await screen.packets.focus()
    await page.keyboard.press('Enter')
    await page.locator('[role=tree]:focus').waitFor()
    await page.keyboard.press('ArrowDown')
    const layer = page.getByRole('treeitem', { selected: true })
    await expect.poll(() => layer.innerText()).toMatch(/^Ethernet II/)
    expect(await screen.inspector.getByRole('tab', { selected: true }).innerText()).toMatch(/^Packet/)
  })

  it('shows the protocol hierarchy by its name in Wireshark, and filters on a part of it', async () => {
    await using opened = await open('sample=vxlan-nodes')
    const { page } = opened
    const screen = new Screen(page)
    await screen.read()
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'Command' }).fill('protocol hierarchy')
    await page.getByRole('option', { name: /Protocols of the capture/ }).waitFor()
    await page.keyboard.press('Enter')
    const protocols = page.locator('.about-protocols').getByRole('button')
    const inner = protocols.filter({ hasText: /^tcp/ }).first()
    await protocols.filter({ hasText: /^eth/ }).first().and(page.locator(':focus')).waitFor()
    const packets = Number(await inner.locator('.number').innerText())
    await inner.press('Enter')
    await screen.counts(screen.packets, packets)
    expect(new URL(page.url()).searchParams.get('filter')).toBe('ip && udp && vxlan && eth && tcp')
    expect(opened.complaints).toEqual([])
  })

  it('proposes addresses by their names', async () => {
    await using opened = await open('sample=loss-episode')
    const { page } = opened
    const screen = new Screen(page)
    await screen.read()
    await screen.filter.fill('orders-1')
    await page.getByRole('option', { name: /ip\.addr == 10\.244\.2\.22.*orders-1\.orders\.shop/ }).click()
    expect(await screen.filter.inputValue()).toBe('ip.addr == 10.244.2.22')
    expect(opened.complaints).toEqual([])
  })

  it('tells a cut cell in full to the pointer', async () => {
    await using opened = await open('sample=loss-episode')
    const screen = new Screen(opened.page)
    await screen.read()
    const cell = screen.rows(screen.packets).first().locator('[data-column=info]')
    await cell.hover()
    const text = await cell.innerText()
    expect(text).toMatch(/WS=1024$/)
    await expect.poll(() => cell.getAttribute('title')).toBe(text)
  })

  it('makes filters of a field of a packet', async () => {
    await using opened = await open('sample=loss-episode&frame=1')
    const { page } = opened
    const screen = new Screen(page)
    const { keyboard } = page
    await screen.read()
    await page.getByRole('treeitem', { name: 'Destination Port: 8080' }).click()
    await keyboard.press('Shift+F10')
    await page.getByRole('menuitem', { name: 'Filter it out' }).click()
    await expect.poll(() => new URL(page.url()).searchParams.get('filter')).toBe('!(tcp.dstport == 8080)')
    await expect.poll(() => screen.count(screen.packets)).toBeLessThan(PACKETS)

    await page.getByRole('treeitem', { name: 'Source Port: 44142' }).click()
    await keyboard.press('Shift+F10')
    await page.getByRole('menuitem', { name: 'Prepare as filter' }).click()
    await page.getByRole('combobox', { name: 'Display filter' }).and(page.locator(':focus')).waitFor()
    expect(await screen.filter.inputValue()).toBe('!(tcp.dstport == 8080) && tcp.srcport == 44142')
    expect(new URL(page.url()).searchParams.get('filter')).toBe('!(tcp.dstport == 8080)')

    // Back, a step at a time: what was not applied, then to the packets, then what was.
    await keyboard.press('Escape')
    await expect.poll(() => screen.filter.inputValue()).toBe('!(tcp.dstport == 8080)')
    await keyboard.press('Escape')
    await page.locator('[data-grid=packets]:focus').waitFor()
    await keyboard.press('Escape')
    await screen.counts(screen.packets, PACKETS)
    expect(opened.complaints).toEqual([])
  })

  it('lists no keys of what is not there', async () => {
    await using opened = await open()
    const { page } = opened
    await page.getByRole('heading', { name: 'Samples' }).waitFor()
    await page.keyboard.press('?')
    const keys = page.getByRole('dialog', { name: 'Keys', exact: true })
    await keys.getByText('Clocks: local time, UTC').waitFor()
    expect(await keys.getByText('On the time axis').count()).toBe(0)
    expect(await keys.getByText('Colours of packets').count()).toBe(0)
    await page.keyboard.press('Escape')
    await page.keyboard.press('Alt+k')
    await page.getByText('No cluster is known').waitFor()
    await page.keyboard.press('?')
    await keys.getByText('Add to what is captured, or take off').waitFor()
  })

  it('lists its keys and runs commands by name', async () => {
    await using opened = await open('sample=loss-episode')
    const { page } = opened
    const screen = new Screen(page)
    const { keyboard } = page
    await screen.read()
    await screen.packets.focus()
    await keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keys' }).getByText('Worst conversation').waitFor()
    await keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.locator('[data-grid=packets]:focus').waitFor()
    await keyboard.press('Control+k')
    await keyboard.type('worst')
    await keyboard.press('Enter')
    await page.getByRole('button', { name: 'Show all conversations' }).waitFor()
    // By the name it has in Wireshark.
    await keyboard.press('Control+k')
    await keyboard.type('expert information')
    await page.getByRole('option', { name: 'Findings' }).waitFor()
    await keyboard.press('Enter')
    await page.locator('[data-grid=findings]:focus-within').waitFor()
  })
})
