import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CONTAINER_NODE, KINDS } from '../cluster/cluster.ts'
import { readBlocks } from '../cluster/read-blocks.ts'
import { skipReason } from '../cluster/start.ts'
import { startApp, startAppWith, type App } from './support/app.ts'
import { findings } from './support/axe.ts'
import { openPage, startBrowser, takePicture } from './support/browser.ts'
import { Screen } from './support/screen.ts'
import { startShop, type Shop } from './support/shop.ts'

const grid = (page: Page, name: string) => page.getByRole('grid', { name })
const row = (page: Page, list: string, name: string) =>
  grid(page, list)
    .getByRole('row')
    .filter({ has: page.getByRole('gridcell', { name, exact: true }) })

const title = `a cluster${skipReason ? ` (skipped: ${skipReason})` : ''}`

describe.skipIf(skipReason !== undefined)(title, { timeout: 120_000 }, () => {
  let shop: Shop
  let app: App
  let browser: Browser

  beforeAll(async () => {
    shop = await startShop()
    app = await startAppWith({ KUBECONFIG: shop.kubeconfig })
    browser = await startBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await app?.[Symbol.asyncDispose]()
    await shop?.[Symbol.asyncDispose]()
  })

  const at = (search: string) => app.url.replace('/#', `/?${search}#`)
  const setup = (page: Page) => page.getByRole('region', { name: 'Capture', exact: true })
  const strip = (page: Page) => page.getByRole('region', { name: 'Capture in progress' })
  const captures = () => {
    const folder = join(app.folder, 'config/captures')
    return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.pcapng')) : []
  }

  async function stopAndOpenLibrary(page: Page): Promise<void> {
    await page.getByRole('button', { name: 'Stop', exact: true }).click()
    await strip(page).getByText('Complete: every byte is here, checked').waitFor()
    await page.getByRole('button', { name: 'Clusters and captures' }).click()
    await page.getByRole('tab', { name: 'Captures' }).click()
  }

  it('is captured with the keyboard alone: context, workload, live lanes, a finding, a file with both nodes', async () => {
    await using opened = await openPage(browser, app.url)
    const { page } = opened
    const { keyboard } = page
    const screen = new Screen(page)

    const context = page.getByRole('button', { name: /^admin/ })
    await context.getByText(/v1\.36\.2 · .* · admin/).waitFor()
    await context.focus()
    await keyboard.press('Enter')
    await row(page, 'Pods', 'client').waitFor()
    await page.getByRole('tab', { name: 'Pods' }).focus()
    await keyboard.press('ArrowRight')
    await row(page, 'Workloads', 'web').waitFor()
    await grid(page, 'Workloads').focus()
    await keyboard.press('ArrowDown')
    await keyboard.press('Enter')

    // Before anything is made: which way, why, and exactly what.
    await setup(page).getByText('An ephemeral container in web-7d9f-a as root, with no capability added.').waitFor()
    const creates = page.getByRole('region', { name: 'What is created' })
    await expect.poll(() => creates.innerText()).toMatch(/An ephemeral container in pod shop\/web-7d9f-b/)
    expect(shop.cluster.findPod('shop', 'web-7d9f-a')?.spec.ephemeralContainers).toBeUndefined()
    const start = page.getByRole('button', { name: 'Create and capture' })
    await start.focus()
    await keyboard.press('Enter')

    // The same workspace as for any capture, while the file grows.
    await strip(page).getByText('Capturing', { exact: true }).waitFor({ timeout: 60_000 })
    await expect.poll(() => screen.count(screen.packets), { timeout: 60_000 }).toBeGreaterThan(50)
    await page.getByText(/^Following the capture, .* so far$/).waitFor()
    const before = await screen.count(screen.packets)
    await expect.poll(() => screen.count(screen.packets), { timeout: 60_000 }).toBeGreaterThan(before + 20)
    await expect.poll(() => strip(page).innerText(), { timeout: 60_000 }).toMatch(/dropped by the kernel\s+0/)
    await expect.poll(() => strip(page).innerText(), { timeout: 60_000 }).toMatch(/directions\s+both/)
    // The shop's path loses packets: the worst conversation says so, and a finding what it is.
    await page.getByRole('tab', { name: /^Conversations/ }).click()
    await expect
      .poll(async () => Number((await screen.column(screen.conversations, 'retransmissions'))[0]), { timeout: 60_000 })
      .toBeGreaterThan(0)
    await page.getByRole('tab', { name: /^Findings/ }).click()
    await page.getByRole('listbox', { name: 'Findings' }).getByRole('option').first().waitFor({ timeout: 60_000 })
    expect(shop.cluster.findPod('shop', 'web-7d9f-a')?.spec.ephemeralContainers).toHaveLength(1)

    // What was pressed keeps the focus, and once nothing is left of it the list has it.
    await strip(page)
      .getByText(/ left$/)
      .waitFor()
    const noEnd = strip(page).getByRole('button', { name: 'No end' })
    await noEnd.press('Enter')
    await strip(page)
      .getByText(/ left$/)
      .waitFor({ state: 'detached' })
    expect(await noEnd.evaluate((element) => element === document.activeElement)).toBe(true)
    await keyboard.press('Control+.')
    await strip(page).getByText('Complete: every byte is here, checked').waitFor({ timeout: 60_000 })
    // The button that had it is gone.
    await page.getByRole('listbox', { name: 'Findings' }).and(page.locator(':focus-within')).waitFor()
    await strip(page).getByRole('button', { name: 'Close' }).press('Enter')
    await page.getByRole('listbox', { name: 'Findings' }).and(page.locator(':focus-within')).waitFor()
    await page.getByText('Following the capture').waitFor({ state: 'detached' })
    const shown = await screen.count(screen.packets)

    const [name = ''] = captures()
    expect(name).toMatch(/^shop-web_.*\.pcapng$/)
    const file = join(app.folder, 'config/captures', name)
    const read = readBlocks(file)
    expect(read.packets.length).toBe(shown)
    expect(read.interfaces.map((one) => `${one.name} ${one.description}`).toSorted((a, b) => (a < b ? -1 : 1))).toEqual(
      [
        'web-7d9f-a:eth0 pod=web-7d9f-a namespace=shop node=node-a interface=eth0 role=pod',
        'web-7d9f-b:eth0 pod=web-7d9f-b namespace=shop node=node-b interface=eth0 role=pod',
      ],
    )
    expect([...read.names.values()]).toEqual(
      expect.arrayContaining(['web-7d9f-a.shop', 'web-7d9f-b.shop', 'client.shop']),
    )
    checkWithTshark(file)
    expect(opened.complaints).toEqual([])
  })

  it('shows pods as they come and go, finds them by label, and tells what is known of one', async () => {
    await using opened = await openPage(browser, at('screen=cluster&context=admin&namespace=shop'))
    const { page } = opened
    await row(page, 'Pods', 'client').click()
    const details = page.getByRole('region', { name: 'Details' })
    await details.getByText('Readiness probe failed: connection refused').waitFor()
    await details.getByText('app=client').waitFor()
    await shop.cluster.pod('shop', 'passing', {}, { app: 'passing' })
    await row(page, 'Pods', 'passing').waitFor()
    const pod = shop.cluster.findPod('shop', 'passing')
    if (pod) shop.cluster.deletePod(pod, 0)
    await row(page, 'Pods', 'passing').waitFor({ state: 'detached' })
    await grid(page, 'Pods').focus()
    await page.keyboard.press('/')
    await page.getByRole('searchbox', { name: 'Search' }).and(page.locator(':focus')).fill('app=web node-b')
    await row(page, 'Pods', 'client').waitFor({ state: 'detached' })
    expect(await grid(page, 'Pods').getAttribute('aria-rowcount')).toBe('2')
    // On to what was found, which the next key is about.
    await page.keyboard.press('ArrowDown')
    await grid(page, 'Pods').and(page.locator(':focus')).waitFor()
    await grid(page, 'Pods').locator('[aria-selected=true]', { hasText: 'web-7d9f-b' }).waitFor()
    // The search stays with the person from one list to the next.
    await page.getByRole('tab', { name: 'Services' }).click()
    await page.getByText('None of 1 has “app=web node-b”').waitFor()
    await page.getByRole('searchbox', { name: 'Search' }).fill('')
    await row(page, 'Services', 'web').click()
    await details.getByRole('button', { name: 'web-7d9f-a' }).click()
    await expect.poll(() => grid(page, 'Pods').locator('[aria-selected=true]').innerText()).toContain('web-7d9f-a')
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await grid(page, 'Pods').focus()
    await page.keyboard.press('Shift+F10')
    await page.getByRole('menuitem', { name: 'Copy kubectl describe' }).click()
    await expect
      .poll(() => page.evaluate(() => navigator.clipboard.readText()))
      .toBe('kubectl --context admin -n shop describe pod web-7d9f-a')
  })

  it('goes on with the row that was ticked: its keys are about no other pod', async () => {
    await using opened = await openPage(browser, at('screen=cluster&context=admin&namespace=shop'))
    const { page } = opened
    await row(page, 'Pods', 'client').click()
    const tick = (name: string) => page.getByRole('checkbox', { name: `Capture ${name}` })
    await tick('web-7d9f-b').click()
    await setup(page).getByText('shop/web-7d9f-b').first().waitFor()
    await page.locator('[data-grid="explorer.pods"]:focus').waitFor()
    await expect.poll(() => grid(page, 'Pods').locator('[aria-selected=true]').innerText()).toContain('web-7d9f-b')
    await page.keyboard.press(' ')
    await expect.poll(() => tick('web-7d9f-b').isChecked()).toBe(false)
    await page.keyboard.press('Enter')
    await expect.poll(() => tick('web-7d9f-b').isChecked()).toBe(true)
    expect(await tick('client').isChecked()).toBe(false)
    expect(opened.complaints).toEqual([])
  })

  it('keeps what was chosen while another context is looked at, and brings back what was cleared', async () => {
    await using opened = await openPage(browser, at('screen=cluster&context=admin&namespace=shop'))
    const { page } = opened
    const points = setup(page).getByRole('region', { name: 'Points' })
    const context = (name: string) => page.getByRole('button', { name: new RegExp(`^${name}`) })
    await page.getByRole('checkbox', { name: 'Capture client' }).click()
    await page.getByRole('checkbox', { name: 'Capture web-7d9f-b' }).click()
    await points.getByText('shop/web-7d9f-b').waitFor()
    await context('narrow').click()
    await points.waitFor({ state: 'detached' })
    await context('admin').click()
    await points.getByText('shop/web-7d9f-b').waitFor()

    await page.getByRole('button', { name: 'Clear', exact: true }).click()
    await setup(page).getByText('2 points cleared: client, web-7d9f-b.').waitFor()
    await page.locator('[data-grid="explorer.pods"]:focus').waitFor()
    await page.keyboard.press('Control+z')
    await points.getByText('shop/client').waitFor()
    await points.getByText('shop/web-7d9f-b').waitFor()

    // One by one as well.
    await page.getByRole('button', { name: 'Do not capture shop/client' }).click()
    await points.getByText('shop/client').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Do not capture shop/web-7d9f-b' }).click()
    await setup(page).getByText('1 point cleared: web-7d9f-b.').waitFor()
    await page.locator('[data-grid="explorer.pods"]:focus').waitFor()
    await page.keyboard.press('Control+z')
    await points.getByText('shop/web-7d9f-b').waitFor()
    expect(opened.complaints).toEqual([])
  })

  it('explains to a narrow user what is forbidden, once, and which rule would help', async () => {
    await using opened = await openPage(browser, at('screen=cluster&context=narrow'))
    const { page } = opened
    await page.getByText('You may not list namespaces: type the one that is yours.').waitFor()
    await page.getByRole('button', { name: 'All', exact: true }).click()
    await page.getByText(/You may not list pods in all namespaces\. Type a namespace that is yours/).waitFor()
    await page.getByRole('textbox', { name: 'Namespace' }).fill('shop')
    await page.getByRole('textbox', { name: 'Namespace' }).press('Enter')
    await row(page, 'Pods', 'client').click()
    await grid(page, 'Pods').focus()
    await page.keyboard.press('Enter')
    await setup(page).getByText('There is no way to capture here with these rights.').waitFor()
    const said = await setup(page).innerText()
    expect(said).toContain('narrow may not patch pods/ephemeralcontainers in namespace shop')
    expect(said).toContain('resources: ["pods/ephemeralcontainers"]')
    expect(said).toContain('There is no way in.')
    expect(await page.getByRole('button', { name: /^Capture$/ }).isDisabled()).toBe(true)
  })

  it('captures in a pod that has no shell and may not run as root', async () => {
    await using opened = await openPage(browser, at('screen=cluster&context=admin&namespace=shop'))
    const { page } = opened
    const screen = new Screen(page)
    await row(page, 'Pods', 'distroless').click()
    await grid(page, 'Pods').focus()
    await page.keyboard.press('Enter')
    await page.getByRole('combobox', { name: 'Protocol' }).selectOption('udp')
    await page.getByRole('textbox', { name: 'Ports' }).fill('9')
    expect(await page.getByRole('textbox', { name: 'Capture filter (BPF)' }).inputValue()).toBe('udp and port 9')
    await page.getByRole('button', { name: 'Create and capture' }).click()
    await strip(page).getByText('Capturing', { exact: true }).waitFor({ timeout: 60_000 })
    const address = shop.cluster.findPod('shop', 'distroless')?.status?.podIP ?? ''
    const send = `setInterval(() => s.send('x', 9, '${address}'), 100); const s = require('node:dgram').createSocket('udp4')`
    const sender = shop.cluster.container('shop', 'client', 'app').exec([CONTAINER_NODE, '-e', send])
    try {
      await expect.poll(() => screen.count(screen.packets), { timeout: 60_000 }).toBeGreaterThan(10)
    } finally {
      if (sender.pid !== undefined) process.kill(sender.pid)
    }
    await stopAndOpenLibrary(page)
    await row(page, 'Captures', 'shop/distroless').waitFor()
  })

  it('checks the filter in the pod, where a shell would have been hurt, and says what tcpdump has against it', async () => {
    await using opened = await openPage(browser, at('screen=cluster&context=admin&namespace=shop'))
    const { page } = opened
    await row(page, 'Pods', 'web-7d9f-a').click()
    await grid(page, 'Pods').focus()
    await page.keyboard.press('Enter')
    const filter = page.getByRole('textbox', { name: 'Capture filter (BPF)' })
    await filter.fill('port 80; touch /tmp/hopscope-owned $(id) `id` "')
    const look = page.getByRole('button', { name: 'Read interfaces and check the filter there now' })
    // With a container of an earlier capture it is checked by itself.
    await look.or(page.getByText('tcpdump does not understand')).first().waitFor()
    if (await look.isVisible()) await look.click()
    await page.getByText(/tcpdump does not understand the filter "port 80; touch/).waitFor()
    expect(await filter.getAttribute('aria-invalid')).toBe('true')
    expect(existsSync('/tmp/hopscope-owned')).toBe(false)
    await filter.fill('tcp port 8080')
    await page.getByText('tcpdump takes it.').waitFor()
    await page.getByRole('combobox', { name: 'Interface of shop/web-7d9f-a' }).selectOption('lo')
  })

  it('says what is left behind, and removes it when asked twice', async () => {
    await using opened = await openPage(browser, at('screen=cluster&context=admin&place=left'))
    const { page } = opened
    await page
      .getByRole('button', { name: 'See what is left' })
      .or(page.getByRole('button', { name: 'Look again' }))
      .first()
      .click()
    await page
      .getByText(/ephemeral container hopscope-/)
      .first()
      .waitFor()
    await page.getByRole('cell', { name: 'ends it' }).first().waitFor()
    await page.getByRole('button', { name: 'Remove what is ours' }).click()
    const dialog = page.getByRole('dialog', { name: 'Remove what is left in admin' })
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await page
      .getByText(/ephemeral container hopscope-/)
      .first()
      .waitFor()
    await page.getByRole('button', { name: 'Remove what is ours' }).click()
    await dialog.getByRole('button', { name: 'Remove' }).click()
    await page.getByText(/nothing is left/).waitFor({ timeout: 60_000 })
    await page.getByText('Deleted or ended:').waitFor()
    const states = shop.cluster.findPod('shop', 'web-7d9f-a')?.status?.ephemeralContainerStatuses ?? []
    expect(states.every(({ state }) => state?.terminated !== undefined)).toBe(true)
  })

  it('captures at both ends of a conversation', async () => {
    await using opened = await openPage(browser, at('screen=cluster&context=admin&place=captures'))
    const { page } = opened
    const screen = new Screen(page)
    await row(page, 'Captures', 'shop/web').click()
    await grid(page, 'Captures').focus()
    await page.keyboard.press('Enter')
    await screen.read()
    await page.getByRole('tab', { name: /^Conversations/ }).click()
    await screen.rows(screen.conversations).first().click({ button: 'right' })
    await page.getByRole('menuitem', { name: 'Capture at both ends' }).click()
    await setup(page).getByText('shop/client', { exact: true }).waitFor()
    await setup(page)
      .getByText(/^shop\/web-7d9f-[ab]$/)
      .waitFor()
    await page.getByRole('combobox', { name: 'Traffic' }).selectOption('among')
    const filter = page.getByRole('textbox', { name: 'Capture filter (BPF)' })
    await expect.poll(() => filter.inputValue()).toMatch(/^host 10\.244\.\d\.\d+ and host 10\.244\.\d\.\d+$/)
  })

  it('keeps captures: opens one again, repeats it with its settings, deletes it after asking', async () => {
    await using opened = await openPage(browser, at('screen=cluster&context=admin&place=captures'))
    const { page } = opened
    const screen = new Screen(page)
    const list = grid(page, 'Captures')
    await row(page, 'Captures', 'shop/web').click()
    await list.focus()
    await page.keyboard.press('Enter')
    await screen.read()
    expect(await screen.count(screen.packets)).toBeGreaterThan(50)
    await page.getByRole('button', { name: 'Clusters and captures' }).click()
    await page.getByRole('tab', { name: 'Captures' }).click()
    // What was chosen before gives way to what is repeated, until that is undone.
    await page.getByRole('tab', { name: 'Pods' }).click()
    // In a fresh list Space is about the first row.
    await row(page, 'Pods', 'client').waitFor()
    await grid(page, 'Pods').focus()
    await page.keyboard.press('Space')
    await setup(page).getByText('shop/client', { exact: true }).waitFor()
    await page.getByRole('tab', { name: 'Captures' }).click()
    await row(page, 'Captures', 'shop/distroless').click()
    await page.getByRole('button', { name: 'Repeat' }).click()
    await setup(page).getByText('1 point replaced: client.').waitFor()
    await page.keyboard.press('Control+z')
    await setup(page).getByText('shop/client', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Repeat' }).click()
    await setup(page).getByText('shop/distroless', { exact: true }).waitFor()
    // Once more it replaces nothing.
    await page.getByRole('button', { name: 'Repeat' }).click()
    await setup(page).getByText('1 point replaced: client.').waitFor()
    expect(await page.getByRole('textbox', { name: 'Capture filter (BPF)' }).inputValue()).toBe('udp and port 9')
    const before = captures().length
    await row(page, 'Captures', 'shop/distroless').click()
    await list.focus()
    await page.keyboard.press('Delete')
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await row(page, 'Captures', 'shop/distroless').waitFor({ state: 'detached' })
    expect(captures().length).toBe(before - 1)
  })

  it('can open a shell from a menu that was open before its pod ran', async () => {
    const pods = KINDS.find(({ resource }) => resource === 'pods')
    if (!pods) throw new Error('the cluster knows no pods')
    const pending = shop.cluster.add('pods', 'shop', {
      metadata: { name: 'starting', namespace: 'shop' },
      spec: { containers: [{ name: 'c', image: 'i' }], nodeName: 'node-a' },
      status: { phase: 'Pending' },
    })
    await using opened = await openPage(browser, at('screen=cluster&context=admin&namespace=shop'))
    const { page } = opened
    await row(page, 'Pods', 'starting').click({ button: 'right' })
    const item = page.getByRole('menuitem', { name: 'Open a shell' })
    await item.and(page.locator(':disabled')).waitFor()
    shop.cluster.store.replace(pods, { ...pending, status: { phase: 'Running' } })
    await item.and(page.locator(':enabled')).waitFor()
    shop.cluster.store.remove(pods, 'shop', 'starting')
    // Of a pod that is gone there is none.
    await page.getByRole('menu').waitFor({ state: 'detached' })
  })

  it('shows 5,000 pods and finds one of them', async () => {
    shop.cluster.namespace('many')
    for (let index = 0; index < 5000; index++) {
      shop.cluster.add('pods', 'many', {
        metadata: { name: `p-${index}`, namespace: 'many', labels: { app: `a${index % 50}` } },
        spec: { containers: [{ name: 'c', image: 'i' }], nodeName: 'node-a' },
        status: { phase: 'Running' },
      })
    }
    await using opened = await openPage(browser, at('screen=cluster&context=admin&namespace=many'))
    const { page } = opened
    const pods = grid(page, 'Pods')
    await expect.poll(() => pods.getAttribute('aria-rowcount'), { timeout: 60_000 }).toBe('5001')
    await pods.focus()
    await page.keyboard.press('End')
    await row(page, 'Pods', 'p-4999').waitFor()
    expect(await pods.getByRole('row').count()).toBeLessThan(100)
    await page.getByRole('searchbox', { name: 'Search' }).fill('p-777')
    await row(page, 'Pods', 'p-777').waitFor()
    await expect.poll(() => pods.getAttribute('aria-rowcount')).toBe('2')
  })

  describe.each(['light', 'dark'] as const)('in the %s theme, axe finds nothing serious', (colorScheme) => {
    it('on its lists, details, set-up, library and what is left', async () => {
      await using opened = await openPage(browser, at('screen=cluster&context=admin&namespace=shop'), { colorScheme })
      const { page } = opened
      await row(page, 'Pods', 'client').click()
      await page.getByText('Readiness probe failed').waitFor()
      expect(await findings(page)).toEqual([])
      await grid(page, 'Pods').focus()
      await page.keyboard.press('Enter')
      await page
        .getByRole('button', { name: /^(Create and capture|Capture)$/ })
        .and(page.locator(':enabled'))
        .waitFor()
      for (const summary of await page.locator('.capture-setup summary').all()) await summary.click()
      expect(await findings(page)).toEqual([])
      for (const tab of ['Services', 'Nodes', 'Captures', 'Left behind']) {
        await page.getByRole('tab', { name: tab }).click()
        expect(await findings(page)).toEqual([])
      }
      await page.getByRole('button', { name: /^narrow/ }).click()
      await page.getByRole('tab', { name: 'Pods' }).click()
      await page.getByText('You may not list namespaces: type the one that is yours.').waitFor()
      expect(await findings(page)).toEqual([])
    })
  })
})

describe.skipIf(skipReason !== undefined)('beside clusters of the person', () => {
  it('starts a demo that takes no name of theirs, and captures in it', { timeout: 120_000 }, async () => {
    await using shop = await startShop()
    await using app = await startAppWith({ KUBECONFIG: shop.kubeconfig })
    await using browser = await disposable(startBrowser())
    await using opened = await openPage(browser.browser, app.url)
    const { page } = opened
    const screen = new Screen(page)
    await page.getByRole('button', { name: 'Try a demo cluster' }).click()
    await page.getByText('This is a demo:').waitFor({ timeout: 60_000 })
    await page.getByRole('tab', { name: 'Workloads' }).click()
    await page.getByRole('gridcell', { name: 'checkout', exact: true }).click({ timeout: 60_000 })
    await page.getByRole('grid', { name: 'Workloads' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Create and capture' }).click()
    await expect.poll(() => screen.count(screen.packets), { timeout: 60_000 }).toBeGreaterThan(20)
    await page.getByRole('button', { name: 'Stop', exact: true }).press('Enter')
    await page.getByText('Complete: every byte is here, checked').waitFor({ timeout: 60_000 })
    // The focus stays where it was, for the next step.
    const repeat = page.getByRole('button', { name: 'Repeat' })
    expect(await repeat.evaluate((element) => element === document.activeElement)).toBe(true)
  })
})

describe('without a cluster', () => {
  it('says where it looked for a kubeconfig, and offers a demo that says it is one', async () => {
    await using app = await startApp()
    await using browser = await disposable(startBrowser())
    await using opened = await openPage(browser.browser, app.url)
    const { page } = opened
    await page.getByRole('button', { name: 'Clusters and captures' }).first().click()
    await page.getByText(/No kubeconfig was found\. Looked at \/nowhere\/kubeconfig/).waitFor()
    expect(await page.getByRole('region', { name: 'Details' }).innerText()).not.toMatch(/Choose a pod/)
    await takePicture(page, 'no-cluster')
    await page.getByRole('button', { name: 'Try a demo cluster' }).click()
    await page.getByText('This is a demo:').waitFor({ timeout: 60_000 })
    const pod = row(page, 'Pods', 'orders-0')
    await pod.click({ timeout: 60_000 })
    await takePicture(page, 'demo-pods')
    // Where a pod runs can be read without scrolling, also in a small window.
    expect(page.viewportSize()?.width).toBe(1280)
    const right = (locator: Locator) => locator.evaluate((element) => element.getBoundingClientRect().right)
    expect(await right(pod.locator('[data-column=node]'))).toBeLessThanOrEqual(await right(grid(page, 'Pods')))

    // Who has only a mouse finds the way to a capture where the pod is described.
    await page.getByRole('region', { name: 'Details' }).getByRole('button', { name: 'Capture here' }).click()
    await page.getByRole('button', { name: 'Create and capture' }).and(page.locator(':focus')).waitFor()

    // A click on a tab leads into its list, and what was pressed there hands the focus on.
    const focused = () => page.evaluate(() => document.activeElement?.ariaLabel ?? document.activeElement?.textContent)
    for (const name of ['Services', 'Captures', 'Nodes']) {
      await page.getByRole('tab', { name }).click()
      await expect.poll(focused).toBe(name)
    }
    await page.getByRole('tab', { name: 'Left behind' }).click()
    await expect.poll(focused).toBe('See what is left')
    await page.keyboard.press('Enter')
    await expect.poll(focused).toBe('Look again')

    // It is one of the contexts now, and not offered a second time.
    await page.getByRole('button', { name: 'Hopscope: back to the start' }).click()
    await page.getByRole('button', { name: /^demo not a real cluster/ }).waitFor()
    expect(await page.getByRole('button', { name: 'Try a demo cluster' }).count()).toBe(0)
  })
})

async function disposable(starting: Promise<Browser>): Promise<{ readonly browser: Browser } & AsyncDisposable> {
  const browser = await starting
  return { browser, [Symbol.asyncDispose]: () => browser.close() }
}

/** What someone sees who opens the file elsewhere; where tshark is not installed, readBlocks has to do. */
function checkWithTshark(file: string): void {
  const fields = ['-e', 'frame.interface_name', '-e', 'ip.src_host']
  const { status, stdout } = spawnSync('tshark', ['-r', file, '-N', 'n', '-T', 'fields', ...fields], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
  if (status !== 0) return
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => line.split('\t'))
  expect(new Set(lines.map(([on]) => on))).toEqual(new Set(['web-7d9f-a:eth0', 'web-7d9f-b:eth0']))
  expect(lines.flatMap(([, host]) => host ?? [])).toEqual(expect.arrayContaining(['client.shop']))
}
