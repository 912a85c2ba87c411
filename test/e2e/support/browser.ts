import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { onTestFailed } from 'vitest'

export { startBrowser } from './chromium.ts'

/** Where pictures of failed tests, and those taken to look at, are put. */
const PICTURES = process.env['HOPSCOPE_PICTURES'] ?? join(tmpdir(), 'hopscope-pictures')
mkdirSync(PICTURES, { recursive: true })

/** A fresh profile looking at `url`. Whatever the page complains about fails the test; so does a picture help when it fails. */
export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.stack ?? error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  await page.goto(url)
  await page.locator('.app').waitFor()
  onTestFailed(async ({ task }) => {
    if (!page.isClosed())
      await page.screenshot({ path: join(PICTURES, `failed-${task.name.replaceAll(/\W+/g, '-')}.png`) })
  })
  return {
    page,
    complaints,
    async [Symbol.asyncDispose]() {
      await context.close()
    },
  }
}

export interface OpenPage extends AsyncDisposable {
  readonly page: Page
  /** Errors and warnings of the page so far. */
  readonly complaints: readonly string[]
}

export async function takePicture(page: Page, name: string): Promise<void> {
  // What changed a moment ago is drawn within two frames, and nothing is half faded.
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))))
  await page.screenshot({ path: join(PICTURES, `${name}.png`), animations: 'disabled' })
}

/** Drops a file on the window, as from a file manager. */
export async function dropFile(page: Page, name: string, bytes: Uint8Array): Promise<void> {
  await dropFiles(page, { [name]: bytes })
}

/** Drops several at once. */
export async function dropFiles(page: Page, files: Readonly<Record<string, Uint8Array>>): Promise<void> {
  const dropped = Object.entries(files).map(([name, bytes]) => ({ name, data: Buffer.from(bytes).toString('base64') }))
  await page.evaluate((all) => {
    const transfer = new DataTransfer()
    for (const { name, data } of all) {
      transfer.items.add(new File([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], name))
    }
    for (const type of ['dragenter', 'dragover', 'drop']) {
      window.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }))
    }
  }, dropped)
}
