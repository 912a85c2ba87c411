// npm run bench [-- --only NAME] [--packets N] [--runs N]: Hopscope against its peers on generated captures of a million packets.
import { accessSync, constants, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { LABELS } from '../../engine/engine.ts'
import { CAPTURES, ensureCapture, type MadeCapture } from './captures.ts'
import { measure, type Measurement } from './measure.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const CACHE = join(ROOT, '.cache/bench')
const RESULT = join(CACHE, 'result.json')

interface Contestant {
  readonly name: string
  readonly command: string
  readonly args: (file: string) => readonly string[]
  /** Hopscope's CPU time may be at most this share of the contestant's. */
  readonly bar?: number
}

const TSHARK_FIELDS = [
  ...['frame.number', 'frame.time_epoch', 'ip.src', 'ip.dst', 'tcp.srcport', 'tcp.dstport', 'tcp.stream', 'tcp.len'],
  ...LABELS.map((label) => `tcp.analysis.${label}`),
  ...['tcp.analysis.ack_rtt', 'tcp.analysis.initial_rtt', 'tcp.analysis.bytes_in_flight'],
]

const CLI = join(ROOT, 'out/main/cli.js')
const ANALYZE = 'hopscope analyze'

/** The first is what the others are compared with. */
const CONTESTANTS: readonly Contestant[] = [
  { name: ANALYZE, command: process.execPath, args: (file) => [CLI, 'analyze', '--json', file] },
  { name: 'hopscope frames', command: process.execPath, args: (file) => [CLI, 'frames', file] },
  {
    name: 'tshark -T fields',
    command: 'tshark',
    args: (file) => ['-n', '-r', file, '-T', 'fields', ...TSHARK_FIELDS.flatMap((field) => ['-e', field])],
    bar: 1 / 25,
  },
  { name: 'tcptrace -l -r', command: 'tcptrace', args: (file) => ['-n', '-l', '-r', file], bar: 1 },
  { name: 'capinfos -c', command: 'capinfos', args: (file) => ['-c', file] },
  { name: 'cat', command: 'cat', args: (file) => [file] },
]

interface Result extends Measurement {
  readonly contestant: string
  /** Its CPU time over that of `hopscope analyze`. */
  readonly ratio: number
  readonly bar?: { readonly times: number; readonly held: boolean }
}

async function fight(capture: MadeCapture, runs: number): Promise<Result[]> {
  const results: Result[] = []
  let own: number | undefined
  for (const { name, command, args, bar } of CONTESTANTS) {
    if (!installed(command)) {
      console.log(`  ${name.padEnd(18)} skipped: ${command} is not installed`)
      continue
    }
    let best: Measurement
    try {
      best = await measure(command, args(capture.file))
      // What takes long varies little; what is short is the best of several.
      for (let run = 1; run < runs && best.wallSeconds < 15; run++) {
        const again = await measure(command, args(capture.file))
        if (again.cpuSeconds < best.cpuSeconds) best = again
      }
    } catch (error) {
      console.log(`  ${name.padEnd(18)} failed: ${error instanceof Error ? error.message : String(error)}`)
      continue
    }
    own ??= name === ANALYZE ? best.cpuSeconds : undefined
    const ratio = own === undefined ? NaN : best.cpuSeconds / own
    const verdict = bar === undefined || Number.isNaN(ratio) ? undefined : { times: 1 / bar, held: ratio > 1 / bar }
    results.push({ contestant: name, ...best, ratio, ...(verdict && { bar: verdict }) })
    console.log(row(name, best, capture, ratio, verdict))
  }
  return results
}

function row(
  name: string,
  { cpuSeconds, peakBytes, wallSeconds }: Measurement,
  { packets }: MadeCapture,
  ratio: number,
  bar: Result['bar'],
) {
  const verdict = bar ? `${bar.held ? 'holds' : 'MISSES'}: at least ${bar.times} x` : ''
  return [
    `  ${name.padEnd(18)}`,
    `${cpuSeconds.toFixed(2)} s`.padStart(9),
    `${wallSeconds.toFixed(2)} s`.padStart(9),
    `${((cpuSeconds / packets) * 1e9).toFixed(0)} ns`.padStart(9),
    (peakBytes === undefined ? '-' : `${(peakBytes / 1e6).toFixed(0)} MB`).padStart(9),
    `${ratio.toFixed(2)} x`.padStart(9),
    `  ${verdict}`,
  ].join(' ')
}

function installed(command: string): boolean {
  if (command.includes('/')) return true
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    packets: { type: 'string' },
    runs: { type: 'string', default: '3' },
  },
})
const report = []
for (const capture of CAPTURES) {
  if (values.only && !values.only.includes(capture.name)) continue
  const made = ensureCapture(CACHE, capture, values.packets === undefined ? undefined : Number(values.packets))
  const size = `${made.packets.toLocaleString('en')} packets, ${made.conversations.toLocaleString('en')} conversations`
  console.log(`\n${made.name}: ${made.what}; ${size}, ${(made.bytes / 1e6).toFixed(0)} MB`)
  console.log(
    `  ${''.padEnd(18)} ${['CPU', 'wall', 'a packet', 'memory', 'CPU ratio'].map((head) => head.padStart(9)).join(' ')}`,
  )
  // Once through the page cache, so that nobody pays for the disk.
  await measure('cat', [made.file])
  const { name, packets, bytes, conversations } = made
  report.push({ name, packets, bytes, conversations, results: await fight(made, Number(values.runs)) })
}
mkdirSync(CACHE, { recursive: true })
writeFileSync(
  RESULT,
  `${JSON.stringify({ when: new Date().toISOString(), node: process.versions.node, report }, null, 2)}\n`,
)
console.log(`\nAs JSON: ${RESULT}`)
