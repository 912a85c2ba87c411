import type { CDPSession, Page } from 'playwright-core'

interface TraceEvent {
  readonly name: string
  readonly ph: string
  readonly pid: number
  readonly tid: number
  readonly ts: number
  /** Microseconds of the processor. */
  readonly tdur?: number
  readonly args?: { readonly name?: string; readonly data?: { readonly url?: string } }
}

/** Milliseconds of processor time of each task of the page's main thread that had more than 20, in the order they ran, while `use` did. */
export async function mainThreadTasks(page: Page, use: () => Promise<void>): Promise<readonly number[]> {
  return tracedTasks(await page.context().newCDPSession(page), use)
}

/** The same of the page that runs most script, by any session of the browser's. */
export async function tracedTasks(session: CDPSession, use: () => Promise<void>): Promise<readonly number[]> {
  const events: TraceEvent[] = []
  session.on('Tracing.dataCollected', ({ value }) => {
    // The protocol's type is an object of no known shape.
    for (const event of value as unknown as TraceEvent[]) events.push(event)
  })
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: ['toplevel', 'devtools.timeline'] },
  })
  try {
    await use()
  } finally {
    await stop(session)
  }
  const threads = events.filter((event) => event.name === 'thread_name' && event.args?.name === 'CrRendererMain')
  // Parts of the browser's own window are pages as well.
  const scripts = (own: readonly TraceEvent[]) => own.filter(({ args }) => args?.data?.url?.startsWith('http')).length
  const ours = threads
    .map(({ pid, tid }) => events.filter((event) => event.pid === pid && event.tid === tid))
    .toSorted((a, b) => scripts(b) - scripts(a))[0]
  // Each is in the trace twice, as "RunTask" too.
  const tasks = ours.filter(({ ph, name, tdur }) => ph === 'X' && name === TASK && tdur !== undefined)
  if (tasks.length < 100) throw new Error(`the trace holds only ${tasks.length} tasks of the main thread`)
  return tasks
    .filter((event) => (event.tdur ?? 0) > 20_000)
    .toSorted((a, b) => a.ts - b.ts)
    .map((event) => (event.tdur ?? 0) / 1000)
}

const TASK = 'ThreadControllerImpl::RunTask'

async function stop(session: CDPSession): Promise<void> {
  const complete = new Promise<void>((resolve) => session.once('Tracing.tracingComplete', () => resolve()))
  await session.send('Tracing.end')
  await complete
}
