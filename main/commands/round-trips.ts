import type {
  AddressPair,
  ConversationRow,
  Engine,
  LatencySummary,
  PairHalf,
  RoundTripHalf,
} from '../../engine/engine.ts'
import { oneFile, parseArguments } from './arguments.ts'
import { CaptureWithBytes } from './capture-bytes.ts'
import type { Command } from './command.ts'
import { endpoint } from './conversation-table.ts'
import { jsonText } from './json.ts'
import { PART_HELP, PART_OPTIONS, PART_USAGE, partOption } from './part-arguments.ts'
import { warnOfDamage } from './read-capture.ts'
import { countText, millisecondsText, table } from './text.ts'
import { writeOut } from './write-out.ts'

/** Conversations that are looked into, those that lost most first: each costs reading its packets again. */
const MOST = 50
/** From so many samples on a p99 means something. */
const ENOUGH_FOR_P99 = 100
const HALVES = ['client', 'server'] as const

export const roundTrips: Command = {
  name: 'round-trips',
  usage: `FILE [--json] ${PART_USAGE}`,
  summary: 'round-trip times of each pair of addresses and of conversations, both halves of the path apart',
  help: `
Lists how long packets took from the capture point to the client and back, and to the server and back: by ACKs, and by TCP timestamps
(RFC 7323) where something was sent again, as their echo names the packet that was answered. First by pairs of addresses, the slowest
first, then for the ${MOST} TCP conversations that lost most, there also by timestamps alone. A p99 of fewer than ${ENOUGH_FOR_P99} samples says little:
it stands in parentheses. \`late\` are the echoes of a receiver that waited: for what its program answered, for another segment, or as delayed ACKs do.

  --json      one JSON object for each half of a pair, then of a conversation; times are nanoseconds
${PART_HELP}`,
  async run(args) {
    const { values, positionals } = parseArguments(args, { json: { type: 'boolean' }, ...PART_OPTIONS })
    const file = oneFile(positionals)
    using capture = await CaptureWithBytes.open(file, partOption(values))
    const { engine } = capture
    warnOfDamage('round-trips', file, engine)
    const order = engine.conversationOrder('harmMs', true)
    const found: Half[] = []
    let looked = 0
    let left = 0
    for (const row of engine.conversationRows(order)) {
      if (row.transport !== 'TCP') continue
      if (looked === MOST) {
        left++
        continue
      }
      looked++
      found.push(...(await halvesOf(engine, row, capture)))
    }
    const pairs = engine.addressPairs()
    if (values.json) {
      const lines = [...pairs.flatMap(pairJson), ...found.map(jsonOf)]
      await writeOut(lines.map((line) => jsonText(line) + '\n').join(''))
    } else if (found.length === 0) await writeOut('No TCP conversations.\n')
    else
      await writeOut(
        `${pairsOf(pairs, engine)}\n\n${tableOf(found, engine)}\n${left > 0 ? `And ${countText(left, 'conversation')} more.\n` : ''}`,
      )
    return 0
  },
}

interface Half {
  readonly row: ConversationRow
  readonly name: (typeof HALVES)[number]
  readonly byTimestamps: RoundTripHalf
  readonly byAcks: LatencySummary | undefined
}

async function halvesOf(engine: Engine, row: ConversationRow, { read }: CaptureWithBytes): Promise<Half[]> {
  const byTimestamps = await engine.timestampRoundTrips(row.id, read)
  if (!byTimestamps) return []
  const summaries = engine.latencySummaries({ conversation: row.id }, false)
  return HALVES.map((name) => ({
    row,
    name,
    byTimestamps: byTimestamps[name],
    byAcks: summaries.find(({ measure }) => measure === `rtt ${name}`),
  }))
}

function tableOf(halves: readonly Half[], { names }: Engine): string {
  return table(
    ['stream', 'A', 'B', 'half', 'timestamps', 'late', 'shortest', 'p50', 'p99', 'n', 'p50', 'p99'],
    halves.map(({ row, name, byTimestamps, byAcks }) => [
      `TCP ${row.stream}`,
      endpoint(row.addressA, row.portA, names),
      endpoint(row.addressB, row.portB, names),
      name,
      String(byTimestamps.prompt.row.length),
      String(byTimestamps.late.row.length),
      ...[byTimestamps.shortestNs, byTimestamps.p50Ns, byTimestamps.p99Ns].map(timeText),
      String(byAcks?.count ?? 0),
      timeText(byAcks?.p50.ns ?? 0),
      timeText(byAcks?.p99.ns ?? 0),
    ]),
  )
}

function pairsOf(pairs: readonly AddressPair[], { names }: Engine): string {
  const head = ['client', 'server', 'conversations', 'half', 'n', 'p50', 'p90', 'p99', 'max']
  const rows = pairs.flatMap((pair) =>
    halvesOfPair(pair).map(([name, half]) => [
      endpoint(pair.client, undefined, names),
      endpoint(pair.server, undefined, names),
      String(pair.conversations),
      name,
      String(half.count),
      timeText(half.p50Ns),
      timeText(half.p90Ns),
      half.count < ENOUGH_FOR_P99 ? `(${timeText(half.p99Ns)})` : timeText(half.p99Ns),
      timeText(half.maxNs),
    ]),
  )
  return rows.length === 0 ? 'No round trip of the network alone between any two addresses.' : table(head, rows)
}

function halvesOfPair({ toClient, toServer }: AddressPair): (readonly [string, PairHalf])[] {
  return [...(toClient ? [['client', toClient] as const] : []), ...(toServer ? [['server', toServer] as const] : [])]
}

const pairJson = (pair: AddressPair) =>
  halvesOfPair(pair).map(([half, times]) => ({
    client: pair.client,
    server: pair.server,
    conversations: pair.conversations,
    half,
    ...times,
  }))

const timeText = (ns: number): string => (ns > 0 ? millisecondsText(ns / 1e6) : '-')

const jsonOf = ({ row, name, byTimestamps, byAcks }: Half) => ({
  stream: row.stream,
  addressA: row.addressA,
  portA: row.portA,
  addressB: row.addressB,
  portB: row.portB,
  half: name,
  timestamps: {
    prompt: byTimestamps.prompt.row.length,
    late: byTimestamps.late.row.length,
    resent: byTimestamps.resent,
    shortestNs: byTimestamps.shortestNs,
    p50Ns: byTimestamps.p50Ns,
    p99Ns: byTimestamps.p99Ns,
  },
  acks: { count: byAcks?.count ?? 0, delayed: byAcks?.delayedAcks ?? 0, p50Ns: byAcks?.p50.ns, p99Ns: byAcks?.p99.ns },
})
