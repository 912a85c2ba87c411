import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LABELS } from '../../engine/engine.ts'
import type { MadeCapture } from './captures.ts'
import { measure, type Measurement } from './measure.ts'

const CLI = fileURLToPath(new URL('../../out/main/cli.js', import.meta.url))

/** `hopscope analyze` of the built command line: what the others are compared with. */
export const ANALYZE: Contestant = {
  name: 'hopscope analyze',
  command: process.execPath,
  args: (file) => [CLI, 'analyze', '--json', file],
}

interface Contestant {
  readonly name: string
  readonly command: string
  readonly args: (file: string) => readonly string[]
  /** Its CPU time is to be at least this many times that of `hopscope analyze`. */
  readonly bar?: number
  /** The bar is for captures of headers only: where reading is nearly all the work, it can't be held. */
  readonly headersOnly?: boolean
}

const TSHARK_FIELDS = [
  ...['frame.number', 'frame.time_epoch', 'ip.src', 'ip.dst', 'tcp.srcport', 'tcp.dstport', 'tcp.stream', 'tcp.len'],
  ...LABELS.map((label) => `tcp.analysis.${label}`),
  ...['tcp.analysis.ack_rtt', 'tcp.analysis.initial_rtt', 'tcp.analysis.bytes_in_flight'],
]

const PEERS: readonly Contestant[] = [
  {
    name: 'tshark -T fields',
    command: 'tshark',
    args: (file) => ['-n', '-r', file, '-T', 'fields', ...TSHARK_FIELDS.flatMap((field) => ['-e', field])],
    bar: 50,
  },
  { name: 'tcptrace -l -r', command: 'tcptrace', args: (file) => ['-n', '-l', '-r', file], bar: 4 },
  { name: 'capinfos -c', command: 'capinfos', args: (file) => ['-c', file], bar: 1 / 4, headersOnly: true },
  { name: 'cat', command: 'cat', args: (file) => [file] },
]

export interface Result extends Measurement {
  readonly contestant: string
  /** Its CPU time over that of `hopscope analyze`. */
  readonly ratio: number
  readonly bar?: { readonly times: number; readonly held: boolean }
}

export interface Comparison {
  readonly results: readonly Result[]
  readonly memory: { readonly bytes: number; readonly bar: number; readonly held: boolean } | undefined
}

/** Peak memory that `hopscope analyze` may take: the program, its columns, its conversations. */
function memoryBar({ packets, conversations }: MadeCapture): number {
  return 150e6 + 64 * packets + 200 * conversations
}

/** Measures all that are installed, the shortest of `runs` runs each, and prints a line for each at once. */
export async function compare(capture: MadeCapture, runs: number): Promise<Comparison> {
  console.log(
    `  ${''.padEnd(18)} ${['CPU', 'wall', 'a packet', 'memory', 'CPU ratio'].map((head) => head.padStart(9)).join(' ')}`,
  )
  const own = await best(ANALYZE, capture, runs)
  if (!own) return { results: [], memory: undefined }
  const results: Result[] = [{ contestant: ANALYZE.name, ...own, ratio: 1 }]
  console.log(line(results[0], capture))
  for (const peer of PEERS) {
    const measured = await best(peer, capture, runs)
    if (!measured) continue
    const ratio = measured.cpuSeconds / own.cpuSeconds
    const counts = peer.bar !== undefined && !(peer.headersOnly && capture.snapLength > 1000)
    const bar = counts && peer.bar !== undefined ? { times: peer.bar, held: ratio >= peer.bar } : undefined
    const result = { contestant: peer.name, ...measured, ratio, ...(bar && { bar }) }
    results.push(result)
    console.log(line(result, capture))
  }
  if (own.peakBytes === undefined) return { results, memory: undefined }
  const bar = memoryBar(capture)
  const memory = { bytes: own.peakBytes, bar, held: own.peakBytes <= bar }
  const verdict = memory.held ? 'holds' : 'MISSES'
  console.log(`  ${'memory'.padEnd(18)} ${megabytes(memory.bytes)} ${verdict}: at most ${megabytes(bar)}`)
  return { results, memory }
}

/** The run with least CPU time; undefined, with a word, if it can't be run. What takes long varies little and is run once. */
async function best(contestant: Contestant, { file }: MadeCapture, runs: number): Promise<Measurement | undefined> {
  const { name, command, args } = contestant
  if (!installed(command)) {
    console.log(`  ${name.padEnd(18)} skipped: ${command} is not installed`)
    return undefined
  }
  try {
    let found = await measure(command, args(file))
    for (let run = 1; run < runs && found.wallSeconds < 15; run++) {
      const again = await measure(command, args(file))
      if (again.cpuSeconds < found.cpuSeconds) found = again
    }
    return found
  } catch (error) {
    console.log(`  ${name.padEnd(18)} failed: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
}

function line({ contestant, cpuSeconds, wallSeconds, peakBytes, ratio, bar }: Result, { packets }: MadeCapture) {
  return [
    `  ${contestant.padEnd(18)}`,
    `${cpuSeconds.toFixed(2)} s`.padStart(9),
    `${wallSeconds.toFixed(2)} s`.padStart(9),
    `${((cpuSeconds / packets) * 1e9).toFixed(0)} ns`.padStart(9),
    (peakBytes === undefined ? '-' : megabytes(peakBytes)).padStart(9),
    `${ratio.toFixed(2)} x`.padStart(9),
    bar ? `  ${bar.held ? 'holds' : 'MISSES'}: at least ${bar.times} x` : '',
  ].join(' ')
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`
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
