import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, CDPSession } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startAppWith, type App } from './support/app.ts'
import { startBrowser } from './support/browser.ts'
import { drawWithElements, hasKeys, screenText as text } from './support/terminal.ts'

const ALT = 1
const CTRL = 2

/** AltGr, Option, dead keys: what machines and layouts make of them. */
const LAYOUTS: readonly {
  readonly name: string
  readonly platform: 'Linux x86_64' | 'Win32' | 'MacIntel'
  readonly keys: readonly Key[]
  readonly written: string
}[] = [
  {
    name: 'AltGr on a German and a Polish keyboard',
    platform: 'Linux x86_64',
    keys: [
      ...['@KeyQ', '\\Minus', '|IntlBackslash', '~BracketRight', '{Digit7', '€KeyE', 'łKeyL', 'źKeyX'].flatMap(
        (each) => [altGr(0), written(each)],
      ),
      // Pressed by itself it changes nothing about what comes next.
      altGr(0),
      { key: 'ArrowLeft', code: 'ArrowLeft', windowsVirtualKeyCode: 37 },
    ],
    written: '@\\|~{€łź\x1b[D',
  },
  {
    name: 'AltGr on Windows, where it is Ctrl and Alt',
    platform: 'Win32',
    keys: ['@KeyQ', '\\Minus', '|IntlBackslash', '~BracketRight', '{Digit7', 'łKeyL', '¦Backquote'].flatMap((each) => [
      { key: 'Control', code: 'ControlLeft', windowsVirtualKeyCode: 17, modifiers: CTRL },
      altGr(CTRL | ALT),
      { ...written(each), modifiers: CTRL | ALT },
    ]),
    written: '@\\|~{ł¦',
  },
  {
    name: 'Option on a Mac',
    platform: 'MacIntel',
    keys: ['@KeyL', '|Digit7', '{Digit8', '\\Digit7', '~KeyN', '€KeyE'].map((each) => ({
      ...written(each),
      modifiers: ALT,
    })),
    written: '@|{\\~€',
  },
  {
    name: 'a dead key that the system combines',
    platform: 'Win32',
    keys: [{ key: 'Dead', code: 'Equal', windowsVirtualKeyCode: 221 }, written('éKeyE'), written('lKeyL')],
    written: 'él',
  },
]

/** Keys as browsers report them: what a layout makes of them, and which modifiers they say are down. */
interface Key {
  readonly key: string
  readonly code: string
  /** Of legacy events; 229 is one that an input method has taken. */
  readonly windowsVirtualKeyCode: number
  readonly modifiers?: number
  /** What it writes, when it is not prevented. */
  readonly text?: string
}

function altGr(modifiers: number): Key {
  return { key: 'AltGraph', code: 'AltRight', windowsVirtualKeyCode: 18, modifiers }
}

/** A character, and the place of its key. */
function written(each: string): Key {
  const [key = ''] = each
  const code = each.slice(key.length)
  const windowsVirtualKeyCode = /^(Key|Digit)/.test(code) ? code.charCodeAt(code.length - 1) : 220
  return { key, code, windowsVirtualKeyCode, text: key }
}

describe('keys of all keyboards in a terminal', { timeout: 120_000 }, () => {
  let app: App
  let browser: Browser
  let folder: string
  let opened = 0
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hopscope-keys-'))
    ;[app, browser] = await Promise.all([
      startAppWith({ KUBECONFIG: '/nowhere/kubeconfig', SHELL: '/bin/sh' }),
      startBrowser(),
    ])
  })
  afterAll(async () => {
    await browser?.close()
    await app?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  /** A terminal on such a machine, whose lines go to a file as they are. */
  async function openKeyboard(platform: 'Linux x86_64' | 'Win32' | 'MacIntel') {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
    const page = await context.newPage()
    await page.addInitScript((value) => Object.defineProperty(navigator, 'platform', { value }), platform)
    await page.goto(app.url)
    await page.locator('.app').waitFor()
    await drawWithElements(page)
    await page.getByRole('button', { name: 'Open a capture' }).first().waitFor()
    await page.keyboard.press('Control+Backquote')
    await page.locator('.terminal.focused[data-terminal=running]').waitFor()
    await hasKeys(page)
    const file = join(folder, `lines-${++opened}`)
    await page.keyboard.type(`stty -echo; echo re"ady"; cat > '${file}'\n`)
    await expect.poll(() => text(page)).toContain('ready')
    const devtools = await context.newCDPSession(page)
    return {
      page,
      devtools,
      press: (key: Key) => press(devtools, key),
      /** Enter, and what came since the last one. */
      async line(): Promise<string> {
        const before = read(file)
        await page.keyboard.press('Enter')
        await expect.poll(() => read(file).slice(before.length)).toMatch(/\n$/)
        return read(file).slice(before.length, -1)
      },
      async [Symbol.asyncDispose]() {
        await page.getByRole('button', { name: /^Close terminal/ }).click()
        await expect.poll(() => page.locator('[data-terminal]').count()).toBe(0)
        await context.close()
      },
    }
  }
  const read = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : '')

  it('writes what an input method composes, once and in its place', async () => {
    await using keyboard = await openKeyboard('Linux x86_64')
    const { page, devtools } = keyboard
    const compose = (composed: string) =>
      devtools.send('Input.imeSetComposition', {
        text: composed,
        selectionStart: composed.length,
        selectionEnd: composed.length,
      })
    await page.keyboard.type('a')
    await compose('k')
    await compose('か')
    await page.locator('.terminal.focused .composition-view.active').getByText('か').waitFor()
    await devtools.send('Input.insertText', { text: 'か' })
    await compose('な')
    await devtools.send('Input.insertText', { text: '名' })
    await page.keyboard.type('b')
    // Taken back: nothing comes of it.
    await compose('x')
    await compose('')
    await devtools.send('Input.insertText', { text: '🐙' })
    expect(await keyboard.line()).toBe('aか名b🐙')
    await compose('é')
    await devtools.send('Input.insertText', { text: 'é' })
    expect(await keyboard.line()).toBe('é')
  })

  it.each(LAYOUTS)('writes what layouts have on their keys: $name', async ({ platform, keys, written: expected }) => {
    await using keyboard = await openKeyboard(platform)
    for (const key of keys) await keyboard.press(key)
    expect(await keyboard.line()).toBe(expected)
  })

  it('writes a dead key that an input method has taken', async () => {
    await using keyboard = await openKeyboard('Linux x86_64')
    await keyboard.press({ key: 'Dead', code: 'Equal', windowsVirtualKeyCode: 229 })
    await keyboard.press({ key: 'Process', code: 'KeyE', windowsVirtualKeyCode: 229 })
    await keyboard.devtools.send('Input.insertText', { text: 'é' })
    await keyboard.page.keyboard.type(' Über all')
    await keyboard.devtools.send('Input.insertText', { text: '😀' })
    expect(await keyboard.line()).toBe('é Über all😀')
  })

  it('writes each letter once where screen readers find them in the text field as well', async () => {
    await using keyboard = await openKeyboard('Linux x86_64')
    const { page, devtools } = keyboard
    await page.getByRole('button', { name: 'Terminal settings' }).click()
    await page.getByLabel('Screen reader').check()
    await page.getByRole('button', { name: 'Terminal settings' }).click()
    await page.locator('.terminal.focused textarea').focus()
    await page.keyboard.type('an A, b')
    await devtools.send('Input.imeSetComposition', { text: 'é', selectionStart: 1, selectionEnd: 1 })
    await devtools.send('Input.insertText', { text: 'é' })
    await page.keyboard.type('c D')
    expect(await keyboard.line()).toBe('an A, béc D')
    await devtools.send('Input.insertText', { text: '😀' })
    expect(await keyboard.line()).toBe('😀')
  })

  it('writes it once also when a busy page gets all its events at a time', async () => {
    await using keyboard = await openKeyboard('Linux x86_64')
    const { page } = keyboard
    for (const word of ['é', 'été', 'ô']) {
      await page.locator('.terminal.focused textarea').evaluate(composeAtOnce, word)
      expect(await keyboard.line()).toBe(`${word}l`)
    }
  })
})

/** Runs in the page: each letter composed as with a dead key, and then an l. */
function composeAtOnce(area: HTMLElement | SVGElement, word: string): void {
  if (!(area instanceof HTMLTextAreaElement)) throw new Error('not where keys go')
  const key = (type: string, name: string, keyCode: number) =>
    area.dispatchEvent(new KeyboardEvent(type, { key: name, keyCode, bubbles: true, cancelable: true }))
  const composition = (type: string, data: string) =>
    area.dispatchEvent(new CompositionEvent(type, { data, bubbles: true, composed: true }))
  for (const letter of word) {
    key('keydown', 'Dead', 229)
    composition('compositionstart', '')
    const before = area.value
    for (const shown of ['´', letter]) {
      composition('compositionupdate', shown)
      area.value = before + shown
      const input = {
        data: shown,
        inputType: 'insertCompositionText',
        isComposing: true,
        bubbles: true,
        composed: true,
      }
      area.dispatchEvent(new InputEvent('input', input))
    }
    composition('compositionend', letter)
    key('keyup', 'Dead', 229)
  }
  key('keydown', 'l', 76)
  key('keyup', 'l', 76)
}

async function press(devtools: CDPSession, key: Key): Promise<void> {
  const { text: written, ...event } = key
  await devtools.send('Input.dispatchKeyEvent', { type: written === undefined ? 'rawKeyDown' : 'keyDown', ...key })
  await devtools.send('Input.dispatchKeyEvent', { type: 'keyUp', ...event })
}
