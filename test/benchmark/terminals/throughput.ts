// How fast a terminal shows what a program puts out: here, and in a page that has nothing but an xterm and is fed with the same bytes.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { QuietPage } from './quiet-page.ts'

/** The last line of the output. */
const LAST = '(that-was-all-of-it)'
const XTERM = join(import.meta.dirname, '../../../node_modules/@xterm/xterm')
const INPUT = '.terminal.focused .xterm-helper-textarea'

export interface Throughput {
  readonly bytes: number
  /** Bytes per second of each run's bare page, and of the terminal right after it. */
  readonly runs: readonly { readonly bare: number; readonly terminal: number }[]
}

/** @param page the app's, with a shell that waits in a terminal which draws with elements */
export async function measureThroughput(
  browser: Browser,
  page: QuietPage,
  folder: string,
  megabytes: number,
  runs: number,
): Promise<Throughput> {
  const file = logFile(folder, megabytes)
  const bytes = readFileSync(file)
  const { columns, rows } = await sizeOf(page, folder)
  await using bare = await barePage(browser, bytes, columns, rows)
  const found: { bare: number; terminal: number }[] = []
  for (let i = 0; i < runs; i++) {
    const bareSeconds = await bare.seconds()
    await page.bringToFront()
    found.push({ bare: bytes.length / bareSeconds, terminal: bytes.length / (await secondsToShow(page, file)) })
  }
  return { bytes: bytes.length, runs: found }
}

/** From Enter until the last line of the file is on screen. */
export async function secondsToShow(page: QuietPage, file: string): Promise<number> {
  await focus(page)
  await page.type('clear')
  await page.press('Enter')
  await page.evaluate(UNTIL_GONE, LAST)
  await page.type(`cat '${file}'`)
  return (await millisecondsToShow(page, 'Enter', LAST)) / 1000
}

/** From a key until there is a text on screen. */
export async function millisecondsToShow(page: QuietPage, key: 'Enter' | 'Control+c', text: string): Promise<number> {
  // In two steps: a key overtakes scripts.
  await page.evaluate(WATCH, text)
  await page.press(key)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the step before has put it there
  return page.evaluate(() => (window as WatchingWindow).shown, undefined)
}

export async function focus(page: QuietPage): Promise<void> {
  await page.evaluate((selector) => document.querySelector<HTMLElement>(selector)?.focus(), INPUT)
}

async function sizeOf(page: QuietPage, folder: string): Promise<{ columns: number; rows: number }> {
  const size = join(folder, 'size')
  await focus(page)
  // The line discipline is told to leave the bytes as they are.
  await page.type(`stty -onlcr; stty size > '${size}'`)
  await page.press('Enter')
  const text = () => (existsSync(size) ? readFileSync(size, 'utf8').trim() : '')
  while (text() === '') await new Promise((next) => setTimeout(next, 20))
  const [rows = 24, columns = 80] = text().split(' ').map(Number)
  return { columns, rows }
}

async function barePage(browser: Browser, bytes: Buffer, columns: number, rows: number) {
  const files: Readonly<Record<string, () => readonly [string, Buffer | string]>> = {
    '/': () => ['text/html', `<link rel=stylesheet href=xterm.css><script src=xterm.js></script><div id=place></div>`],
    '/xterm.js': () => ['text/javascript', readFileSync(join(XTERM, 'lib/xterm.js'))],
    '/xterm.css': () => ['text/css', readFileSync(join(XTERM, 'css/xterm.css'))],
    '/bytes': () => ['application/octet-stream', bytes],
  }
  const server = createServer((request, response) => {
    const found = files[request.url ?? '']?.()
    response.writeHead(found ? 200 : 404, { 'content-type': found?.[0] ?? 'text/plain' }).end(found?.[1])
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address: AddressInfo | string | null = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port')
  const page = await QuietPage.open(browser, `http://127.0.0.1:${address.port}/`)
  await page.has('#place')
  return {
    async seconds(): Promise<number> {
      await page.bringToFront()
      return page.evaluate(FED_AND_SHOWN, { columns, rows, last: LAST })
    },
    async [Symbol.asyncDispose]() {
      await page[Symbol.asyncDispose]()
      server.close()
    },
  }
}

interface BareTerminal {
  open(place: HTMLElement | null): void
  write(bytes: Uint8Array, done: () => void): void
  dispose(): void
  readonly element: HTMLElement
}
type WatchingWindow = typeof window & { shown: Promise<number> }
type BareWindow = typeof window & { readonly Terminal: new (options: object) => BareTerminal }

// These run in the pages, which watch their rows in the same way.

/** As its documentation says, some pieces ahead of the screen. */
async function FED_AND_SHOWN({ columns, rows, last }: { columns: number; rows: number; last: string }) {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the script of the page says so
  const { Terminal } = window as BareWindow
  const place = document.querySelector<HTMLElement>('#place')
  const font = { fontFamily: 'monospace', fontSize: 13, lineHeight: 1.15, scrollback: 10_000 }
  const term = new Terminal({ cols: columns, rows, ...font })
  term.open(place)
  const lines = term.element.querySelector('.xterm-rows')
  const shown = new Promise<void>((resolve) => {
    const look = () => (lines?.textContent ?? '').replaceAll('\u00a0', ' ').includes(last) && resolve()
    new MutationObserver(look).observe(lines ?? term.element, { childList: true, subtree: true })
  })
  const began = performance.now()
  const reader = (await fetch('/bytes')).body?.getReader()
  const ahead: Promise<void>[] = []
  for (;;) {
    const piece = await reader?.read()
    if (!piece?.value) break
    const { value } = piece
    for (let at = 0; at < value.length; at += 65_536) {
      if (ahead.length >= 8) await ahead.shift()
      ahead.push(new Promise((done) => term.write(value.subarray(at, at + 65_536), done)))
    }
  }
  await shown
  const seconds = (performance.now() - began) / 1000
  term.dispose()
  return seconds
}

function WATCH(text: string): void {
  const lines = document.querySelector('.terminal.focused .xterm-rows')
  let began = Number.NaN
  window.addEventListener('keydown', () => (began = performance.now()), { capture: true, once: true })
  const shown = new Promise<number>((resolve) => {
    const watch = new MutationObserver(() => {
      if (Number.isNaN(began) || !(lines?.textContent ?? '').replaceAll('\u00a0', ' ').includes(text)) return
      watch.disconnect()
      resolve(performance.now() - began)
    })
    watch.observe(lines ?? document.body, { childList: true, subtree: true })
  })
  Object.assign(window, { shown })
}

async function UNTIL_GONE(last: string): Promise<void> {
  const isThere = () => document.querySelector('.terminal.focused .xterm-rows')?.textContent?.includes(last)
  while (isThere()) await new Promise((next) => requestAnimationFrame(next))
}

/** A log as programs write it: short and long lines, colours, some letters beyond ASCII. */
export function logFile(folder: string, megabytes: number): string {
  const file = join(folder, `log-${megabytes}`)
  const lines: string[] = []
  let size = 0
  for (let i = 0; size < 1 << 20; i++) {
    const level = ['\x1b[32mINFO\x1b[0m', '\x1b[33mWARN\x1b[0m', '\x1b[2mDEBUG\x1b[0m'][i % 3]
    const line = `2026-01-02T03:04:${String(i % 60).padStart(2, '0')}.123Z ${level} request ${i * 7919} for /item/${i} took ${i % 97} ms${' – größer'.repeat(i % 5)}\r\n`
    lines.push(line)
    size += Buffer.byteLength(line)
  }
  writeFileSync(file, `${lines.join('').repeat(megabytes)}${LAST}\r\n`)
  return file
}
