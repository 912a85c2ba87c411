// npm run bench [-- --quick] [--linear] [--only NAME] [--packets N] [--runs N]: Hopscope against its peers on generated captures.
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { benchBrowser } from './browser/run.ts'
import { CAPTURES, ensureCapture } from './captures.ts'
import { benchCluster } from './cluster/run.ts'
import { compare } from './contestants.ts'
import { benchFollowing } from './following/run.ts'
import { measureLinearity } from './linearity.ts'
import { linearityPlot } from './linearity-plot.ts'
import { measure } from './measure.ts'
import { benchTerminals } from './terminals/run.ts'

const CACHE = fileURLToPath(new URL('../../.cache/bench', import.meta.url))
const RESULT = join(CACHE, 'result.json')
const PLOT = join(CACHE, 'linearity.svg')
const QUICK_PACKETS = 1_000_000

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    packets: { type: 'string' },
    runs: { type: 'string', default: '5' },
    /** A million packets each. */
    quick: { type: 'boolean', default: false },
    /** Also what it costs as captures grow. */
    linear: { type: 'boolean', default: false },
  },
})
const runs = Number(values.runs)
const packets = values.packets !== undefined ? Number(values.packets) : values.quick ? QUICK_PACKETS : undefined
mkdirSync(CACHE, { recursive: true })

const captures = []
for (const capture of CAPTURES) {
  if (values.only && !values.only.includes(capture.name)) continue
  const made = ensureCapture(CACHE, capture, packets)
  const size = `${made.packets.toLocaleString('en')} packets, ${made.conversations.toLocaleString('en')} conversations`
  console.log(`\n${made.name}: ${made.what}; ${size}, ${(made.bytes / 1e6).toFixed(0)} MB`)
  // Once through the page cache, so that nobody pays for the disk.
  await measure('cat', [made.file])
  const { name, what, bytes, conversations } = made
  captures.push({ name, what, packets: made.packets, bytes, conversations, ...(await compare(made, runs)) })
}

let linearity
if (values.linear) {
  console.log('\nAs captures grow:')
  linearity = await measureLinearity(CACHE, runs)
  writeFileSync(PLOT, linearityPlot(linearity))
  console.log(`As a plot: ${PLOT}`)
}

const browser = []
for (const capture of CAPTURES) {
  if (values.only && !values.only.includes('browser')) continue
  browser.push(await benchBrowser(ensureCapture(CACHE, capture, packets)))
}

const cluster = !values.only || values.only.includes('cluster') ? await benchCluster(runs) : undefined

const terminals = !values.only || values.only.includes('terminals') ? await benchTerminals(runs) : undefined

const whole = CAPTURES.find(({ name }) => name === 'mixed-full')
const following =
  whole && (!values.only || values.only.includes('following'))
    ? await benchFollowing(ensureCapture(CACHE, whole, packets))
    : undefined

const [processor] = cpus()
const machine = { processors: cpus().length, processor: processor?.model, node: process.versions.node }
const report = {
  when: new Date().toISOString(),
  machine,
  captures,
  ...(linearity && { linearity }),
  ...(browser.length > 0 && { browser }),
  ...(cluster && { cluster }),
  ...(terminals && { terminals }),
  ...(following && { following }),
}
writeFileSync(RESULT, `${JSON.stringify(report, null, 2)}\n`)
console.log(`\nAs JSON: ${RESULT}`)
