import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { startAppWith } from './support/app.ts'
import { appInBrowser } from './support/app-in-browser.ts'
import { drawWithElements, hasKeys, screenText as text } from './support/terminal.ts'

const rows = (page: Page) => page.locator('.terminal.focused .xterm-rows > div')

describe('what is on the screen of a terminal', { timeout: 120_000 }, () => {
  const { open } = appInBrowser(() => startAppWith({ KUBECONFIG: '/nowhere/kubeconfig', SHELL: '/bin/sh' }))

  /** A page with a shell that has the keys. */
  async function openTerminal() {
    const opened = await open()
    const { page } = opened
    await drawWithElements(page)
    await page.getByRole('button', { name: 'Open a capture' }).first().waitFor()
    await page.keyboard.press('Control+Backquote')
    await page.locator('.terminal.focused[data-terminal=running]').waitFor()
    await hasKeys(page)
    return { ...opened, says: (what: string) => expect.poll(() => text(page)).toContain(what) }
  }
  const close = async (page: Page) => {
    await page.getByRole('button', { name: /^Close terminal/ }).click()
    await expect.poll(() => page.locator('[data-terminal]').count()).toBe(0)
  }

  it('has its colours, and letters as wide as programs take them to be', async () => {
    const { page, says, ...opened } = await openTerminal()
    await using _ = opened
    await page.keyboard.type('printf "\\033[31mred\\033[0m plain \\033[1;38;2;1;2;3mexact\\033[0m e\\"nd\\"\\n"\n')
    await says('red plain exact e"nd"')
    const colour = (word: string) =>
      rows(page)
        .locator('span')
        .filter({ hasText: new RegExp(`^${word}$`) })
        .last()
        .evaluate((span) => getComputedStyle(span).color)
    expect(await colour('exact')).toBe('rgb(1, 2, 3)')
    expect(await colour('red')).toBe('rgb(180, 35, 24)')
    // Where programs count two cells for a letter the cursor moves by two: what is written over the third cell stands behind it.
    await page.keyboard.type('printf "\\346\\274\\242\\r\\033[2Cbehind s\\"een\\"\\n"\n')
    await says('漢behind s"een"')
    await close(page)
  })

  it('is searched, copied when it is selected, and bigger, where that is wanted', async () => {
    const { page, says, ...opened } = await openTerminal()
    await using _ = opened
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.keyboard.type('echo nee"dle"; seq 200 | sed "s/^/line /"\n')
    await says('line 200')
    expect(await text(page)).not.toContain('needle')
    await page.keyboard.press('Control+Shift+F')
    const field = page.getByRole('searchbox', { name: 'Search the output' })
    await field.fill('needle')
    await says('needle')
    await field.fill('not there')
    await page.getByText('Not found').waitFor()
    await field.press('Escape')
    await hasKeys(page)

    await page.getByRole('button', { name: 'Terminal settings' }).click()
    await page.getByLabel('Copy what is selected').check()
    const height = async () => (await rows(page).first().boundingBox())?.height ?? 0
    const before = await height()
    await page.getByLabel('Font size').selectOption('22')
    await expect.poll(height).toBeGreaterThan(before)
    await page.getByLabel('Lines kept').selectOption({ label: '1,000' })
    await page.getByRole('button', { name: 'Terminal settings' }).click()
    await page.locator('.terminal.focused .terminal-screen').click()
    await hasKeys(page)
    await page.keyboard.type('clear; echo se"lected"\n')
    await expect.poll(() => text(page)).toMatch(/^selected/m)
    const line = await rows(page)
      .filter({ hasText: /^selected/ })
      .boundingBox()
    if (!line) throw new Error('the line is not on screen')
    await page.mouse.dblclick(line.x + 20, line.y + line.height / 2)
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe('selected')
    await close(page)
  })

  it('is read out where that is wanted', async () => {
    const { page, ...opened } = await openTerminal()
    await using _ = opened
    await page.getByRole('button', { name: 'Terminal settings' }).click()
    await page.getByLabel('Screen reader').check()
    await page.getByRole('button', { name: 'Terminal settings' }).click()
    await page.locator('.terminal.focused .terminal-screen').click()
    await hasKeys(page)
    await page.keyboard.type('echo re"ad out"\n')
    await page
      .locator('.terminal.focused .xterm-accessibility-tree [role=listitem]')
      .filter({ hasText: /^read out/ })
      .waitFor({ state: 'attached' })
    await close(page)
  })

  it('waits for the answer to a question about a paste, and is recorded as it says', async () => {
    const { page, says, ...opened } = await openTerminal()
    await using _ = opened
    const record = page.getByRole('button', { name: 'Record' })
    await record.click()
    const stop = page.getByRole('button', { name: 'Stop recording' })
    const file = ((await stop.getAttribute('title')) ?? '').replace('Recording in ', '')
    await page.locator('.terminal.focused .xterm-helper-textarea').focus()
    const paste = () =>
      page.locator('.terminal.focused textarea').evaluate((area) => {
        const data = new DataTransfer()
        data.setData('text/plain', 'echo pas"ted"\necho tw"ice"\n')
        area.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
      })
    const question = page.getByRole('dialog').getByText('Paste 2 lines?')
    await paste()
    await question.waitFor()
    await page.keyboard.type('no')
    await page.keyboard.press('Escape')
    await question.waitFor({ state: 'hidden' })
    await paste()
    await page.getByRole('button', { name: 'Paste', exact: true }).click()
    await says('pasted\n')
    await says('twice')
    // Neither the answer nor what was refused got to the shell.
    expect((await text(page)).match(/^pasted/gm)).toHaveLength(1)
    expect(await text(page)).not.toContain('no')
    await stop.click()
    await record.waitFor()
    expect(readFileSync(file, 'utf8')).toMatch(/^{"version":2,[^]*pasted\\r\\n[^]*twice\\r\\n/)
    await close(page)
  })
})
