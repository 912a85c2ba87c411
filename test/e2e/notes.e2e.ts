import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sample, startApp, type App } from './support/app.ts'
import { findings } from './support/axe.ts'
import { dropFile, openPage, startBrowser, takePicture } from './support/browser.ts'
import { commentsOf } from './support/comments.ts'
import { Screen } from './support/screen.ts'

let app: App
let browser: Browser

// Notes are kept: every test has a host of its own.
beforeAll(async () => {
  browser = await startBrowser()
})
afterAll(() => browser.close())

const started = async (): Promise<App> => (app = await startApp())
const at = (search: string) => app.url.replace('/#', `/?${search}#`)
const dialog = (page: Page) => page.getByRole('dialog', { name: 'Add a note' })
const list = (page: Page) => page.getByRole('listbox', { name: 'Notes' })
const marks = (page: Page) => page.getByRole('group', { name: 'Notes' })

/** A classic pcap of one frame, which has no room for comments. */
function smallPcap(): Uint8Array {
  const header = [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 1, 0, 0, 0]
  const frame = [1, 0, 0, 0, 0, 0, 0, 0, 14, 0, 0, 0, 14, 0, 0, 0, ...Array.from({ length: 14 }, () => 0)]
  return Uint8Array.from([...header, ...frame])
}

/** M, then what the note says; it is kept with the keyboard alone. */
async function note(page: Page, text: string): Promise<void> {
  await page.keyboard.press('m')
  await dialog(page).waitFor()
  await page.keyboard.type(text)
  await page.keyboard.press('Control+Enter')
  await dialog(page).waitFor({ state: 'detached' })
}

describe('notes', () => {
  it('are added once by keys that come twice, and not where Esc follows them', async () => {
    await using _ = await started()
    await using opened = await openPage(browser, at('sample=loss-episode'))
    const { page } = opened
    await page.getByRole('listbox', { name: 'Findings' }).waitFor()
    // In one task, before the dialog could close.
    const keepAnd = (then: 'again' | 'Escape') =>
      dialog(page)
        .getByRole('textbox', { name: 'Note' })
        .evaluate((field, next) => {
          const keep = () =>
            field.dispatchEvent(
              new KeyboardEvent('keydown', { key: 'Enter', ctrlKey: true, bubbles: true, cancelable: true }),
            )
          keep()
          if (next === 'again') keep()
          else field.closest('dialog')?.dispatchEvent(new Event('cancel', { cancelable: true }))
        }, then)
    for (const [text, then] of [
      ['given up', 'Escape'],
      ['once', 'again'],
    ] as const) {
      await page.keyboard.press('m')
      await dialog(page).waitFor()
      await page.keyboard.type(text)
      await keepAnd(then)
      await dialog(page).waitFor({ state: 'detached' })
    }
    await note(page, 'last')
    await page.keyboard.press('Shift+M')
    const kept = (text: string) => list(page).getByRole('option', { name: text }).count()
    await expect.poll(() => kept('last')).toBe(1)
    expect([await kept('given up'), await kept('once')]).toEqual([0, 1])
  })

  it('go from a finding’s packet, by keyboard alone, to filter, undo, export and another window', async () => {
    await using _ = await started()
    await using opened = await openPage(browser, at('sample=loss-episode'))
    const { page, complaints } = opened
    const { keyboard } = page
    const screen = new Screen(page)
    await page.getByRole('listbox', { name: 'Findings' }).waitFor()

    // To a packet of the finding.
    await keyboard.press('d')
    await keyboard.press('Home')
    await keyboard.press('Enter')
    await expect.poll(() => screen.filter.inputValue()).not.toBe('')
    await expect.poll(() => screen.count(screen.packets)).toBeLessThan(sample('loss-episode').packets)
    await keyboard.press('3')
    await keyboard.press('Home')
    const selected = screen.packets.locator('[aria-selected=true] [data-column=number]')
    await expect.poll(() => selected.count()).toBe(1)
    const frame = Number(await selected.innerText())
    await note(page, 'it begins here')

    // Everywhere it belongs: the list, the inspector, the time axis, the pane.
    await selected.getByRole('img', { name: 'Note: it begins here' }).waitFor()
    await screen.inspector.getByRole('list', { name: 'Notes' }).getByText('it begins here').waitFor()
    await marks(page).getByRole('button', { name: 'it begins here' }).waitFor()
    await keyboard.press('Shift+M')
    const line = list(page).getByRole('option', { name: /it begins here/ })
    await line.waitFor()
    expect(await line.innerText()).toContain(`Packet ${frame.toLocaleString('en')}`)

    // Edited in place.
    await keyboard.press('e')
    await keyboard.press('End')
    await keyboard.type(', says the probe')
    await keyboard.press('Control+Enter')
    await list(page)
      .getByRole('option', { name: /it begins here, says the probe/ })
      .waitFor()

    // Or left as it was.
    await keyboard.press('e')
    await keyboard.type('never mind')
    await keyboard.press('Escape')
    await expect.poll(() => page.getByRole('textbox', { name: 'Note' }).inputValue()).toMatch(/^it begins.*probe$/)
    await expect.poll(() => list(page).evaluate((element) => element === document.activeElement)).toBe(true)

    // Found by it, and by no more than what is noted now.
    await keyboard.press('/')
    await keyboard.press('Control+a')
    await keyboard.type('hopscope.note contains "says the probe"')
    await keyboard.press('Enter')
    await screen.counts(screen.packets, 1)
    await keyboard.press('Escape')
    await keyboard.press('Control+z')
    await screen.counts(screen.packets, 0)
    await keyboard.press('Control+Shift+z')
    await screen.counts(screen.packets, 1)

    // Shown again where a filter hides it.
    await keyboard.press('/')
    await keyboard.press('Control+a')
    await keyboard.type('tcp.flags.reset == 1')
    await keyboard.press('Enter')
    await screen.counts(screen.packets, 0)
    await keyboard.press('Escape')
    await keyboard.press('Shift+M')
    await expect.poll(() => list(page).evaluate((element) => element === document.activeElement)).toBe(true)
    await keyboard.press('Enter')
    await selected.getByRole('img', { name: /it begins here/ }).waitFor()
    expect(await screen.filter.inputValue()).toBe('')

    // Another window has it, and so has this one after it was loaded again.
    await using other = await openPage(browser, at('sample=loss-episode&list=notes'))
    await list(other.page)
      .getByRole('option', { name: /says the probe/ })
      .waitFor()
    await list(other.page)
      .getByRole('option', { name: /says the probe/ })
      .click()
    await other.page.keyboard.press('Delete')
    await list(other.page)
      .getByRole('option', { name: /says the probe/ })
      .waitFor({ state: 'detached' })
    await list(page)
      .getByRole('option', { name: /says the probe/ })
      .waitFor({ state: 'detached' })
    await other.page.keyboard.press('Control+z')
    await list(page)
      .getByRole('option', { name: /says the probe/ })
      .waitFor()

    // Out of the window: as a comment that Wireshark shows, and a note again.
    await keyboard.press('Control+e')
    const exporting = page.getByRole('dialog', { name: 'Export packets' })
    await exporting.getByRole('radio', { name: /^pcap,/ }).check()
    await exporting.getByText(/A pcap can’t hold .*1 note/).waitFor()
    await exporting.getByRole('radio', { name: 'pcapng' }).check()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      exporting.getByRole('button', { name: 'Export', exact: true }).click(),
    ])
    const file = join(app.folder, 'noted.pcapng')
    await download.saveAs(file)
    const words = `${frame}\tit begins here, says the probe`
    expect(commentsOf(file).filter((line) => line.startsWith(words))).toHaveLength(1)
    await dropFile(page, 'noted.pcapng', readFileSync(file))
    await page.waitForFunction(() => new URLSearchParams(location.search).get('file') === 'noted.pcapng')
    await page.getByRole('tab', { name: 'Notes' }).click()
    const again = list(page).getByRole('option', { name: /it begins here, says the probe/ })
    expect(await again.innerText()).toContain('in the file')
    expect(await again.getAttribute('style')).toContain('--note-yellow')
    expect(complaints).toEqual([])
  })

  it('have a lane of their own from the start: no other moves when the first one comes', async () => {
    await using _ = await started()
    await using opened = await openPage(browser, at('sample=mtu-blackhole'))
    const { page } = opened
    const screen = new Screen(page)
    await screen.read()
    const lanes = page.locator('[data-lane]')
    const places = () => lanes.evaluateAll((all) => all.map((lane) => lane.getBoundingClientRect().toJSON()))
    const before = await places()
    expect(before.length).toBeGreaterThan(2)
    await screen.rows(screen.packets).nth(2).click()
    await note(page, 'the first one')
    await marks(page).getByRole('button', { name: 'the first one' }).waitFor()
    expect(await places()).toEqual(before)

    await page.keyboard.press('v')
    await page.locator('[data-lane=notes]').getByRole('button', { name: 'Notes 1' }).click()
    await list(page)
      .getByRole('option', { name: /the first one/ })
      .waitFor()
  })

  it.each([
    ['idle-resets', 'idle'],
    ['dns-5s', 'lookups'],
    ['mtu-blackhole', 'Full-size'],
    ['zero-window', 'window'],
    ['half-open', 'vanished'],
    ['refused', 'refused'],
    ['vxlan-nodes', 'loss'],
  ])('go from the finding of %s into a file and back', async (name, words) => {
    await using _ = await started()
    await using opened = await openPage(browser, at(`sample=${name}`))
    const { page, complaints } = opened
    const { keyboard } = page
    const screen = new Screen(page)
    const told = page.getByRole('listbox', { name: 'Findings' }).getByRole('option')
    await told
      .filter({ hasText: new RegExp(words, 'i') })
      .first()
      .waitFor()
    await keyboard.press('d')
    await keyboard.press('Home')
    await keyboard.press('Enter')
    await expect.poll(() => screen.filter.inputValue()).not.toBe('')
    // What has been found so far may be nothing yet.
    const some = async () => {
      const count = await screen.count(screen.packets)
      return count > 0 && count < sample(name).packets
    }
    await expect.poll(some).toBe(true)
    await keyboard.press('3')
    await keyboard.press('Home')
    const selected = screen.packets.locator('[aria-selected=true] [data-column=number]')
    await expect.poll(() => selected.count()).toBe(1)
    await note(page, `seen in ${name}`)
    await selected.getByRole('img', { name: `Note: seen in ${name}` }).waitFor()

    await keyboard.press('Control+e')
    const exporting = page.getByRole('dialog', { name: 'Export packets' })
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      exporting.getByRole('button', { name: 'Export', exact: true }).click(),
    ])
    const file = join(app.folder, 'noted.pcapng')
    await download.saveAs(file)
    expect(commentsOf(file).filter((line) => line.includes(`\tseen in ${name}`))).toHaveLength(1)
    await dropFile(page, 'noted.pcapng', readFileSync(file))
    await page.waitForFunction(() => new URLSearchParams(location.search).get('file') === 'noted.pcapng')
    await page.getByRole('tab', { name: 'Notes' }).click()
    await list(page)
      .getByRole('option', { name: new RegExp(`seen in ${name}`) })
      .waitFor()
    expect(complaints).toEqual([])
  })

  it('on a conversation and a time lead back to them, and stand in the report', async () => {
    await using _ = await started()
    await using opened = await openPage(browser, at('sample=loss-episode&conversation=0&range=14~18.5'))
    const { page, complaints } = opened
    const screen = new Screen(page)
    await screen.read()
    await page.keyboard.press('1')
    await note(page, 'four bad seconds')
    await page.keyboard.press('m')
    await dialog(page)
      .getByRole('radio', { name: /^tcp 0/ })
      .check()
    await dialog(page).getByRole('textbox', { name: 'Note' }).fill('the one that suffers')
    await dialog(page).getByRole('combobox', { name: 'Tag' }).fill('shop')
    await dialog(page).getByRole('radio', { name: 'blue' }).check()
    await dialog(page).getByRole('button', { name: 'Add' }).click()
    await screen.rows(screen.conversations).getByRole('img', { name: 'Note: [shop] the one that suffers' }).waitFor()

    await page.getByRole('button', { name: 'Show all conversations' }).click()
    await page.getByRole('button', { name: 'Show all times' }).click()

    // Where a cursor is counts, not what was chosen before.
    await screen.conversations.focus()
    await page.keyboard.press('End')
    const stream = await screen.conversations.locator('[aria-selected=true] [data-column=stream]').innerText()
    await page.keyboard.press('m')
    await dialog(page)
      .getByRole('radio', { name: new RegExp(`^${stream.trim()}:`), checked: true })
      .waitFor()
    await page.keyboard.press('Escape')
    await page.keyboard.press('1')
    await page.keyboard.press('End')
    await note(page, 'it is over')
    await marks(page).getByRole('button', { name: 'it is over' }).click()
    await list(page)
      .getByRole('option', { name: /At 31\.\d+ s/ })
      .waitFor()
    await page.getByRole('tab', { name: 'Notes' }).click()
    await page.getByRole('searchbox', { name: 'Search notes' }).fill('bad seconds')
    await expect.poll(() => list(page).getByRole('option').count()).toBe(1)
    await list(page).focus()
    await page.keyboard.press('Enter')
    await page.getByText('4.50 s selected').waitFor()
    await page.getByRole('searchbox', { name: 'Search notes' }).fill('shop')
    await list(page)
      .getByRole('option', { name: /suffers/ })
      .dblclick()
    await page.getByRole('button', { name: 'Show all conversations' }).waitFor()

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.keyboard.press('Control+k').then(async () => {
        await page.keyboard.type('report html')
        await page.keyboard.press('Enter')
      }),
    ])
    const report = join(app.folder, 'report.html')
    await download.saveAs(report)
    expect(readFileSync(report, 'utf8')).toMatch(/from 14\.0 s to 18\.5 s.*four bad seconds/s)
    expect(readFileSync(report, 'utf8')).toContain('the one that suffers')
    expect(complaints).toEqual([])
  })

  it('say that those on a dropped file are not kept', async () => {
    await using _ = await started()
    await using opened = await openPage(browser, at('sample=loss-episode&list=notes'))
    const { page } = opened
    await dropFile(page, 'one.pcap', smallPcap())
    await page.getByText('of a dropped file last as long as this window').waitFor()
    await page.getByRole('button', { name: 'Add a note', exact: true }).click()
    await page.keyboard.type('nothing to see')
    await page.keyboard.press('Control+Enter')
    await list(page)
      .getByRole('option', { name: /nothing to see/ })
      .waitFor()
    await page.getByText('Export it as pcapng to keep them').waitFor()
  })
})

describe.each(['light', 'dark'] as const)('in the %s theme', (colorScheme) => {
  it.each([
    { width: 1280, height: 800 },
    { width: 1920, height: 1080 },
  ])('pane, marks and dialog are clean to axe at $width × $height', async (viewport) => {
    await using _ = await started()
    const view = 'sample=loss-episode&frame=1001&range=14~18.5&conversation=0&list=notes'
    await using opened = await openPage(browser, at(view), { colorScheme, viewport })
    const { page } = opened
    const size = `${viewport.width}-${colorScheme}`
    await list(page).waitFor()
    for (const [subject, colour] of [
      [/^Packet/, 'red'],
      [/^tcp/, 'blue'],
      [/ s to /, 'violet'],
    ] as const) {
      await page.keyboard.press('m')
      await dialog(page).getByRole('radio', { name: subject }).check()
      await dialog(page).getByRole('textbox', { name: 'Note' }).fill(`noted in ${colour}`)
      await dialog(page).getByRole('combobox', { name: 'Tag' }).fill('look')
      await dialog(page).getByRole('radio', { name: colour, exact: true }).check()
      expect(await findings(page)).toEqual([])
      await takePicture(page, `note-dialog-${size}`)
      await dialog(page).getByRole('button', { name: 'Add' }).click()
      await dialog(page).waitFor({ state: 'detached' })
      await list(page)
        .getByRole('option', { name: new RegExp(`noted in ${colour}`) })
        .waitFor()
    }
    expect(await findings(page)).toEqual([])
    await takePicture(page, `notes-${size}`)
    await page.getByRole('tab', { name: 'Conversations' }).click()
    await page.getByRole('img', { name: /noted in blue/ }).waitFor()
    expect(await findings(page)).toEqual([])
    await takePicture(page, `notes-marks-${size}`)
  })
})
