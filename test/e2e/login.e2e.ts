import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EVERYTHING, TestCluster } from '../cluster/cluster.ts'
import { skipReason } from '../cluster/start.ts'
import { kubeconfigWithLogin, LOGIN_CODE } from '../support/login-plugin.ts'
import { startAppWith, type App } from './support/app.ts'
import { findings } from './support/axe.ts'
import { openPage, startBrowser, takePicture } from './support/browser.ts'
import { drawWithElements, screenText, typeInto } from './support/terminal.ts'

const SECRET = 'PLANTED-c07d55e1-SECRET'
const title = `a context that wants a login${skipReason ? ` (skipped: ${skipReason})` : ''}`

describe.skipIf(skipReason !== undefined)(title, { timeout: 120_000 }, () => {
  let cluster: TestCluster
  let app: App
  let browser: Browser
  beforeAll(async () => {
    cluster = await TestCluster.start({ users: [{ name: 'ops', token: SECRET, rules: EVERYTHING }] })
    await cluster.pod('default', 'web', { nodeName: 'node-a' })
    const { path } = kubeconfigWithLogin(cluster, cluster.folder, ['corp'])
    ;[app, browser] = await Promise.all([startAppWith({ KUBECONFIG: path }), startBrowser()])
  })
  afterAll(async () => {
    await browser?.close()
    await app?.[Symbol.asyncDispose]()
    await cluster?.close()
  })

  it('is logged in to in a terminal, where a wrong answer can be given again, and becomes reachable by itself', async () => {
    await using opened = await openPage(browser, app.url.replace('/#', '/?screen=cluster&context=corp#'))
    const { page, complaints } = opened
    await drawWithElements(page)
    await page.getByRole('heading', { name: 'corp wants you to log in' }).waitFor()
    await takePicture(page, 'login-needed')
    expect(await findings(page)).toEqual([])
    await page.getByRole('status').getByRole('button', { name: 'Log in in a terminal' }).click()

    await expect.poll(() => screenText(page)).toContain('Code from your phone:')
    await typeInto(page, '000000\n')
    await expect.poll(() => screenText(page)).toContain('The login ended with exit code 3. Press Enter to start again.')
    await page.getByRole('status').getByText('The login ended with exit code 3.').waitFor()
    await page.emulateMedia({ colorScheme: 'dark' })
    await takePicture(page, 'login-refused-dark')
    await page.emulateMedia({ colorScheme: 'light' })

    await page.locator('.terminal.focused .xterm-helper-textarea').focus()
    await page.keyboard.press('Enter')
    await expect.poll(async () => (await screenText(page)).match(/Code from your phone:/g)?.length).toBe(2)
    await typeInto(page, `${LOGIN_CODE}\n`)
    await page.getByRole('grid', { name: 'Pods' }).getByRole('gridcell', { name: 'web', exact: true }).waitFor()
    await page
      .getByRole('button', { name: /^corp/ })
      .getByText(/v1\.36\.2 · .* · ops/)
      .waitFor()
    expect(await screenText(page)).toContain('Logged in.')
    expect(await page.content()).not.toContain(SECRET)
    await takePicture(page, 'login-done')
    expect(complaints).toEqual([])
  })
})
