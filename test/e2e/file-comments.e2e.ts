import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { sample, startApp } from './support/app.ts'
import { findings } from './support/axe.ts'
import { openPage, startBrowser, takePicture } from './support/browser.ts'
import { commentsOf } from './support/comments.ts'
import { Screen } from './support/screen.ts'

let browser: Browser
beforeAll(async () => {
  browser = await startBrowser()
})
afterAll(() => browser.close())

const list = (page: Page) => page.getByRole('listbox', { name: 'Notes' })
const line = (page: Page, name: RegExp) => list(page).getByRole('option', { name })
const isFocused = (page: Page) => list(page).evaluate((element) => element === document.activeElement)

/** Shift+M, then down to the note that says this. */
async function choose(page: Page, name: RegExp): Promise<void> {
  await page.keyboard.press('Shift+M')
  await expect.poll(() => isFocused(page)).toBe(true)
  await line(page, name).waitFor()
  await page.keyboard.press('Home')
  await expect.poll(() => list(page).getByRole('option').first().getAttribute('aria-selected')).toBe('true')
  for (let i = await list(page).getByRole('option').count(); i > 0; i--) {
    if ((await line(page, name).getAttribute('aria-selected')) === 'true') return
    const before = await list(page).getAttribute('aria-activedescendant')
    await page.keyboard.press('ArrowDown')
    await expect.poll(() => list(page).getAttribute('aria-activedescendant')).not.toBe(before)
  }
  throw new Error(`${String(name)} can't be reached`)
}

async function exported(page: Page, path: string): Promise<void> {
  await page.keyboard.press('Control+e')
  const button = page
    .getByRole('dialog', { name: 'Export packets' })
    .getByRole('button', { name: 'Export', exact: true })
  await expect.poll(() => button.isEnabled()).toBe(true)
  const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')])
  await download.saveAs(path)
}

describe('comments that a file brings', () => {
  it('are edited, deleted and given back by keyboard alone; exports say what is left, the file stays as it is', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'commented.pcapng')
    copyFileSync(sample('loss-episode').path, file)
    await using app = await startApp(file)
    await using opened = await openPage(browser, app.url)
    const { page, complaints } = opened
    const { keyboard } = page
    const screen = new Screen(page)
    await screen.read()

    // Edited as any other note.
    await choose(page, /From here on/)
    await page.getByText('3 comments in the file', { exact: true }).waitFor()
    await keyboard.press('e')
    await keyboard.press('Control+End')
    await keyboard.type(' The switch, says the vendor.')
    await keyboard.press('Control+Enter')
    const edited = line(page, /says the vendor.*in the file, edited/)
    await edited.waitFor()
    expect(await line(page, /From here on/).count()).toBe(1)
    await page.getByText('1 note, 2 comments in the file', { exact: true }).waitFor()
    await takePicture(page, 'file-comment-edited')
    expect(await findings(page)).toEqual([])
    await keyboard.press('Control+z')
    await line(page, /^From here on.*Packet 961, in the file$/).waitFor()
    await keyboard.press('Control+Shift+z')
    await edited.waitFor()

    // In another window, from which it is deleted.
    await using other = await openPage(browser, app.url)
    await new Screen(other.page).read()
    await choose(other.page, /says the vendor/)
    await other.page.keyboard.press('Delete')
    await line(other.page, /From here on/).waitFor({ state: 'detached' })
    await line(page, /From here on/).waitFor({ state: 'detached' })
    await exported(page, join(folder, 'without.pcapng'))
    expect(commentsOf(join(folder, 'without.pcapng'))).toEqual([
      '1212\tThe network between the nodes is healthy again.',
    ])

    // Neither is it lost.
    await page.getByRole('button', { name: 'Bring back 1 deleted comment' }).press('Enter')
    await line(page, /^From here on.*Packet 961, in the file$/).waitFor()
    await keyboard.press('Control+z')
    await line(page, /From here on/).waitFor({ state: 'detached' })
    await keyboard.press('Control+Shift+z')
    await line(page, /^From here on.*Packet 961, in the file$/).waitFor()

    // Edited, out, in, edited there, and out again: each time once, and what Wireshark shows is what was written.
    await choose(page, /From here on/)
    await keyboard.press('e')
    await keyboard.press('Control+a')
    await keyboard.type('Here it begins.')
    await keyboard.press('Enter')
    await keyboard.type('It ends in 1212.')
    await keyboard.press('Control+Enter')
    // Line by line, as it was written.
    await expect.poll(() => line(page, /Here it begins/).innerText()).toContain('Here it begins.\nIt ends in 1212.')
    const travelled = join(folder, 'travelled.pcapng')
    await exported(page, travelled)
    expect(commentsOf(travelled)).toContain('961\tHere it begins.\\nIt ends in 1212.')
    expect(readFileSync(file).equals(readFileSync(sample('loss-episode').path))).toBe(true)

    await using elsewhere = await startApp(travelled)
    await using again = await openPage(browser, elsewhere.url)
    await new Screen(again.page).read()
    await choose(again.page, /Here it begins/)
    await again.page.keyboard.press('e')
    await again.page.keyboard.press('Control+a')
    await again.page.keyboard.type('Seen by two.')
    await again.page.keyboard.press('Control+Enter')
    await line(again.page, /Seen by two/).waitFor()
    const back = join(folder, 'back.pcapng')
    await exported(again.page, back)
    expect(commentsOf(back)).toEqual(['961\tSeen by two.', '1212\tThe network between the nodes is healthy again.'])
    expect([...complaints, ...again.complaints]).toEqual([])
  })
})
