import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { PcapngWriter } from '../../engine/capture-file/pcapng-writer.ts'
import { sample, startApp } from './support/app.ts'
import { appInBrowser } from './support/app-in-browser.ts'
import { dropFile, openPage } from './support/browser.ts'
import { Screen } from './support/screen.ts'
import { openTunnel } from './support/tunnel.ts'

const served = appInBrowser(() => startApp(sample('zero-window').path))
const { open } = served

const bare = () => served.app.url.replace(/&open=.*/, '')

describe('opening a capture', () => {
  it('shows what was named on the command line', async () => {
    await using opened = await open()
    const screen = new Screen(opened.page)
    await screen.read()
    await screen.counts(screen.packets, sample('zero-window').packets)
    expect(await opened.page.title()).toBe('zero-window.pcapng – Hopscope')
  })

  it('does not offer it to be compared with itself, though it is also a sample', async () => {
    await using opened = await open()
    const { page } = opened
    await new Screen(page).read()
    await page.getByRole('tab', { name: 'Compare' }).click()
    await page.getByRole('button', { name: 'Another capture…' }).click()
    const samples = page.getByRole('dialog').getByRole('region', { name: 'Samples' })
    await samples.getByRole('button', { name: /^Nothing wrong/ }).waitFor()
    expect(await samples.getByRole('button', { name: /^A reader that stops reading/ }).count()).toBe(0)
  })

  it('says why one that it was opened with is not there, and goes back to the one before', async () => {
    await using opened = await openPage(served.browser, `${served.app.url},file-0123456789abcdef01234567`)
    const { page } = opened
    await page.getByRole('heading', { name: 'capture could not be opened' }).waitFor()
    expect(await page.locator('.empty').innerText()).toContain('not among those opened lately')
    await page.goBack()
    const screen = new Screen(page)
    await screen.read()
    await screen.counts(screen.packets, sample('zero-window').packets)
  })

  it('shows the beginning of one that has more packets than are kept, and says so', async () => {
    await using opened = await open()
    const { page, complaints } = opened
    await page.evaluate(() => {
      localStorage.setItem('hopscope.preferences', JSON.stringify({ maxPackets: 100 }))
    })
    await page.goto('about:blank')
    await page.goto(served.app.url)
    const screen = new Screen(page)
    await screen.read()
    await screen.counts(screen.packets, 100)
    const banner = page.locator('.banner.warn')
    expect(await banner.innerText()).toMatch(
      /^The first 100 packets( of about [\d,]+)? are shown. The capture goes on: /,
    )
    expect(complaints).toEqual([])
  })

  it('takes a file dropped anywhere, and the next one in its place', async () => {
    await using opened = await openPage(served.browser, bare())
    const { page, complaints } = opened
    const screen = new Screen(page)
    await dropFile(page, 'refused.pcapng', readFileSync(sample('refused').path))
    await screen.read()
    await screen.counts(screen.packets, sample('refused').packets)
    await screen.rows(screen.packets).nth(2).click()
    await page.getByRole('treeitem').first().waitFor()

    await dropFile(page, 'half-open.pcap', readFileSync(sample('half-open').path))
    await screen.counts(screen.packets, sample('half-open').packets)
    expect(await page.title()).toBe('half-open.pcap – Hopscope')
    expect(complaints).toEqual([])
  })

  it.each([
    ['gzip', 'idle-resets'],
    ['zstd', 'vxlan-nodes'],
  ])('reads a %s file, and its packets by their place in the decompressed bytes', async (compression, name) => {
    const { file, path, packets } = sample(name)
    await using opened = await openPage(served.browser, bare())
    const { page } = opened
    const screen = new Screen(page)
    await dropFile(page, file, readFileSync(path))
    await screen.read()
    await screen.counts(screen.packets, packets)
    expect(await screen.status.innerText()).toContain(compression)
    await screen.packets.focus()
    await page.keyboard.press('End')
    await page
      .getByRole('treeitem', { name: /Internet Protocol/ })
      .first()
      .waitFor()
    // Every layer's bytes are what the tree says they are: the first byte of IPv4 is 45.
    await page
      .getByRole('treeitem', { name: /Internet Protocol Version 4/ })
      .last()
      .hover()
    expect(await page.locator('.byte-hex .marked').first().innerText()).toBe('45')
  })

  it('says where a damaged file breaks off, and shows what is before it', async () => {
    await using opened = await openPage(served.browser, bare())
    const { page } = opened
    const screen = new Screen(page)
    const whole = readFileSync(sample('half-open').path)
    await dropFile(page, 'cut.pcap', whole.subarray(0, 40_000))
    await screen.read()
    await page.getByText(/The capture is damaged at byte [\d,]+: .*packets before it are shown/).waitFor()
    const shown = await screen.count(screen.packets)
    expect(shown).toBeGreaterThan(50)
    expect(shown).toBeLessThan(sample('half-open').packets)
  })

  it('says that a file is no capture', async () => {
    await using opened = await openPage(served.browser, bare())
    await dropFile(opened.page, 'notes.txt', Buffer.from('This is not a capture at all, only a text.'))
    await opened.page.getByRole('heading', { name: 'notes.txt is no capture that can be read' }).waitFor()
    await opened.page.getByRole('button', { name: 'Close' }).click()
    await opened.page.getByRole('heading', { name: 'Samples' }).waitFor()
  })

  it('shows an empty capture as such', async () => {
    await using opened = await openPage(served.browser, bare())
    const header = readFileSync(sample('half-open').path).subarray(0, 24)
    await dropFile(opened.page, 'empty.pcap', header)
    await opened.page.getByRole('heading', { name: 'empty.pcap holds no packets' }).waitFor()
  })

  it('shows the latest of what was written about an interface, and more when asked', async () => {
    const begun = 1_700_000_000_000_000_000n
    const writer = new PcapngWriter()
    const only = writer.interface({ linkType: 1 })
    writer.packet(only, begun, new Uint8Array(60))
    for (let i = 1; i <= 120; i++)
      writer.statistics(only, begun + BigInt(i) * 1_000_000_000n, {}, `Hopscope: event ${i}.`)
    await using opened = await openPage(served.browser, bare())
    const { page } = opened
    await dropFile(page, 'many-events.pcapng', writer.take())
    const about = page.getByRole('group', { name: 'Capture' })
    await about.getByText('event 120.').waitFor()
    expect(await about.getByText(/event \d+\.$/).count()).toBe(8)
    await about.getByRole('button', { name: 'Show 100 earlier of 112' }).click()
    await about.getByRole('button', { name: 'Show 12 earlier' }).click()
    await about.getByText('event 1.', { exact: false }).first().waitFor()
    expect(await about.getByText(/event \d+\.$/).count()).toBe(120)
  })

  it('says that a link is not valid, and shows nothing of its token', async () => {
    const token = new URL(bare()).hash.slice('#token='.length)
    for (const spoilt of ['"', '.', '%20', 'x']) {
      await using opened = await openPage(served.browser, bare() + spoilt)
      await opened.page.getByText('This link is not valid, or no longer').waitFor()
      expect(await opened.page.innerText('body')).not.toContain(token)
      // Nothing is offered that takes a host.
      expect(await opened.page.getByRole('main').getByRole('button').allInnerTexts()).toEqual(['Open a capture'])
    }
  })

  it('remembers files of the host, and opens them again', async () => {
    await using opened = await open()
    const screen = new Screen(opened.page)
    await screen.read()
    await opened.page.getByRole('button', { name: /back to the start/ }).click()
    await opened.page.getByRole('button', { name: /^zero-window\.pcapng/ }).click()
    await screen.read()
    await screen.counts(screen.packets, sample('zero-window').packets)
  })

  it('moves nothing when the host goes away, and what was read stays', async () => {
    await using other = await startApp(sample('half-open').path)
    await using opened = await openPage(served.browser, other.url)
    const { page } = opened
    const screen = new Screen(page)
    await screen.read()
    await screen.rows(screen.packets).nth(2).waitFor()
    // Their number comes a moment later, and moves the tabs beside it.
    await page.getByRole('tab', { name: /^Findings ?\d/ }).waitFor()
    const places = async () => [
      await screen.rows(screen.packets).nth(2).boundingBox(),
      await page.getByRole('tab', { name: /^Conversations/ }).boundingBox(),
      await page.getByRole('contentinfo', { name: 'Status' }).boundingBox(),
    ]
    const before = await places()
    await other.kill()
    await page.getByRole('button', { name: 'Try now' }).waitFor()
    expect(await places()).toEqual(before)
    // What says so lies between the packets and the status bar, and covers neither.
    const list = await screen.packets.boundingBox()
    const banner = await page.locator('.banner', { has: page.getByRole('button', { name: 'Try now' }) }).boundingBox()
    const status = await screen.status.boundingBox()
    if (!list || !banner || !status) throw new Error('not all of it is on screen')
    expect(list.y + list.height).toBeLessThanOrEqual(banner.y)
    expect(banner.y + banner.height).toBeLessThanOrEqual(status.y)
    await screen.counts(screen.packets, sample('half-open').packets)
  })

  it('writes a note while the host is away, and reads what it could not once it is back', async () => {
    await using other = await startApp(sample('loss-episode').path)
    await using tunnel = await openTunnel(other.url)
    await using opened = await openPage(served.browser, tunnel.url)
    const { page } = opened
    const { keyboard } = page
    const screen = new Screen(page)
    await screen.read()
    tunnel.cut()
    const again = page.getByRole('button', { name: 'Try now' })
    await again.waitFor()
    await screen.packets.focus()
    await keyboard.press('End')
    await page.getByRole('heading', { name: "This packet's bytes could not be read" }).waitFor()
    const info = screen.packets.locator('[aria-selected=true] [data-column=info]')
    await expect.poll(() => info.innerText()).toBe('The host does not answer.')

    // What is typed behind M is the note, and stays where it can't be kept.
    await keyboard.type('mlost here')
    const dialog = page.getByRole('dialog', { name: 'Add a note' })
    await keyboard.press('Control+Enter')
    // Which reason it gives depends on how often it was tried again.
    await dialog.getByRole('alert').waitFor()
    expect(await dialog.getByRole('textbox', { name: 'Note' }).inputValue()).toBe('lost here')
    expect(await dialog.getByRole('radio', { name: 'Packet 2,162' }).isChecked()).toBe(true)
    await keyboard.press('Escape')
    await dialog.getByText('Esc again leaves it unwritten').waitFor()
    await keyboard.press('Escape')

    await again.focus()
    tunnel.mend()
    // Pressed as long as it is there: the page tries by itself as well.
    await expect
      .poll(async () => {
        await page.evaluate(() => document.activeElement instanceof HTMLButtonElement && document.activeElement.click())
        return again.count()
      })
      .toBe(0)
    await page.getByRole('tree').waitFor()
    await expect.poll(() => info.innerText()).toMatch(/ACK/)
    await expect.poll(() => screen.packets.evaluate((list) => list === document.activeElement)).toBe(true)
  })

  it('looks for troubles again once the host is back, where it could not', async () => {
    const file = join(served.app.folder, 'mtu.pcap')
    writeFileSync(file, gunzipSync(readFileSync(sample('mtu-blackhole').path)))
    await using other = await startApp(file)
    await using tunnel = await openTunnel(other.url)
    await using opened = await openPage(served.browser, tunnel.url)
    const { page } = opened
    // Reading goes on; what the rules read of single packets does not come.
    await page.context().route(/./, async (route) => {
      const request = route.request()
      const isPart = 'range' in request.headers() || new URL(request.url()).searchParams.has('pieces')
      await (isPart ? route.abort() : route.fallback())
    })
    await page.reload()
    await new Screen(page).read()
    await page.keyboard.press('d')
    const failed = page.getByRole('heading', { name: 'The rules could not be run' })
    await failed.waitFor()
    await page.context().unrouteAll()
    tunnel.cut()
    const again = page.getByRole('button', { name: 'Try now' })
    await again.waitFor()
    tunnel.mend()
    // The page tries again by itself.
    await again.waitFor({ state: 'detached' })
    await page.getByRole('listbox', { name: 'Findings' }).waitFor()
    expect(await failed.count()).toBe(0)
  })

  it('does not offer again what it could not read', async () => {
    const text = join(served.app.folder, 'notes.txt')
    writeFileSync(text, 'This is not a capture at all, only a text.')
    await using other = await startApp(text, sample('half-open').path)
    await using opened = await openPage(served.browser, other.url)
    const { page } = opened
    await page.getByRole('heading', { name: 'notes.txt is no capture that can be read' }).waitFor()
    await page.getByRole('button', { name: 'Close' }).click()
    await page.getByRole('button', { name: new RegExp(`^${sample('half-open').file}`) }).waitFor()
    expect(await page.getByRole('button', { name: /^notes\.txt/ }).count()).toBe(0)
  })

  it('says why a file of the host can no longer be opened', async () => {
    const file = join(served.app.folder, 'gone.pcap')
    writeFileSync(file, readFileSync(sample('half-open').path))
    await using other = await startApp(file)
    await using opened = await openPage(served.browser, other.url)
    const screen = new Screen(opened.page)
    await screen.read()
    await opened.page.getByRole('button', { name: /back to the start/ }).click()
    await opened.page.getByRole('button', { name: /^gone\.pcap/ }).waitFor()
    rmSync(file)
    await opened.page.getByRole('button', { name: /^gone\.pcap/ }).click()
    await opened.page.getByText('gone.pcap could not be opened').waitFor()
  })
})
