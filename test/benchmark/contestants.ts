import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LABELS } from '../../engine/engine.ts'
import type { MadeCapture } from './captures.ts'
import { measure, type Measurement } from './measure.ts'

const CLI = fileURLToPath(new URL('../../out/main/cli.js', import.meta.url))

/** `hopscope expert` of the built command line: all labels and verdicts, which is what the bars are about. */
const EXPERT: Contestant = {
  name: 'hopscope expert',
  command: process.execPath,
  args: (file) => [CLI, 'expert', '--json', file],
}

/** Requests, findings and percentiles as well. */
export const ANALYZE: Contestant = {
  name: 'hopscope analyze',
  command: process.execPath,
  args: (file) => [CLI, 'analyze', '--json', file],
}

interface Contestant {
  readonly name: string
  readonly command: string
  readonly args: (file: string) => readonly string[]
  /** Its CPU time is to be at least this many times ours. */
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
  /** Its CPU time over that of each of ours. */
  readonly ratio: OfOurs<number>
  readonly bar?: { readonly times: number; readonly held: OfOurs<boolean> }
}

/** Something of `hopscope expert`, and of `hopscope analyze`. */
interface OfOurs<T> {
  readonly expert: T
  readonly analyze: T
}

export interface Comparison {
  readonly results: readonly Result[]
  /** Of that of ours which takes more. */
  readonly memory: { readonly bytes: number; readonly bar: number; readonly held: boolean } | undefined
}

/** Peak memory that ours may take: the program, its columns, its conversations. */
function memoryBar({ packets, conversations }: MadeCapture): number {
  return 150e6 + 64 * packets + 200 * conversations
}

/**
 * Measures all that are installed, in turns, so that an hour in which the machine is slower is everybody's, and prints a line for
 * the least CPU time of each.
 */
export async function compare(capture: MadeCapture, runs: number): Promise<Comparison> {
  const measured = new Map<Contestant, Measurement>()
  const left = new Set([EXPERT, ANALYZE, ...PEERS].filter(isInstalled))
  for (let round = 0; round < runs; round++) {
    for (const contestant of left) {
      const now = await once(contestant, capture)
      // What takes long varies little and is run once.
      if (!now || now.wallSeconds >= 15) left.delete(contestant)
      if (now && now.cpuSeconds < (measured.get(contestant)?.cpuSeconds ?? Infinity)) measured.set(contestant, now)
    }
  }
  const head = ['CPU', 'wall', 'a packet', 'memory', 'to expert', 'to analyze']
  console.log(`  ${''.padEnd(18)} ${head.map((title) => title.padStart(10)).join(' ')}`)
  const expert = measured.get(EXPERT)
  const analyze = measured.get(ANALYZE)
  if (!expert || !analyze) return { results: [], memory: undefined }
  const results = [...measured].map(([one, itsOwn]) => resultOf(one, itsOwn, { expert, analyze }, capture))
  for (const result of results) console.log(line(result, capture))
  const bytes = Math.max(expert.peakBytes ?? 0, analyze.peakBytes ?? 0)
  if (bytes === 0) return { results, memory: undefined }
  const bar = memoryBar(capture)
  const memory = { bytes, bar, held: bytes <= bar }
  console.log(`  ${'memory'.padEnd(18)} ${megabytes(bytes)} ${heldText(memory.held)}: at most ${megabytes(bar)}`)
  return { results, memory }
}

/** What was measured beside ours. */
export function resultOf(
  { name, bar, headersOnly }: Pick<Contestant, 'name' | 'bar' | 'headersOnly'>,
  measured: Measurement,
  ours: OfOurs<Measurement>,
  { snapLength }: Pick<MadeCapture, 'snapLength'>,
): Result {
  const ratio = {
    expert: measured.cpuSeconds / ours.expert.cpuSeconds,
    analyze: measured.cpuSeconds / ours.analyze.cpuSeconds,
  }
  const result = { contestant: name, ...measured, ratio }
  if (bar === undefined || (headersOnly && snapLength > 1000)) return result
  return { ...result, bar: { times: bar, held: { expert: ratio.expert >= bar, analyze: ratio.analyze >= bar } } }
}

/** Undefined, with a word, where it fails. */
async function once({ name, command, args }: Contestant, { file }: MadeCapture): Promise<Measurement | undefined> {
  try {
    // What reading from the disk costs depends on who came before.
    await measure('cat', [file])
    return await measure(command, args(file))
  } catch (error) {
    console.log(`  ${name.padEnd(18)} failed: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
}

function line({ contestant, cpuSeconds, wallSeconds, peakBytes, ratio, bar }: Result, { packets }: MadeCapture) {
  return [
    `  ${contestant.padEnd(18)}`,
    `${cpuSeconds.toFixed(2)} s`.padStart(10),
    `${wallSeconds.toFixed(2)} s`.padStart(10),
    `${((cpuSeconds / packets) * 1e9).toFixed(0)} ns`.padStart(10),
    (peakBytes === undefined ? '-' : megabytes(peakBytes)).padStart(10),
    `${ratio.expert.toFixed(2)} x`.padStart(10),
    `${ratio.analyze.toFixed(2)} x`.padStart(10),
    bar ? `  ${heldText(bar.held.expert)}, ${heldText(bar.held.analyze)}: at least ${bar.times} x` : '',
  ].join(' ')
}

function heldText(held: boolean): string {
  return held ? 'holds' : 'MISSES'
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`
}

function isInstalled({ name, command }: Contestant): boolean {
  const folders = command.includes('/') ? [''] : (process.env['PATH'] ?? '').split(delimiter)
  const found = folders.some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
  if (!found) console.log(`  ${name.padEnd(18)} skipped: ${command} is not installed`)
  return found
}
