import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { skipReason } from '../cluster/start.ts'
import { startAppWith, type App } from './support/app.ts'
import { findings } from './support/axe.ts'
import { openPage, startBrowser, takePicture } from './support/browser.ts'
import { Screen } from './support/screen.ts'
import { startShop, type Shop } from './support/shop.ts'
import { drawWithElements, screenText, typeInto } from './support/terminal.ts'

const title = `terminals beside the time axis${skipReason ? ` (skipped: ${skipReason})` : ''}`

describe.skipIf(skipReason !== undefined)(title, { timeout: 120_000 }, () => {
  let shop: Shop
  let app: App
  let browser: Browser
  beforeAll(async () => {
    ;[shop, browser] = await Promise.all([startShop(), startBrowser()])
    app = await startAppWith({ KUBECONFIG: shop.kubeconfig })
  })
  afterAll(async () => {
    await app?.[Symbol.asyncDispose]()
    await browser?.close()
    await shop?.[Symbol.asyncDispose]()
  })

  it('put commands on the axis when asked to, and mark what they printed in a selected time', async () => {
    await using opened = await openPage(
      browser,
      app.url.replace('/#', '/?screen=cluster&context=admin&namespace=shop#'),
    )
    const { page, complaints } = opened
    const screen = new Screen(page)
    await drawWithElements(page)
    const pods = page.getByRole('grid', { name: 'Pods' })
    await pods.getByRole('gridcell', { name: 'client', exact: true }).click()
    await pods.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Create and capture' }).click()
    await screen.status.waitFor({ timeout: 60_000 })
    await screen.packets.locator('.grid-body-row').first().waitFor({ timeout: 60_000 })

    await page.keyboard.press('Control+k')
    await page.keyboard.type('shell client')
    await page.getByRole('option', { name: 'Open a shell in client, namespace shop' }).click()
    const run = async (command: string, says: string | RegExp = /[#$]$/) => {
      await expect.poll(() => screenText(page).then((text) => text.trimEnd())).toMatch(/[#$]$/)
      await typeInto(page, `${command}\n`)
      await expect.poll(() => screenText(page).then((text) => text.trimEnd())).toMatch(says)
    }
    await run('echo not n"oted"', 'not noted')
    await page.getByRole('button', { name: 'Note commands' }).click()
    await run('echo this one is k"ept"', 'this one is kept')
    // A secret is not echoed: it is not on screen, and in no note.
    await run('read -s -p "Pass"word: secret', 'Password:')
    await typeInto(page, 'hunter2\n')
    await run('for i in $(seq 30); do echo line $i; done; echo e"nd"', /^end$/m)
    const folder = join(app.folder, 'config/captures')
    const notes = () =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.hopscope-notes.jsonl'))
        .map((name) => readFileSync(join(folder, name), 'utf8'))
        .join('')
    await expect.poll(notes).toContain('seq 30')
    expect(notes()).toContain('echo this one is k\\"ept\\"\\nin client (app)')
    expect(notes()).toContain('"kind":"range"')
    expect(notes()).not.toContain('n\\"oted')
    expect(notes()).not.toContain('hunter2')

    await page.keyboard.press('Control+Shift+P')
    await page.keyboard.type('stop capturing')
    await page.keyboard.press('Enter')
    await page.getByText('Complete: every byte is here, checked').waitFor({ timeout: 60_000 })
    expect(await page.getByRole('button', { name: 'Note commands' }).isDisabled()).toBe(true)
    await screen.brush(0.02, 0.98)
    await page.getByText(/^\d+ lines of the selected time$/).waitFor()
    expect(await page.locator('.terminal-marked i').count()).toBeGreaterThan(0)
    expect(await findings(page)).toEqual([])
    await takePicture(page, 'terminal-marked-light')
    await page.emulateMedia({ colorScheme: 'dark' })
    await takePicture(page, 'terminal-marked-dark')
    await page.getByRole('button', { name: 'Show all times' }).click()
    await expect.poll(() => page.locator('.terminal-marked i').count()).toBe(0)
    expect(complaints).toEqual([])
  })
})
