// What a flood of output does to the page and the host: memory, the main thread, and how soon Ctrl-C ends it.
import { readFileSync } from 'node:fs'
import { tracedTasks } from '../browser/tasks.ts'
import type { QuietPage } from './quiet-page.ts'
import { focus, logFile, millisecondsToShow, secondsToShow } from './throughput.ts'

const EVERY_MS = 100

/** Bytes at the beginning and at most during the flood. */
export interface Growth {
  readonly before: number
  readonly most: number
}

export interface Flood {
  readonly bytes: number
  readonly seconds: number
  /** Milliseconds of processor time of the page's longest task; 0 stands for under 20. */
  readonly longestTaskMs: number
  /** Of another flood: from Ctrl-C until it is on screen. */
  readonly interruptMs: number
  /** JavaScript's heap in the page, garbage included. */
  readonly heap: Growth
  /** Resident set of the page's process, and of the host's; absent where there is no /proc. */
  readonly page?: Growth
  readonly host?: Growth
}

/** @param page with a terminal that has shown more than its scrollback keeps, so that it is as large as it gets */
export async function measureFlood(page: QuietPage, host: number, folder: string, megabytes: number): Promise<Flood> {
  const file = logFile(folder, megabytes)
  const pid = await pageProcess(page)
  await page.send('Performance.enable')
  const look = async () => ({ heap: await heapOf(page), page: residentSet(pid), host: residentSet(host) })
  const before = await look()
  const samples = [before]
  let isOver = false
  const sampling = (async () => {
    while (!isOver) {
      samples.push(await look())
      await new Promise((next) => setTimeout(next, EVERY_MS))
    }
  })()
  let seconds = Number.NaN
  const tasks = await tracedTasks(page.browser, async () => void (seconds = await secondsToShow(page, file)))
  isOver = true
  await sampling
  const growth = (of: 'heap' | 'page' | 'host'): Growth => ({
    before: before[of],
    most: Math.max(...samples.map((sample) => sample[of])),
  })
  return {
    bytes: megabytes << 20,
    seconds,
    longestTaskMs: Math.max(0, ...tasks),
    interruptMs: await interruptMs(page),
    heap: growth('heap'),
    ...(before.page > 0 && { page: growth('page'), host: growth('host') }),
  }
}

/** Bytes of garbage and all. */
async function heapOf(page: QuietPage): Promise<number> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as the DevTools protocol has it
  const { metrics } = (await page.send('Performance.getMetrics')) as {
    readonly metrics: readonly { readonly name: string; readonly value: number }[]
  }
  return metrics.find(({ name }) => name === 'JSHeapTotalSize')?.value ?? Number.NaN
}

/** The process that has most to do while the page is busy. */
async function pageProcess(page: QuietPage): Promise<number> {
  const times = async () => {
    const { processInfo } = await page.browser.send('SystemInfo.getProcessInfo')
    return new Map(processInfo.filter(({ type }) => type === 'renderer').map(({ id, cpuTime }) => [id, cpuTime]))
  }
  const before = await times()
  await page.evaluate((ms) => {
    for (const end = performance.now() + ms; performance.now() < end;);
  }, 500)
  const used = [...(await times())].map(([id, time]) => ({ id, used: time - (before.get(id) ?? 0) }))
  return used.toSorted((a, b) => b.used - a.used)[0]?.id ?? 0
}

async function interruptMs(page: QuietPage): Promise<number> {
  await focus(page)
  await page.type('yes')
  await page.press('Enter')
  await page.evaluate((ms) => new Promise((next) => setTimeout(next, ms)), 1000)
  return millisecondsToShow(page, 'Control+c', '^C')
}

function residentSet(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}
