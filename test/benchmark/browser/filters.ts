import type { Page } from 'playwright-core'
import type { Screen } from '../../e2e/support/screen.ts'

/** One of each way in which a filter is answered; see "Queries" in ARCHITECTURE.md. */
export const FILTERS: readonly (readonly [kind: string, filter: string])[] = [
  ['label', 'tcp.analysis.retransmission'],
  ['address', 'ip.addr == 10.244.1.7'],
  ['prefix', 'ip.src == 10.244.2.0/28'],
  ['port', 'tcp.port == 30012'],
  ['stream', 'tcp.stream == 1000'],
  ['protocol', 'udp'],
  ['flags', 'tcp.flags.syn == 1 || tcp.flags.reset == 1'],
  ['lengths', 'frame.len > 1000 and not tcp.analysis.flags'],
  ['several', 'ip.dst == 10.244.2.0/28 && tcp.dstport == 30012 && tcp.len > 100'],
  ['time', 'tcp.time_delta > 0.2'],
  ['round trip', 'tcp.analysis.ack_rtt > 0.005'],
  ['arithmetic', 'tcp.srcport + 1 == tcp.dstport'],
  ['state', 'hopscope.state == "reset"'],
  ['text of a column', 'frame.protocols contains "udp"'],
  ['header', 'ip.ttl < 64'],
  ['identification', 'ip.id > 65000'],
  ['bytes of a header', 'tcp.checksum == 1234'],
  ['number of a header', 'tcp.checksum > 65000'],
  ['option', 'tcp.options.timestamp.tsval > 4000000000'],
  ['piece of a payload', 'tcp.payload[0:2] == 16:03'],
  ['bytes of a frame', 'frame contains "needle"'],
  ['bytes of a payload', 'tcp.payload contains 83:84:85'],
  ['text in a payload', 'http.host == "shop"'],
  ['pattern', 'frame matches "nee+dle"'],
]

export interface FilterTime {
  readonly kind: string
  readonly filter: string
  readonly packets: number
  /** Milliseconds from Enter until the list of packets shows something of the answer, ... */
  readonly firstMs: number
  /** ... and all of it. */
  readonly wholeMs: number
  /** The filter looks into packets. */
  readonly reads: boolean
}

/** Applies each filter to the list of all packets, taking the times in the page. */
export async function timeFilters(screen: Screen): Promise<readonly FilterTime[]> {
  const times: FilterTime[] = []
  const { page } = screen
  for (const [kind, filter] of FILTERS) {
    await screen.filter.fill(filter)
    // What the field says about it must not fall into the time.
    await page.locator('.filter[data-state=good]').waitFor()
    const reads = (await page.locator('.filter-hint').innerText()).includes('reading')
    const taken = listChanges(page)
    await screen.filter.press('Enter')
    times.push({ kind, filter, reads, ...(await taken) })
    await allIdle(page)
    const cleared = listChanges(page)
    await screen.applyFilter('')
    await cleared
    await allIdle(page)
  }
  return times
}

/** No pane waits for an answer any more. */
export async function allIdle(page: Page): Promise<void> {
  await page.waitForFunction(() => !document.querySelector('.pane[aria-busy=true]'), undefined, { timeout: 300_000 })
}

/** Resolves when the list of packets has another length after the next key, and is no longer waited for. */
function listChanges(page: Page): Promise<{ firstMs: number; wholeMs: number; packets: number }> {
  return page.evaluate(
    () =>
      new Promise<{ firstMs: number; wholeMs: number; packets: number }>((resolve) => {
        const pane = document.querySelector('.pane:has([data-grid=packets])')
        const rows = () => Number(document.querySelector('[data-grid=packets]')?.getAttribute('aria-rowcount'))
        const before = rows()
        let began = 0
        let firstMs = 0
        window.addEventListener('keydown', () => (began = performance.now()), { capture: true, once: true })
        const observer = new MutationObserver(() => {
          if (began === 0 || (firstMs === 0 && rows() === before)) return
          firstMs ||= performance.now() - began
          if (pane?.getAttribute('aria-busy') === 'true') return
          observer.disconnect()
          resolve({ firstMs, wholeMs: performance.now() - began, packets: rows() - 1 })
        })
        if (pane) observer.observe(pane, { attributeFilter: ['aria-rowcount', 'aria-busy'], subtree: true })
      }),
  )
}
