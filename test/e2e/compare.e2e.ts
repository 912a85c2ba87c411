import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { appInBrowser } from './support/app-in-browser.ts'
import { findings } from './support/axe.ts'
import { takePicture } from './support/browser.ts'

const { open } = appInBrowser()

const FIXTURES = join(import.meta.dirname, '../fixtures/captures')

describe('comparing with another capture', { timeout: 120_000 }, () => {
  it('is chosen among the samples, shows both side by side, and stays over a reload', async () => {
    await using opened = await open('sample=loss-episode&list=compare')
    const { page, complaints } = opened
    await page.getByRole('button', { name: 'Another capture…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Compare with another capture' })
    await dialog.getByRole('region', { name: 'Samples' }).getByRole('button').nth(3).waitFor()
    expect(await dialog.getByRole('button', { name: /seconds of packet loss/ }).count()).toBe(0)
    expect(await findings(page)).toEqual([])
    await takePicture(page, 'compare-choose-light')
    await dialog.getByRole('button', { name: /^Nothing wrong/ }).click()

    const table = page.getByRole('group', { name: 'Comparison' })
    await table
      .getByRole('columnheader', { name: /^clean/ })
      .first()
      .waitFor()
    await table
      .getByRole('columnheader', { name: /^loss-episode/ })
      .first()
      .waitFor()
    const labels = table.getByRole('table').filter({ hasText: 'Packets with a label' })
    await labels.getByRole('row', { name: /^Retransmission 0\.0 [\d.]+ \+[\d.]+$/ }).waitFor()
    // By its change, the greatest first.
    const change = labels.getByRole('columnheader', { name: 'Change' })
    await change.getByRole('button').click()
    expect(await change.getAttribute('aria-sort')).toBe('descending')
    const texts = await labels.locator('tbody td:last-child').allInnerTexts()
    const changes = texts.map((text) => Number(text.replace('−', '-')))
    expect(changes.length).toBeGreaterThan(3)
    expect(changes).toEqual(changes.toSorted((x, y) => y - x))
    await table.getByRole('heading', { name: 'Only in loss-episode' }).waitFor()
    expect(await findings(page)).toEqual([])
    await takePicture(page, 'compare-captures-light')

    await page.reload()
    await table
      .getByRole('columnheader', { name: /^clean/ })
      .first()
      .waitFor()
    await page.emulateMedia({ colorScheme: 'dark' })
    await takePicture(page, 'compare-captures-dark')

    // What is found in the open capture can be looked at.
    await table.getByRole('button', { name: 'Packet loss, paid with time-outs' }).click()
    await page.getByRole('listbox', { name: 'Findings' }).waitFor()
    await page.getByRole('tab', { name: 'Compare' }).click()
    await page.getByRole('button', { name: 'Times of this capture' }).click()
    await table.getByRole('columnheader', { name: 'First half' }).first().waitFor()
    expect(page.url()).not.toContain('against')
    expect(complaints).toEqual([])
  })

  it('is a file of the person, also a compressed one, for as long as the page lives', async () => {
    await using opened = await open('sample=dns-5s&list=compare')
    const { page, complaints } = opened
    await page.getByRole('button', { name: 'Another capture…' }).click()
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page
        .getByRole('dialog', { name: 'Compare with another capture' })
        .getByRole('button', { name: 'Open a capture' })
        .click(),
    ])
    await chooser.setFiles(join(FIXTURES, 'ndots.pcap.gz'))
    const table = page.getByRole('group', { name: 'Comparison' })
    await table
      .getByRole('columnheader', { name: /^ndots\.pcap\.gz/ })
      .first()
      .waitFor()
    await table.getByRole('heading', { name: 'Only in ndots.pcap.gz' }).waitFor()
    // Nothing of the other capture can be opened here.
    expect(
      await table
        .locator('section', { has: page.getByRole('heading', { name: 'Only in ndots.pcap.gz' }) })
        .getByRole('button')
        .count(),
    ).toBe(0)
    expect(complaints).toEqual([])

    await page.reload()
    await page.getByText(/does not have the file any more/).waitFor()
    await page.getByRole('button', { name: 'Choose another' }).click()
    await page.getByRole('dialog', { name: 'Compare with another capture' }).waitFor()
  })

  it('tells what both show in the words of each', async () => {
    await using opened = await open('sample=dns-5s&list=compare&against=sample:dns-5s')
    const { page, complaints } = opened
    const table = page.getByRole('group', { name: 'Comparison' })
    await table.getByRole('heading', { name: 'In both' }).waitFor()
    expect(await table.getByRole('listitem').getByRole('term').allInnerTexts()).toEqual([
      'the other dns-5s.pcap',
      'dns-5s.pcap',
    ])
    expect(await table.getByRole('listitem').getByRole('definition').first().innerText()).toMatch(/lookups .* stalled/)
    expect(await findings(page)).toEqual([])
    expect(complaints).toEqual([])
  })

  it('says why one can not be compared with', async () => {
    await using opened = await open('sample=dns-5s&list=compare&against=sample:no-such')
    const { page } = opened
    await page.getByRole('heading', { name: /^no-such could not be compared with/ }).waitFor()
  })
})
