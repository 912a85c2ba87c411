import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { skipReason } from '../cluster/start.ts'
import { startAppWith, type App } from './support/app.ts'
import { findings } from './support/axe.ts'
import { openPage, startBrowser, takePicture } from './support/browser.ts'
import { Screen } from './support/screen.ts'
import { startShop, type Shop } from './support/shop.ts'
import { drawWithElements, screenText, typeInto } from './support/terminal.ts'

const CLI = resolve(import.meta.dirname, '../../out/main/cli.js')
const title = `the pods behind a capture's addresses${skipReason ? ` (skipped: ${skipReason})` : ''}`

describe.skipIf(skipReason !== undefined)(title, { timeout: 120_000 }, () => {
  let shop: Shop
  let app: App
  let browser: Browser
  let folder: string
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hopscope-e2e-'))
    ;[shop, browser] = await Promise.all([startShop(), startBrowser()])
    const file = join(folder, 'client.pcapng')
    const environment = { KUBECONFIG: shop.kubeconfig, HOPSCOPE_CONFIG: join(folder, 'config'), SHELL: '/bin/sh' }
    const how = ['-n', 'shop', 'client', '--filter', 'tcp port 8080', '--packets', '200', '-o', file]
    await promisify(execFile)(process.execPath, [CLI, 'capture', ...how], { env: { ...process.env, ...environment } })
    app = await startAppWith({ KUBECONFIG: shop.kubeconfig }, [file])
  }, 120_000)
  afterAll(async () => {
    await app?.[Symbol.asyncDispose]()
    await browser?.close()
    await shop?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })
  const at = (search: string) => app.url.replace('/#', `/?${search}#`)

  async function open(search = 'context=admin') {
    const opened = await openPage(browser, at(search))
    const screen = new Screen(opened.page)
    await screen.read()
    await drawWithElements(opened.page)
    await screen.read()
    return { ...opened, screen }
  }
  async function menuOfConversation(page: Page, screen: Screen): Promise<readonly string[]> {
    await screen.rows(screen.conversations).first().click({ button: 'right' })
    return page.getByRole('menuitem', { name: /Open a shell/ }).allInnerTexts()
  }

  it('are asked for when a shell is wanted there, and then known by name to menus and the palette', async () => {
    await using opened = await open()
    const { page, screen, complaints } = opened
    // Nobody has said yet that the cluster may be asked.
    expect(await menuOfConversation(page, screen)).toEqual([
      expect.stringMatching(/^Open a shell at .*asks admin$/s),
      expect.stringMatching(/^Open a shell at .*asks admin$/s),
    ])
    await page.getByRole('menuitem', { name: /Open a shell at client/ }).click()
    await page.getByRole('region', { name: 'Terminal client (app)' }).waitFor()
    await typeInto(page, 'ip -o -4 addr show eth0\n')
    const address = shop.cluster.findPod('shop', 'client')?.status?.podIP ?? 'none'
    await expect.poll(() => screenText(page)).toContain(address)

    const named = await menuOfConversation(page, screen)
    expect(named.join('\n')).toMatch(/Open a shell in client/)
    expect(named.join('\n')).toMatch(/Open a shell in web-7d9f-[ab]/)
    await takePicture(page, 'shells-of-conversation')
    await page.keyboard.press('Escape')
    await screen.packets.locator('.grid-body-row').first().click({ button: 'right' })
    expect(await page.getByRole('menuitem', { name: /Open a shell in/ }).count()).toBe(2)
    await page.keyboard.press('Escape')

    await page.keyboard.press('Control+k')
    await page.keyboard.type('shell web-7d9f-b')
    await page.getByRole('option', { name: 'Open a shell in web-7d9f-b, namespace shop' }).waitFor()
    await takePicture(page, 'shells-in-palette')
    await page.keyboard.press('Enter')
    await page.getByRole('region', { name: 'Terminal web-7d9f-b (app)' }).waitFor()
    expect(complaints).toEqual([])
  })

  it('are reached from the layers of a packet', async () => {
    await using opened = await open()
    const { page, screen } = opened
    await screen.rows(screen.packets).first().click()
    const layer = screen.inspector.getByRole('treeitem', { name: /^Internet Protocol/ })
    await layer.locator('.tree-arrow').click()
    await screen.inspector.getByRole('treeitem', { name: /^Source Address/ }).click({ button: 'right' })
    await page.getByRole('menuitem', { name: /^Open a shell at/ }).click()
    await page.getByRole('region', { name: /^Terminal (client|web-7d9f-[ab]) \(app\)/ }).waitFor()
  })

  it('run checks whose output is kept with the capture', async () => {
    await using opened = await open()
    const { page, screen, complaints } = opened
    // The cluster has been asked once a shell was wanted.
    await menuOfConversation(page, screen)
    await page.getByRole('menuitem', { name: /Open a shell at client/ }).click()
    await page.locator('.terminal.focused[data-terminal=running]').waitFor()
    await screen.rows(screen.conversations).first().click({ button: 'right' })
    await page.getByRole('menuitem', { name: 'Run checks in client' }).click()
    const dialog = page.getByRole('dialog', { name: 'Checks in client' })
    await dialog.getByRole('checkbox', { name: /conntrack/ }).uncheck()
    await dialog.getByRole('button', { name: 'Run' }).click()
    await dialog.getByText('Kept as 4 notes of client.pcapng').waitFor()
    const address = shop.cluster.findPod('shop', 'client')?.status?.podIP ?? 'none'
    expect(await dialog.getByRole('region', { name: 'ip a' }).locator('pre').innerText()).toContain(address)
    expect(await findings(page)).toEqual([])
    await takePicture(page, 'checks-light')
    await page.emulateMedia({ colorScheme: 'dark' })
    await takePicture(page, 'checks-dark')
    const kept = readFileSync(join(folder, 'client.pcapng.hopscope-notes.jsonl'), 'utf8')
    expect(kept).toContain(`ss -tin in container app of pod client`)
    expect(kept).toContain(address)
    // Nothing of it went through the shell that is open.
    expect(await screenText(page)).not.toContain('inet')
    expect(complaints).toEqual([])
  })

  it('are not there without a cluster to ask', async () => {
    await using opened = await open('')
    const { page, screen } = opened
    expect(await menuOfConversation(page, screen)).toEqual([])
  })

  it('are told to be gone when no pod has the address any more', async () => {
    const deleted = shop.cluster.findPod('shop', 'web-7d9f-a')
    if (!deleted) throw new Error('the shop has no web-7d9f-a')
    shop.cluster.deletePod(deleted, 0)
    await expect.poll(() => shop.cluster.findPod('shop', 'web-7d9f-a')).toBeUndefined()
    await using opened = await open()
    const { page, screen } = opened
    // The first conversation may be another pod's.
    await screen.rows(screen.conversations).filter({ hasText: 'web-7d9f-a' }).first().click({ button: 'right' })
    await page.getByRole('menuitem', { name: /Open a shell at web-7d9f-a/ }).click()
    await page.getByText(`No running pod or node of admin has the address ${deleted.status?.podIP} now.`).waitFor()
  })
})
