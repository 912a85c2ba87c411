import { basename } from 'node:path'
import {
  clockSentences,
  Engine,
  type Hop,
  hopSentences,
  hopsOf,
  limitSentences,
  nothingText,
  type HopReport,
  type Loss,
  packetTexts,
  type PointSource,
  type SeenPacket,
  transportName,
} from '../../engine/engine.ts'
import { parseArguments } from './arguments.ts'
import { type Command, CommandError, UsageError } from './command.ts'
import { type AddressNames, endpoint, printable } from './conversation-table.ts'
import { jsonText } from './json.ts'
import { readCapture, warnOfDamage } from './read-capture.ts'
import { bytesText, countText, millisecondsText, numberText, shareText, table } from './text.ts'
import { writeOut } from './write-out.ts'

/** By so much times may differ that one clock told. */
const ONE_CLOCK_NS = 1e5
/** So many lost segments stand in the text. */
const MOST = 20

export const hops: Command = {
  name: 'hops',
  usage: 'FILE... [--json]',
  summary: 'where packets died and what each hop cost: the same packets at several capture points',
  help: `
Joins the TCP connections and UDP flows that several capture points saw: the interfaces of a capture (Hopscope's own has one for each pod and node),
or several captures of the same time. NAT and tunnels between the points are seen through: sequence numbers stay the same, and the payload of
datagrams. The points' order is found from their times there and back, so that their clocks may differ. One that drifts, or was set meanwhile, is told; losses and delays are as if it had not.

For each hop, which is two neighbouring points and a direction:
  segments      with payload, SYN or FIN, seen at the first point and due at the second
  lost          not seen at the second one, nor further on, nor acknowledged or answered
  rejected      dropped on the hop by somebody who said so with an ICMP error, or a reset in the name of the other end; not counted as lost
  uncaptured    bytes that crossed all the same, as points further on or ACKs tell: the second point's capture dropped them
  datagrams     of UDP, seen at the first point and due at the second
  unsure        not seen at the second point, which is known to have dropped others nearly as often: they may have come
  resets        seen at the first point and due at the second; one that the second saw and the first did not was made between them
  least         the shortest time for the way, half of there and back, and how far that may be off, whatever the clocks read
  p50 p99 max   times above the shortest one, which clocks that differ can't falsify

  --json        one JSON object with every lost packet; times are nanoseconds since the first capture's first frame, by each point's clock

Bare ACKs are not followed, nor datagrams in IP fragments, nor a connection on its second passage of one point, behind NAT.`,
  async run(args) {
    const { values, positionals } = parseArguments(args, { json: { type: 'boolean' } })
    if (positionals.length === 0) throw new UsageError('name a capture with several interfaces, or several captures.')
    if (positionals.filter((file) => file === '-').length > 1) {
      throw new UsageError('only one of them can be standard input.')
    }
    const names = namesOf(positionals)
    const sources = new Map<PointSource, AddressNames>()
    for (const [i, file] of positionals.entries()) {
      const tables = await readCapture(Engine, file, {})
      warnOfDamage('hops', file, tables)
      sources.set({ name: names[i], tables }, tables.names)
    }
    const report = hopsOf([...sources.keys()])
    if (report.points.length < 2 && sources.size > 1) {
      throw new CommandError(
        'TCP segments and whole UDP datagrams are in one of these captures at most, and only they can be followed.',
      )
    }
    if (report.points.length < 2) {
      throw new CommandError(
        'there is one capture point only. A hop needs two: name captures of the same time from other points, or capture at several points at once (`hopscope capture`).',
      )
    }
    await writeOut(values.json ? `${jsonText(jsonOf(report), 1)}\n` : textOf(report, sources))
    return 0
  },
}

/** Names of files without what they share and say nothing with. */
function namesOf(files: readonly string[]): string[] {
  const short = files.map((file) => basename(file).replace(/(\.(pcap|pcapng|cap))?(\.(gz|zst|lz4))?$/, ''))
  return new Set(short).size === files.length ? short : [...files]
}

type Names = ReadonlyMap<PointSource, AddressNames>

function textOf(report: HopReport, names: Names): string {
  const { points, connections, alone } = report
  const hasFlows = points.some(({ datagrams }) => datagrams > 0)
  const seen = hasFlows
    ? countText(connections, 'connection or UDP flow', 'connections and UDP flows')
    : countText(connections, 'connection')
  const parts = [
    `${seen} seen at several of ${points.length} points${alone === 0 ? '' : `, ${numberText(alone)} at one only`}.`,
  ]
  const limits = limitSentences(report)
  if (report.hops.length === 0) {
    parts.push(
      'No packet was seen at two points: they captured at other times, or other connections, or UDP whose sender NAT changed, or a proxy between them makes connections of its own.',
      ...limits,
    )
  } else {
    const sentences = hopSentences(report)
    parts.unshift([...(sentences.length === 0 ? [nothingText(report)] : sentences), ...limits].join('\n'))
    parts.push(hopTable(report))
    parts.push(...clockLines(report))
    parts.push(...packetTables(report, names))
  }
  return `${parts.join('\n\n')}\n`
}

const nameOf = ({ points }: HopReport, { from, to }: Hop): string =>
  `${printable(points[from].name)} -> ${printable(points[to].name)}`

function hopTable(report: HopReport): string {
  const columns: readonly (readonly [title: string, cell: (hop: Hop) => string])[] = [
    ['hop', (hop) => nameOf(report, hop)],
    ['segments', ({ segments }) => countOrNone(segments)],
    ['lost', ({ segments, lost }) => (segments === 0 ? '-' : String(lost))],
    ['share', ({ segments, lost }) => (segments === 0 ? '-' : shareText(lost, segments))],
    ['bytes lost', ({ lostBytes }) => bytesOrNone(lostBytes)],
    ['uncaptured', ({ missedBytes }) => bytesOrNone(missedBytes)],
    ['datagrams', ({ datagrams: { due } }) => countOrNone(due)],
    ['lost', ({ datagrams: { due, lost } }) => (due === 0 ? '-' : String(lost))],
    ['share', ({ datagrams: { due, lost } }) => (due === 0 ? '-' : shareText(lost, due))],
    ['rejected', ({ rejected }) => countOrNone(rejected)],
    ['unsure', ({ datagrams, resets }) => countOrNone(datagrams.unsure + resets.unsure)],
    ['resets', ({ resets: { due } }) => countOrNone(due)],
    ['lost', ({ resets: { lost } }) => countOrNone(lost)],
    ['least', ({ delay }) => timeOrNone(delay?.oneWay?.leastNs)],
    ['+-', ({ delay }) => timeOrNone(delay?.oneWay?.errorNs)],
    ['p50', ({ delay }) => timeOrNone(delay?.aboveLeast.p50)],
    ['p99', ({ delay }) => timeOrNone(delay?.aboveLeast.p99)],
    ['max', ({ delay }) => timeOrNone(delay?.aboveLeast.max)],
  ]
  return table(
    columns.map(([title]) => title),
    report.hops.map((hop) => columns.map(([, cell]) => cell(hop))),
  )
}

const countOrNone = (count: number): string => (count === 0 ? '-' : String(count))
const bytesOrNone = (bytes: number): string => (bytes === 0 ? '-' : bytesText(bytes))
const timeOrNone = (ns: number | undefined): string => (ns === undefined ? '-' : millisecondsText(ns / 1e6))

/** Clocks that moved, and those that surely differ. */
function clockLines(report: HopReport): string[] {
  const differ = report.hops.flatMap((hop) => {
    const way = hop.delay?.oneWay
    if (!way || hop.from > hop.to || Math.abs(way.aheadNs) <= way.errorNs + ONE_CLOCK_NS) return []
    const [ahead, behind] = way.aheadNs > 0 ? [hop.to, hop.from] : [hop.from, hop.to]
    const by = `${millisecondsText(Math.abs(way.aheadNs) / 1e6)} (+- ${millisecondsText(way.errorNs / 1e6)})`
    return [
      `The clock of ${printable(report.points[ahead].name)} is ${by} ahead of that of ${printable(report.points[behind].name)}.`,
    ]
  })
  const lines = [...clockSentences(report), ...differ]
  return lines.length === 0 ? [] : [lines.join('\n')]
}

function packetTables(report: HopReport, names: Names): string[] {
  const { losses, made, rejections, unanswered, hops, points } = report
  const isOne = points.every(({ source }) => source === points[0].source)
  const queries = unanswered.map((query) => ({ ...query, kind: 'datagram' as const, dns: 'query' as const }))
  const shown = [losses.slice(0, MOST), queries.slice(0, MOST), rejections.slice(0, MOST)] as const
  const texts = packetTexts(shown.flat())
  const file = isOne ? [] : ['capture']
  const placeOf = (packet: SeenPacket) => {
    const { name, frame, stream, from, to } = whereOf(packet, names)
    return { place: [...(isOne ? [] : [printable(name)]), frame, stream], way: `${from} -> ${to}` }
  }
  const tables: string[] = []
  const add = (head: readonly string[], rows: readonly (readonly string[])[], count: number) => {
    if (rows.length === 0) return
    tables.push(`${table(head, rows)}${count > MOST ? `\nAnd ${count - MOST} more: --json lists all.` : ''}`)
  }
  add(
    ['lost on', ...file, 'frame', 'stream', 'packet', 'on its way', 'bytes', 'sent again'],
    shown[0].map((loss) => {
      const { place, way } = placeOf(loss)
      const { hop, bytes } = loss
      return [
        nameOf(report, hops[hop]),
        ...place,
        printable(texts.get(loss) ?? ''),
        way,
        String(bytes),
        againText(loss),
      ]
    }),
    losses.length,
  )
  add(
    ['rejected', ...file, 'frame', 'stream', 'packet', 'on its way', 'with'],
    shown[2].map((rejection) => {
      const { place, way } = placeOf(rejection)
      const { hop, point, error } = rejection
      const where = hop === undefined ? `behind ${printable(points[point].name)}` : nameOf(report, hops[hop])
      const what = error.says === undefined ? 'reset' : `ICMP ${error.says}`
      const said = `${what}, frame ${error.source.tables.packets.frame(error.row)}${isOne ? '' : ` of ${printable(error.source.name)}`}`
      return [where, ...place, printable(texts.get(rejection) ?? ''), way, said]
    }),
    rejections.length,
  )
  add(
    ['made on', ...file, 'frame', 'stream', 'packet', 'on its way'],
    made.slice(0, MOST).map((reset) => {
      const { place, way } = placeOf(reset)
      return [nameOf(report, hops[reset.hop]), ...place, 'reset', way]
    }),
    made.length,
  )
  add(
    ['no answer at', ...file, 'frame', 'stream', 'packet', 'on its way'],
    shown[1].map((query) => {
      const { place, way } = placeOf(query)
      return [printable(points[query.point].name), ...place, printable(texts.get(query) ?? ''), way]
    }),
    unanswered.length,
  )
  return tables
}

function againText({ source, again, againAfterNs = 0 }: Loss): string {
  if (again === undefined) return 'no'
  return `frame ${source.tables.packets.frame(again)}, after ${millisecondsText(againAfterNs / 1e6)}`
}

function whereOf({ source, conversation, toA, row }: SeenPacket, names: Names) {
  const { conversations, packets } = source.tables
  const ends = [false, true].map((b) =>
    endpoint(
      conversations.addressText(conversation, b),
      (b ? conversations.portB : conversations.portA)[conversation],
      names.get(source) ?? new Map<string, ReadonlySet<string>>(),
    ),
  )
  const [from, to] = toA ? ends.toReversed() : ends
  return { name: source.name, stream: streamText(source, conversation), from, to, frame: String(packets.frame(row)) }
}

/** "TCP 0": streams are numbered by protocol. */
function streamText({ tables: { conversations } }: PointSource, conversation: number): string {
  return `${transportName(conversations, conversation).toUpperCase()} ${conversations.stream[conversation]}`
}

const jsonOf = (report: HopReport) => ({
  connections: report.connections,
  alone: report.alone,
  queries: report.queries,
  points: report.points.map(({ name, segments, datagrams, from, until }) => ({
    name,
    segments,
    datagrams,
    from,
    until,
  })),
  limits: {
    same: report.limits.same.map((pair) => pair.map((point) => report.points[point].name)),
    groups: report.limits.groups.map((group) => group.map((point) => report.points[point].name)),
    renumbered: report.limits.renumbered.count,
    twice: {
      count: report.limits.twice.count,
      points: report.limits.twice.points.map((point) => report.points[point].name),
    },
  },
  hops: report.hops.map((hop) => ({ ...hop, from: report.points[hop.from].name, to: report.points[hop.to].name })),
  clocks: report.moved.map(({ point, against, ...moved }) => ({
    ...{ point: report.points[point].name, against: report.points[against].name, ...moved },
  })),
  lost: report.losses.map((loss) => ({
    from: report.points[report.hops[loss.hop].from].name,
    to: report.points[report.hops[loss.hop].to].name,
    kind: loss.dns ?? loss.kind,
    ...jsonPlace(loss),
    bytes: loss.bytes,
    again: loss.again === undefined ? undefined : loss.source.tables.packets.frame(loss.again),
  })),
  rejected: report.rejections.map((rejection) => ({
    ...(rejection.hop === undefined
      ? { behind: report.points[rejection.point].name }
      : {
          from: report.points[report.hops[rejection.hop].from].name,
          to: report.points[report.hops[rejection.hop].to].name,
        }),
    kind: rejection.dns ?? rejection.kind,
    ...jsonPlace(rejection),
    [rejection.error.says === undefined ? 'reset' : 'icmp']: {
      by: rejection.error.by,
      says: rejection.error.says,
      capture: rejection.error.source.name,
      frame: rejection.error.source.tables.packets.frame(rejection.error.row),
    },
  })),
  made: report.made.map((reset) => ({
    from: report.points[report.hops[reset.hop].from].name,
    to: report.points[report.hops[reset.hop].to].name,
    ...jsonPlace(reset),
  })),
  unanswered: report.unanswered.map((query) => ({ point: report.points[query.point].name, ...jsonPlace(query) })),
})

const jsonPlace = ({ source: { tables }, conversation, row, time }: SeenPacket) => ({
  stream: tables.conversations.stream[conversation],
  frame: tables.packets.frame(row),
  time,
})
