import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Download, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { appInBrowser } from './support/app-in-browser.ts'
import { findings } from './support/axe.ts'
import { takePicture } from './support/browser.ts'
import { Screen } from './support/screen.ts'

const served = appInBrowser()
const { open } = served

const dialog = (page: Page) => page.getByRole('dialog', { name: 'Export packets' })

/** Presses Export and gives what was saved. What the status says of it goes by itself after a while, so one has to look at once. */
async function saved(page: Page, said: RegExp): Promise<Download> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByText(said).waitFor(),
    dialog(page).getByRole('button', { name: 'Export', exact: true }).click(),
  ])
  await dialog(page).waitFor({ state: 'detached' })
  return download
}

describe('exporting', () => {
  it('what is filtered gives a capture with just these packets', async () => {
    await using opened = await open('sample=loss-episode&filter=tcp.analysis.retransmission')
    const { page, complaints } = opened
    const screen = new Screen(page)
    await screen.read()
    const shown = await screen.count(screen.packets)
    expect(shown).toBeGreaterThan(0)
    await page.keyboard.press('Control+e')
    await dialog(page).getByText(`${shown} packets`).waitFor()
    const download = await saved(page, new RegExp(`${shown} packets exported`))
    expect(download.suggestedFilename()).toBe('loss-episode-shown.pcapng')
    const file = join(served.app.folder, 'exported.pcapng')
    await download.saveAs(file)

    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.keyboard.press('Control+o')])
    await chooser.setFiles(file)
    await page.waitForFunction(() => new URLSearchParams(location.search).get('file') === 'exported.pcapng')
    await screen.read()
    await screen.applyFilter('')
    await screen.counts(screen.packets, shown)
    expect(complaints).toEqual([])
  })

  it('redacted holds no address, says what was taken out, and says what a pcap can’t hold', async () => {
    await using opened = await open('sample=loss-episode')
    const { page } = opened
    const screen = new Screen(page)
    await screen.read()
    // By address instead of by name.
    await page.keyboard.press('r')
    const isAddress = (text: string) => /^\d+(\.\d+){3}$/.test(text.trim())
    await expect.poll(async () => (await screen.column(screen.packets, 'source')).some(isAddress)).toBe(true)
    const sources = (await screen.column(screen.packets, 'source')).filter(isAddress)
    const addresses = sources.map((text) => Buffer.from(text.split('.').map(Number)))
    await screen.rows(screen.packets).first().click({ button: 'right' })
    await page.getByRole('menuitem', { name: 'Export packets' }).click()
    await dialog(page)
      .getByRole('radio', { name: /^pcap,/ })
      .check()
    await dialog(page)
      .getByText(/A pcap can’t hold .*what interfaces are called/)
      .waitFor()
    await dialog(page).getByRole('checkbox', { name: 'Replace addresses' }).check()
    expect(await dialog(page).getByRole('checkbox', { name: 'Cut payloads' }).isChecked()).toBe(true)
    const download = await saved(page, /addresses replaced/)
    expect(download.suggestedFilename()).toBe('loss-episode-redacted.pcap')
    const file = await readFile(await download.path())
    expect(addresses.filter((address) => file.includes(address))).toEqual([])
  })

  it('one packet, from its menu', async () => {
    await using opened = await open('sample=loss-episode')
    const { page } = opened
    const screen = new Screen(page)
    await screen.read()
    await screen.rows(screen.packets).nth(2).click({ button: 'right' })
    await page.getByRole('menuitem', { name: 'Export this packet' }).click()
    await dialog(page).getByText('1 packet', { exact: true }).waitFor()
    await page.keyboard.press('Escape')
    await dialog(page).waitFor({ state: 'detached' })
  })
})

describe.each(['light', 'dark'] as const)('in the %s theme', (colorScheme) => {
  it('the dialog is clean to axe', async () => {
    await using opened = await open('sample=loss-episode&filter=tcp&list=findings', { colorScheme })
    const { page } = opened
    await page.getByRole('button', { name: 'Export evidence' }).click()
    await dialog(page).getByRole('checkbox', { name: 'Replace addresses' }).check()
    await dialog(page)
      .getByRole('radio', { name: /^pcap,/ })
      .check()
    await dialog(page)
      .getByText(/\d packets?$/)
      .waitFor()
    expect(await findings(page)).toEqual([])
    await takePicture(page, `export-${colorScheme}`)
  })

  it('two times are compared, a selected one with what was before it', async () => {
    await using opened = await open('sample=loss-episode&list=compare&range=14~19', { colorScheme })
    const { page } = opened
    await page
      .getByRole('row', { name: /^Retransmission 0\.0 [1-9]/ })
      .first()
      .waitFor()
    await page.getByRole('heading', { name: 'Only in the selected time' }).waitFor()
    expect(await findings(page)).toEqual([])
    await takePicture(page, `compare-${colorScheme}`)
    await page.getByRole('button', { name: 'Packet loss, paid with time-outs' }).click()
    await page.getByRole('listbox', { name: 'Findings' }).waitFor()
  })

  it('the report is saved from the findings, and opens in a browser', async () => {
    await using opened = await open('sample=loss-episode&list=findings', { colorScheme })
    const { page } = opened
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save report' }).click(),
    ])
    expect(download.suggestedFilename()).toBe('loss-episode-report.html')
    const file = join(served.app.folder, `report-${colorScheme}.html`)
    await download.saveAs(file)
    await takePicture(page, `findings-${colorScheme}`)
    await page.goto(`file://${file}`)
    await page.getByRole('heading', { name: /What happened in/ }).waitFor()
    await page.getByRole('heading', { name: 'Findings' }).waitFor()
    await takePicture(page, `report-${colorScheme}`)
  })
})
