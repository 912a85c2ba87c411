import type { Browser, CDPSession } from 'playwright-core'

const KEYS = {
  Enter: { code: 'Enter', windowsVirtualKeyCode: 13, text: '\r' },
  'Control+Backquote': { key: '`', code: 'Backquote', windowsVirtualKeyCode: 192, modifiers: 2 },
  'Control+c': { key: 'c', code: 'KeyC', windowsVirtualKeyCode: 67, modifiers: 2 },
} as const

interface Answer {
  readonly id?: number
  readonly result?: unknown
  readonly error?: { readonly message: string }
}

/**
 * A tab that Playwright does not know. It asks each of its own for network events, so that the page's main thread writes all that comes by a
 * WebSocket a second time, as base64: a third of what it does in a flood of output, and nothing that a person's page does.
 */
export class QuietPage implements AsyncDisposable {
  /** The browser's: for traces of it. */
  readonly browser: CDPSession
  readonly #target: string
  readonly #session: string
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>()
  #asked = 0

  private constructor(browser: CDPSession, target: string, session: string) {
    this.browser = browser
    this.#target = target
    this.#session = session
    browser.on('Target.receivedMessageFromTarget', ({ sessionId, message }) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as the DevTools protocol has it
      if (sessionId === this.#session) this.#received(JSON.parse(message) as Answer)
    })
  }

  static async open(browser: Browser, url: string): Promise<QuietPage> {
    const session = await browser.newBrowserCDPSession()
    // In a context that it has not made Playwright lets tabs alone.
    const { browserContextId } = await session.send('Target.createBrowserContext')
    const size = { width: 1280, height: 800 }
    const { targetId } = await session.send('Target.createTarget', { url, browserContextId, newWindow: true, ...size })
    const { sessionId } = await session.send('Target.attachToTarget', { targetId })
    const page = new QuietPage(session, targetId, sessionId)
    await page.send('Emulation.setDeviceMetricsOverride', { ...size, deviceScaleFactor: 1, mobile: false })
    await page.send('Emulation.setFocusEmulationEnabled', { enabled: true })
    return page
  }

  /** Runs `work` in the page; it may use nothing but its argument. Throws what that throws. */
  async evaluate<Argument, Result>(
    work: (argument: Argument) => Result | Promise<Result>,
    argument: Argument,
  ): Promise<Result> {
    const expression = `(${String(work)})(${JSON.stringify(argument)})`
    const answer = await this.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true })
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as the DevTools protocol has it
    const { result, exceptionDetails } = answer as {
      readonly result: { readonly value: Result }
      readonly exceptionDetails?: { readonly exception?: { readonly description?: string } }
    }
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? 'the page threw')
    return result.value
  }

  /** Waits until an element matches, also over the loading of a page. */
  async has(selector: string): Promise<void> {
    const isThere = () => this.evaluate((wanted) => document.querySelector(wanted) !== null, selector)
    while (!(await isThere().catch(() => false))) await new Promise((next) => setTimeout(next, 50))
  }

  async type(text: string): Promise<void> {
    await this.send('Input.insertText', { text })
  }

  async press(name: keyof typeof KEYS): Promise<void> {
    const key = { key: name, ...KEYS[name] }
    await this.send('Input.dispatchKeyEvent', { type: 'keyDown', ...key })
    await this.send('Input.dispatchKeyEvent', { type: 'keyUp', ...key, text: undefined })
  }

  async bringToFront(): Promise<void> {
    await this.send('Page.bringToFront')
  }

  /** A command of the DevTools protocol to this tab. */
  async send(method: string, params: object = {}): Promise<unknown> {
    const id = ++this.#asked
    const answer = Promise.withResolvers<unknown>()
    this.#waiting.set(id, answer)
    const message = JSON.stringify({ id, method, params })
    await this.browser.send('Target.sendMessageToTarget', { sessionId: this.#session, message })
    return answer.promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser.send('Target.closeTarget', { targetId: this.#target })
    await this.browser.detach()
  }

  #received({ id, result, error }: Answer): void {
    const waiting = this.#waiting.get(id ?? 0)
    this.#waiting.delete(id ?? 0)
    if (error) waiting?.reject(new Error(error.message))
    else waiting?.resolve(result)
  }
}
