import type { Browser, BrowserContextOptions } from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'
import { startApp, type App } from './app.ts'
import { openPage, startBrowser, type OpenPage } from './browser.ts'

export interface AppInBrowser {
  readonly app: App
  readonly browser: Browser
  /** The app's URL with a view in it: "sample=dns-5s&list=latency". */
  readonly at: (view: string) => string
  /** A fresh profile looking at the view, or at what the app begins with; see openPage. */
  readonly open: (view?: string, options?: BrowserContextOptions) => Promise<OpenPage>
}

/** An app and a browser, started before the tests of the file, or of the `describe` in which this is called, and closed after them. */
export function appInBrowser(start: () => Promise<App> = startApp): AppInBrowser {
  let app: App
  let browser: Browser
  beforeAll(async () => {
    ;[app, browser] = await Promise.all([start(), startBrowser()])
  })
  afterAll(async () => {
    await browser?.close()
    await app?.[Symbol.asyncDispose]()
  })
  const at = (view: string) => app.url.replace('/#', `/?${view}#`)
  return {
    get app() {
      return app
    },
    get browser() {
      return browser
    },
    at,
    open: (view, options) => openPage(browser, view === undefined ? app.url : at(view), options),
  }
}
