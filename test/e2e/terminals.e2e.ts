import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Ledger } from '../../main/kubernetes/capture/ledger.ts'
import { skipReason } from '../cluster/start.ts'
import { startAppWith, type App } from './support/app.ts'
import { appInBrowser } from './support/app-in-browser.ts'
import { findings } from './support/axe.ts'
import { openPage, takePicture } from './support/browser.ts'
import { startShop, type Shop } from './support/shop.ts'
import { drawWithElements, hasKeys, screenText as text } from './support/terminal.ts'

/** A shell without anybody's profile: its prompt and its words are the same everywhere. */
process.env['SHELL'] = '/bin/sh'

const served = appInBrowser()
const { open } = served

async function openTerminal(page: Page): Promise<void> {
  await drawWithElements(page)
  await page.getByRole('button', { name: 'Open a capture' }).first().waitFor()
  await page.keyboard.press('Control+Backquote')
  await page.locator('[data-terminal=running]').waitFor()
  // What is typed before there is a prompt is echoed before it, too.
  await expect.poll(() => text(page)).toMatch(/[$#]\s*$/)
  await page.locator('.terminal.focused .xterm-helper-textarea').focus()
}

describe('a terminal on this machine', { timeout: 120_000 }, () => {
  it('shows what is typed and said, in the size of its place, with every character whole', async () => {
    await using opened = await open()
    const { page, complaints } = opened
    await openTerminal(page)
    await page.keyboard.type('stty size; printf "gr\\303\\274n \\342\\202\\254 \\360\\237\\220\\231 %s\\n" done\n')
    await expect.poll(() => text(page)).toContain('grün € 🐙 done')
    const [, rows = '0', columns = '0'] =
      /(\d+) (\d+)/.exec((await text(page)).split('\n').find((line) => /^\s*\d+ \d+\s*$/.test(line)) ?? '') ?? []
    expect(Number(columns)).toBeGreaterThan(100)
    expect(Number(rows)).toBeGreaterThan(5)
    await page.keyboard.type('exit 3\n')
    await page.getByRole('status').getByText('The shell ended with exit code 3.').waitFor()
    await page.getByRole('button', { name: 'Reconnect' }).click()
    await page.locator('[data-terminal=running]').waitFor()
    expect(await text(page)).toContain('grün')
    await hasKeys(page)
    // The same with one key, also from within a program that took the whole screen and the mouse.
    await page.keyboard.type('printf "\\033[?1049h\\033[?1000h\\033[?25lfull"; exit 4\n')
    await expect.poll(() => text(page)).toMatch(/grün[^]*The shell ended with exit code 4. Press Enter to start again./)
    await hasKeys(page)
    await page.keyboard.press('Enter')
    await page.keyboard.type('echo ag"ain"\n')
    await expect.poll(() => text(page)).toContain('again\n')
    expect(await text(page)).toContain('grün')
    expect(await page.locator('.terminal.focused .xterm').getAttribute('class')).not.toContain('enable-mouse-events')
    await page.getByRole('button', { name: /^Close terminal/ }).click()
    await expect.poll(() => page.locator('[data-terminal]').count()).toBe(0)
    expect(complaints).toEqual([])
  })

  it('has no key any more once it is hidden', async () => {
    await using opened = await open()
    const { page } = opened
    await drawWithElements(page)
    const before = page.getByRole('button', { name: 'Open a capture' }).first()
    await before.focus()
    await page.keyboard.press('Control+Backquote')
    await page.locator('[data-terminal=running]').waitFor()
    await page.keyboard.type('trap \'echo res""ized\' WINCH; echo w""atches\n')
    await expect.poll(() => text(page)).toContain('watches\n')
    await page.keyboard.press('Control+Backquote')
    await expect.poll(() => before.evaluate((button) => button === document.activeElement)).toBe(true)
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keys' }).waitFor()
    await page.keyboard.press('Escape')
    // Shown again it has the keys, and its program noticed nothing.
    await page.keyboard.press('Control+Backquote')
    await hasKeys(page)
    await page.keyboard.type('echo st"ill here"\n')
    await expect.poll(() => text(page)).toContain('still here')
    expect(await text(page)).not.toContain('resized')
    await page.getByRole('button', { name: /^Close terminal/ }).click()
  })

  it('stays quick under 100 MB of output and stops at Ctrl-C', async () => {
    await using opened = await open()
    const { page } = opened
    await openTerminal(page)
    await page.keyboard.type('yes "$(seq -s " " 30)" | head -c 100000000; echo a"ll of it"\n')
    await expect.poll(() => text(page), { timeout: 90_000 }).toContain('all of it')
    await page.keyboard.type('yes again\n')
    await expect.poll(() => text(page)).toContain('again\nagain')
    await page.keyboard.press('Control+c')
    await page.keyboard.type('echo st"opped"\n')
    await expect.poll(() => text(page)).toContain('stopped')
    await page.getByRole('button', { name: /^Close terminal/ }).click()
  })

  it('pastes 5,000 lines byte for byte, after asking', async () => {
    await using opened = await open()
    const { page } = opened
    const file = join(served.app.folder, 'pasted')
    const lines = Array.from({ length: 5000 }, (_, i) => `line ${i} ${'é'.repeat(i % 40)}\n`).join('')
    await openTerminal(page)
    await page.keyboard.type(`stty -echo; echo re"ady"; cat > '${file}'; echo wr"itten"\n`)
    await expect.poll(() => text(page)).toContain('ready')
    await page.locator('.terminal.focused .terminal-screen').evaluate((element, pasted) => {
      const data = new DataTransfer()
      data.setData('text/plain', pasted)
      element
        .querySelector('textarea')
        ?.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
    }, lines)
    await page.getByRole('dialog').getByText('Paste 5,000 lines?').waitFor()
    await page.getByRole('button', { name: 'Paste', exact: true }).click()
    await expect.poll(() => readFileSync(file, 'utf8').length, { timeout: 60_000 }).toBe(lines.length)
    await page.keyboard.press('Control+d')
    await expect.poll(() => text(page)).toContain('written')
    expect(readFileSync(file, 'utf8')).toBe(lines)
    await page.getByRole('button', { name: /^Close terminal/ }).click()
  })

  it('opens links in a tab of their own that knows nothing of this one', async () => {
    await using opened = await open()
    const { page } = opened
    await openTerminal(page)
    await page.context().route('https://hopscope.example/**', (route) => route.fulfill({ body: 'there' }))
    await page.keyboard.type('echo "see https://hopscope.example/plain";')
    await page.keyboard.type(
      ' printf "\\033]8;;https://hopscope.example/hidden\\033\\\\click\\033]8;;\\033\\\\ he"re\n',
    )
    await expect.poll(() => text(page)).toMatch(/^click here/m)
    const follow = async (row: RegExp, column: number) => {
      const line = page.locator('.terminal.focused .xterm-rows > div').filter({ hasText: row }).last()
      const box = await line.boundingBox()
      if (!box) throw new Error('the link is not on screen')
      const at = { x: box.x + column * 7.8, y: box.y + box.height / 2 }
      const tab = page.context().waitForEvent('page')
      await page.mouse.move(at.x - 2, at.y)
      await page.mouse.move(at.x, at.y)
      await page.mouse.click(at.x, at.y)
      return tab
    }
    const plain = await follow(/^see https/, 12)
    expect(plain.url()).toBe('https://hopscope.example/plain')
    expect(await plain.evaluate(() => window.opener)).toBeNull()
    await plain.close()
    const hidden = await follow(/^click here/, 2)
    expect(hidden.url()).toBe('https://hopscope.example/hidden')
    expect(await hidden.evaluate(() => window.opener)).toBeNull()
    await hidden.close()
    await page.getByRole('button', { name: /^Close terminal/ }).click()
  })

  it('goes on through a reload of the page, where it was and with what was on the screen', async () => {
    await using opened = await open()
    const { page } = opened
    await openTerminal(page)
    const shell = (name: string) => page.locator('[data-terminal]').filter({ hasText: `this is ${name}` })
    const becomes = async (name: string) => {
      await page.locator('.terminal.focused[data-terminal=running]').waitFor()
      await hasKeys(page)
      await page.keyboard.type(`name=${name}; echo this is "$name"\n`)
      await shell(name).waitFor()
    }
    // One that is alone in its tab has its name there, those side by side have it above them.
    const names = page.getByRole('region', { name: 'Terminals', exact: true }).getByText('sh', { exact: true })
    await becomes('one')
    await expect.poll(() => names.count()).toBe(1)
    await page.getByRole('button', { name: 'New terminal' }).click()
    await becomes('two')
    await page.getByRole('button', { name: 'Split' }).click()
    await becomes('three')
    await expect.poll(() => names.count()).toBe(3)
    await shell('two').locator('.terminal-screen').click()
    await page.locator('[data-terminal].focused').filter({ hasText: 'this is two' }).waitFor()

    await page.reload()
    await shell('two').waitFor()
    await shell('three').waitFor()
    expect(await page.locator('[data-terminal]:visible').allInnerTexts()).toEqual([
      expect.stringContaining('this is two'),
      expect.stringContaining('this is three'),
    ])
    // Nobody asked for it since: keys are the window's. One key goes to the terminal, the next hides it.
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keys' }).waitFor()
    await page.keyboard.press('Escape')
    await page.keyboard.press('Control+Backquote')
    await hasKeys(page)
    await page.keyboard.type('echo "still $name"\n')
    await expect.poll(() => text(page)).toContain('still two')
    await page.keyboard.press('Control+Backquote')
    await expect.poll(() => page.locator('[data-terminal]:visible').count()).toBe(0)
    await page.keyboard.press('Control+Backquote')
    await page.getByRole('region', { name: 'Terminals' }).getByRole('tab').first().click()
    await hasKeys(page)
    await page.keyboard.type('echo "still $name"\n')
    await expect.poll(() => text(page)).toContain('still one')
    for (let left = 3; left > 0; left--) {
      await page
        .locator('.terminal.focused')
        .getByRole('button', { name: /^Close terminal/ })
        .click()
      await expect.poll(() => page.locator('[data-terminal]').count()).toBe(left - 1)
    }
  })
})

const title = `terminals into a cluster${skipReason ? ` (skipped: ${skipReason})` : ''}`

describe.skipIf(skipReason !== undefined)(title, { timeout: 120_000 }, () => {
  let shop: Shop
  let clusterApp: App
  beforeAll(async () => {
    shop = await startShop()
    clusterApp = await startAppWith({ KUBECONFIG: shop.kubeconfig })
  })
  afterAll(async () => {
    await clusterApp?.[Symbol.asyncDispose]()
    await shop?.[Symbol.asyncDispose]()
  })
  const at = (search: string) => clusterApp.url.replace('/#', `/?${search}#`)

  async function openMenu(page: Page, list: string, name: string): Promise<void> {
    await page
      .getByRole('grid', { name: list })
      .getByRole('row')
      .filter({ has: page.getByRole('gridcell', { name, exact: true }) })
      .click({ button: 'right' })
  }

  it('leads by Tab from an image without a shell to a debug container', async () => {
    await using opened = await openPage(served.browser, at('screen=cluster&context=admin&namespace=shop'))
    const { page } = opened
    await openMenu(page, 'Pods', 'distroless')
    await page.getByRole('menuitem', { name: 'Open a shell' }).click()
    const button = page.getByRole('button', { name: 'Add a debug container' })
    await button.waitFor()
    await page.getByRole('textbox', { name: 'Terminal input' }).focus()
    await page.keyboard.press('Tab')
    expect(await button.evaluate((element) => element === document.activeElement)).toBe(true)
    await page.getByRole('button', { name: /^Close terminal/ }).click()
    await expect.poll(() => page.locator('[data-terminal]').count()).toBe(0)
  })

  it('leads from a pod to a shell in it, and says when the pod is deleted', async () => {
    await using opened = await openPage(served.browser, at('screen=cluster&context=admin'))
    const { page, complaints } = opened
    await drawWithElements(page)
    await openMenu(page, 'Pods', 'client')
    await page.getByRole('menuitem', { name: /Open a shell/ }).click()
    await page.locator('[data-terminal=running]').waitFor()
    await page.locator('.terminal.focused .xterm-helper-textarea').focus()
    await page.keyboard.type('ip -o -4 addr show eth0 | grep -c inet; echo in "$((40 + 2))"\n')
    await expect.poll(() => text(page)).toContain('in 42')
    await page.emulateMedia({ colorScheme: 'dark' })
    await takePicture(page, 'terminal-dark')
    await page.emulateMedia({ colorScheme: 'light' })
    await takePicture(page, 'terminal-light')
    expect(await findings(page)).toEqual([])
    const pod = shop.cluster.findPod('shop', 'client')
    if (!pod) throw new Error('the shop has no client')
    shop.cluster.deletePod(pod, 1)
    await page
      .getByRole('status')
      .getByText(/Pod client (was|is being) deleted|Container .* ended/)
      .waitFor()
    expect(await text(page)).toContain('in 42')
    await page.getByRole('button', { name: /^Close terminal/ }).click()
    expect(complaints).toEqual([])
  })

  it('asks which container of a pod that has several', async () => {
    const image = 'example.com/app:1'
    const containers = ['app', 'proxy'].map((name) => ({ name, image, env: [{ name: 'ROLE', value: `the ${name}` }] }))
    await shop.cluster.pod('shop', 'pair', { nodeName: 'node-a', containers })
    await using opened = await openPage(served.browser, at('screen=cluster&context=admin'))
    const { page } = opened
    await drawWithElements(page)
    // A row that goes moves the others from under the pointer.
    const pods = page.getByRole('grid', { name: 'Pods' })
    await pods.getByRole('row', { name: /pair.*Running/ }).waitFor()
    await pods.getByRole('gridcell', { name: 'client', exact: true }).waitFor({ state: 'detached' })
    for (const name of ['proxy', 'app']) {
      await openMenu(page, 'Pods', 'pair')
      await page.getByRole('menuitem', { name: `Open a shell in ${name}` }).click()
      await page
        .getByRole('tab', { name: `pair (${name})` })
        .and(page.locator('[aria-selected=true]'))
        .waitFor()
      // It need not be connected yet.
      await hasKeys(page)
      await page.keyboard.type('echo "this is $ROLE"\n')
      await expect.poll(() => text(page)).toContain(`this is the ${name}`)
    }
    for (let left = 2; left > 0; left--) {
      await page
        .locator('[data-terminal].focused')
        .getByRole('button', { name: /^Close terminal/ })
        .click()
      await expect.poll(() => page.locator('[data-terminal]').count()).toBe(left - 1)
    }
  })

  it('makes a pod for a shell on a node, says so, and removes it with the shell', async () => {
    await using opened = await openPage(served.browser, at('screen=cluster&context=admin&place=nodes'))
    const { page } = opened
    await drawWithElements(page)
    await openMenu(page, 'Nodes', 'node-a')
    await page.getByRole('menuitem', { name: /Open a shell on the node/ }).click()
    await page.getByText(/Privileged pod .* was made on node node-a/).waitFor()
    await page.locator('.terminal.focused .xterm-helper-textarea').focus()
    await page.keyboard.type('echo on "$((1 + 1))"\n')
    await expect.poll(() => text(page)).toContain('on 2')
    await page.getByRole('button', { name: /^Close terminal/ }).click()
    await expect.poll(() => page.locator('[data-terminal]').count(), { timeout: 30_000 }).toBe(0)
  })

  it('leaves no pod behind when the host is killed: the next one removes it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hopscope-e2e-'))
    const environment = { KUBECONFIG: shop.kubeconfig, HOPSCOPE_CONFIG: folder }
    const ledger = new Ledger(join(folder, 'ledger.jsonl'))
    {
      await using killed = await startAppWith(environment)
      await using opened = await openPage(
        served.browser,
        killed.url.replace('/#', '/?screen=cluster&context=admin&place=nodes#'),
      )
      const { page } = opened
      await openMenu(page, 'Nodes', 'node-b')
      await page.getByRole('menuitem', { name: /Open a shell on the node/ }).click()
      await page.locator('[data-terminal=running]').waitFor()
      await killed.kill()
    }
    const [{ namespace, pod } = { namespace: '', pod: '' }] = await ledger.open()
    expect(shop.cluster.findPod(namespace, pod)).toBeDefined()
    {
      await using _next = await startAppWith(environment)
      await expect.poll(() => shop.cluster.findPod(namespace, pod)).toBeUndefined()
      await expect.poll(() => ledger.open()).toEqual([])
    }
    rmSync(folder, { recursive: true, force: true })
  })

  it('runs checks on a node', async () => {
    await using opened = await openPage(served.browser, at('screen=cluster&context=admin&place=nodes'))
    const { page } = opened
    await openMenu(page, 'Nodes', 'node-a')
    await page.getByRole('menuitem', { name: /Run checks on the node/ }).click()
    const dialog = page.getByRole('dialog', { name: 'Checks on node node-a' })
    await dialog.getByText('A privileged pod is made on the node for it, and removed right after.').waitFor()
    await dialog.getByRole('button', { name: 'Run' }).click()
    await dialog
      .getByRole('region', { name: 'ip r' })
      .getByText(/10\.244\./)
      .waitFor()
  })
})
