// How fast a terminal shows what a program puts out: here, and in a page that has nothing but an xterm and is fed with the same bytes.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Page } from 'playwright-core'

/** The last line of the output. */
const LAST = '(that-was-all-of-it)'
const MOST_MS = 120_000
const XTERM = join(import.meta.dirname, '../../../node_modules/@xterm/xterm')

export interface Throughput {
  readonly bytes: number
  /** Bytes per second of each run's bare page, and of the terminal right after it. */
  readonly runs: readonly { readonly bare: number; readonly terminal: number }[]
}

/** @param page the app's, with a shell that waits in a terminal which draws with elements */
export async function measureThroughput(
  page: Page,
  folder: string,
  megabytes: number,
  runs: number,
): Promise<Throughput> {
  const file = logFile(folder, megabytes)
  const bytes = readFileSync(file)
  const size = join(folder, 'size')
  // The line discipline is told to leave the bytes as they are.
  await page.keyboard.type(`stty -onlcr; stty size > '${size}'\n`)
  while (!existsSync(size) || readFileSync(size, 'utf8').trim() === '') await page.waitForTimeout(20)
  const [rows, columns] = readFileSync(size, 'utf8').trim().split(' ').map(Number)
  await using bare = await barePage(page, bytes, columns ?? 80, rows ?? 24)
  const found: { bare: number; terminal: number }[] = []
  for (let i = 0; i < runs; i++) {
    const bareSeconds = await bare.seconds()
    await page.keyboard.type('clear\n')
    await page.waitForFunction(
      (last) => !document.querySelector('.terminal.focused .xterm-rows')?.textContent?.includes(last),
      LAST,
    )
    await page.keyboard.type(`cat '${file}'`)
    await page.evaluate(() => {
      performance.clearMarks()
      window.addEventListener('keydown', () => performance.mark('typed'), { capture: true, once: true })
    })
    await page.keyboard.press('Enter')
    found.push({ bare: bytes.length / bareSeconds, terminal: bytes.length / (await secondsUntilSeen(page)) })
  }
  return { bytes: bytes.length, runs: found }
}

/** From the last key until the last line is on screen, in the page's own time. */
function secondsUntilSeen(page: Page): Promise<number> {
  return page.evaluate(
    ({ last, most }) =>
      new Promise<number>((resolve, reject) => {
        const began = performance.getEntriesByName('typed').at(-1)?.startTime ?? 0
        const look = () => {
          const text = document.querySelector('.terminal.focused .xterm-rows')?.textContent ?? ''
          const ms = performance.now() - began
          if (text.replaceAll('\u00a0', ' ').includes(last)) resolve(ms / 1000)
          else if (ms > most) reject(new Error('the output did not come to its end'))
          else requestAnimationFrame(look)
        }
        look()
      }),
    { last: LAST, most: MOST_MS },
  )
}

async function barePage(beside: Page, bytes: Buffer, columns: number, rows: number) {
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
  const page = await beside.context().newPage()
  await page.goto(`http://127.0.0.1:${address.port}/`)
  await beside.bringToFront()
  return {
    async seconds(): Promise<number> {
      await page.bringToFront()
      const seconds = await page.evaluate(SHOW, { columns, rows, last: LAST })
      await beside.bringToFront()
      await beside.locator('.terminal.focused .xterm-helper-textarea').focus()
      return seconds
    },
    async [Symbol.asyncDispose]() {
      await page.close()
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
type BareWindow = typeof window & { readonly Terminal: new (options: object) => BareTerminal }

/** Runs in the page: as its documentation says, some pieces ahead of the screen. */
async function SHOW({ columns, rows, last }: { columns: number; rows: number; last: string }): Promise<number> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the script of the page says so
  const { Terminal } = window as BareWindow
  const place = document.querySelector<HTMLElement>('#place')
  const font = { fontFamily: 'monospace', fontSize: 13, lineHeight: 1.15, scrollback: 10_000 }
  const term = new Terminal({ cols: columns, rows, ...font })
  term.open(place)
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
  await Promise.all(ahead)
  const seen = () => (term.element.textContent ?? '').replaceAll('\u00a0', ' ').includes(last)
  while (!seen()) await new Promise((next) => requestAnimationFrame(next))
  const seconds = (performance.now() - began) / 1000
  term.dispose()
  return seconds
}

/** A log as programs write it: short and long lines, colours, some letters beyond ASCII. */
function logFile(folder: string, megabytes: number): string {
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
