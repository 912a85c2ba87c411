import type { CaptureFacts, ConversationRow, Engine, Lanes } from '../../engine/engine.ts'
import { oneFile, parseArguments } from './arguments.ts'
import type { Command } from './command.ts'
import { readCapture } from './read-capture.ts'
import { bytesText, millisecondsText, sparkline, table } from './text.ts'
import { writeOut } from './write-out.ts'

const WORST = 10
const LANE_BUCKETS = 60

export const analyze: Command = {
  name: 'analyze',
  usage: 'FILE [--json]',
  summary: 'what the capture holds, who suffered, and when',
  help: `
Prints the facts of the capture, the conversations that lost most time, how often each tcp.analysis label
occurs, and traffic, trouble and round-trip time over the capture's duration as lines of bars.

  --json      the same as JSON; times are nanoseconds since the first frame

A cut or corrupt file is analysed up to the damage, which is said.`,
  async run(args) {
    const { values, positionals } = parseArguments(args, { json: { type: 'boolean' } })
    const file = oneFile(positionals)
    const engine = await readCapture(file)
    const facts = engine.facts()
    const lanes = engine.lanes(facts.firstTime, facts.lastTime + 1, LANE_BUCKETS)
    const worst = engine.conversationRows(engine.conversationOrder('harmMs', true).subarray(0, WORST))
    const report = { file, facts, conversations: engine.conversations.count, worst, lanes, findings: [] }
    await writeOut(values.json ? jsonText(report) : reportText(file, engine, facts, worst, lanes))
    return 0
  },
}

/** Typed arrays as plain lists, "not a number" (no sample) as null. */
function jsonText(value: unknown): string {
  const plain = (_key: string, item: unknown) => {
    if (ArrayBuffer.isView(item) && !(item instanceof DataView)) return Array.from(item as unknown as Iterable<unknown>)
    return item
  }
  return JSON.stringify(value, plain, 1) + '\n'
}

function reportText(
  file: string,
  engine: Engine,
  facts: CaptureFacts,
  worst: readonly ConversationRow[],
  lanes: Lanes,
): string {
  const parts = [factsText(file, engine, facts)]
  if (facts.packets > 0) parts.push(lanesText(lanes), labelsText(facts), conversationsText(worst, facts))
  return parts.join('\n\n') + '\n'
}

function factsText(file: string, engine: Engine, facts: CaptureFacts): string {
  const seconds = (facts.lastTime - facts.firstTime) / 1e9
  const packed = facts.compression === 'none' ? '' : `, ${facts.compression}`
  const lines = [
    `${file}: ${facts.format ?? 'unknown format'}${packed}, ${bytesText(facts.bytesRead)}`,
    `${count(facts.packets, 'packet')}, ${bytesText(facts.wireBytes)} on the wire, ${count(engine.conversations.count, 'conversation')}`,
  ]
  if (facts.epochNs !== undefined) {
    const start = new Date(Number((BigInt(facts.epochNs) + BigInt(facts.firstTime)) / 1_000_000n))
    const from = Number.isNaN(start.getTime()) ? `${facts.epochNs} ns after 1970` : start.toISOString()
    lines.push(`from ${from}, for ${millisecondsText(seconds * 1000)}`)
  }
  for (const one of facts.interfaces) {
    const drops = one.statistics?.dropped || one.statistics?.osDropped
    if (drops) lines.push(`interface ${one.name ?? one.id}: ${count(drops, 'packet')} dropped while capturing`)
  }
  if (facts.cutPackets > 0) lines.push(`${count(facts.cutPackets, 'packet')} cut by the snap length`)
  if (facts.damage) lines.push(`damaged at byte ${facts.damage.offset}: ${facts.damage.reason}`)
  return lines.join('\n')
}

function lanesText(lanes: Lanes): string {
  const rows: [string, Float64Array, string][] = [
    ['bytes', lanes.bytes, bytesText(sum(lanes.bytes))],
    ['retransmissions', lanes.retransmissions, String(sum(lanes.retransmissions))],
    ['resets', lanes.resets, String(sum(lanes.resets))],
    ['out of order', lanes.outOfOrder, String(sum(lanes.outOfOrder))],
    ['zero windows', lanes.zeroWindows, String(sum(lanes.zeroWindows))],
    ['RTT p99', lanes.rttP99, `at most ${millisecondsText(highest(lanes.rttP99) / 1e6)}`],
  ]
  return rows.map(([name, values, total]) => `${name.padEnd(16)}${sparkline(values)}  ${total}`).join('\n')
}

function labelsText(facts: CaptureFacts): string {
  const found = Object.entries(facts.labels).filter(([, n]) => n > 0)
  if (found.length === 0) return 'No tcp.analysis label on any packet.'
  return table(
    ['label', 'packets'],
    found.sort((a, b) => b[1] - a[1]).map(([label, n]) => [`tcp.analysis.${label}`, String(n)]),
  )
}

function conversationsText(worst: readonly ConversationRow[], facts: CaptureFacts): string {
  const harmed = worst.filter((row) => row.harmMs > 0)
  if (harmed.length === 0) return facts.packets > 0 ? 'No conversation lost time.' : ''
  return `Worst conversations, by time lost:\n${conversationTable(harmed)}`
}

/** Conversations as an aligned table; also what `hopscope conversations` prints. */
export function conversationTable(rows: readonly ConversationRow[]): string {
  return table(
    ['stream', 'A', 'B', 'packets', 'bytes', 'lost', 'because of', 'retr', 'resets', 'RTT', 'state'],
    rows.map((row) => [
      `${row.transport} ${row.stream}`,
      endpoint(row.addressA, row.portA),
      endpoint(row.addressB, row.portB),
      String(row.packetsAB + row.packetsBA),
      bytesText(row.bytesAB + row.bytesBA),
      row.harmMs > 0 ? millisecondsText(row.harmMs) : '-',
      row.harm.map(({ cause, ms }) => `${cause} ${millisecondsText(ms)}`).join(', '),
      String(row.retransmissions),
      String(row.resets),
      row.initialRttNs === undefined ? '-' : millisecondsText(row.initialRttNs / 1e6),
      [row.state, row.resetCause].filter(Boolean).join(', '),
    ]),
  )
}

function endpoint(address: string, port: number | undefined): string {
  if (port === undefined) return address
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

const count = (n: number, noun: string) => `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`
const sum = (values: Float64Array) => values.reduce((a, b) => a + b, 0)
const highest = (values: Float64Array) => values.reduce((a, b) => (b > a ? b : a), 0)
