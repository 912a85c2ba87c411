import { basename } from 'node:path'
import { Engine, type Hop, hopsOf, type HopReport, type Loss, type PointSource } from '../../engine/engine.ts'
import { parseArguments } from './arguments.ts'
import { type Command, CommandError, UsageError } from './command.ts'
import { type AddressNames, endpoint, printable } from './conversation-table.ts'
import { jsonText } from './json.ts'
import { readCapture, warnOfDamage } from './read-capture.ts'
import { bytesText, countText, millisecondsText, shareText, table } from './text.ts'
import { writeOut } from './write-out.ts'

/** So many lost segments stand in the text. */
const MOST = 20

export const hops: Command = {
  name: 'hops',
  usage: 'FILE... [--json]',
  summary: 'where packets died and what each hop cost: the same packets at several capture points',
  help: `
Joins the TCP connections that several capture points saw: the interfaces of a capture (Hopscope's own has one for each pod and node), or several
captures of the same time. NAT and tunnels between the points are seen through, as sequence numbers stay the same. The points' order is found from
their times there and back, so that their clocks may differ.

For each hop, which is two neighbouring points and a direction:
  segments      with payload, SYN or FIN, seen at the first point and due at the second
  lost          not seen at the second one, nor further on, nor acknowledged
  uncaptured    bytes that crossed all the same, as points further on or ACKs tell: the second point's capture dropped them
  least         the shortest time for the way, half of there and back, and how far that may be off, whatever the clocks read
  p50 p99 max   times above the shortest one, which clocks that differ can't falsify

  --json        one JSON object with every lost segment; times are nanoseconds since the first capture's first frame, by each point's clock

Bare ACKs, resets and what is not TCP are not followed.`,
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
  const parts = [
    `${countText(connections, 'connection')} seen at several of ${points.length} points${alone === 0 ? '' : `, ${alone} at one only`}.`,
  ]
  if (report.hops.length === 0) {
    parts.push('No segment was seen at two points: they captured at other times, or other connections.')
  } else {
    parts.push(hopTable(report))
    parts.push(...clockLines(report))
    parts.push(lossText(report, names))
  }
  return `${parts.join('\n\n')}\n`
}

const nameOf = ({ points }: HopReport, { from, to }: Hop): string =>
  `${printable(points[from].name)} -> ${printable(points[to].name)}`

function hopTable(report: HopReport): string {
  return table(
    ['hop', 'segments', 'lost', 'share', 'bytes lost', 'uncaptured', 'least', '+-', 'p50', 'p99', 'max'],
    report.hops.map((hop) => {
      const { delay } = hop
      const way = delay?.oneWay
      const above = delay?.aboveLeast
      return [
        nameOf(report, hop),
        String(hop.segments),
        String(hop.lost),
        shareText(hop.lost, hop.segments),
        hop.lostBytes === 0 ? '-' : bytesText(hop.lostBytes),
        hop.missedBytes === 0 ? '-' : bytesText(hop.missedBytes),
        ...[way?.leastNs, way?.errorNs, above?.p50, above?.p99, above?.max].map((ns) =>
          ns === undefined ? '-' : millisecondsText(ns / 1e6),
        ),
      ]
    }),
  )
}

/** Clocks that surely differ. */
function clockLines(report: HopReport): string[] {
  const lines = report.hops.flatMap((hop) => {
    const way = hop.delay?.oneWay
    if (!way || hop.from > hop.to || Math.abs(way.aheadNs) <= way.errorNs) return []
    const [ahead, behind] = way.aheadNs > 0 ? [hop.to, hop.from] : [hop.from, hop.to]
    const by = `${millisecondsText(Math.abs(way.aheadNs) / 1e6)} (+- ${millisecondsText(way.errorNs / 1e6)})`
    return [
      `The clock of ${printable(report.points[ahead].name)} is ${by} ahead of that of ${printable(report.points[behind].name)}.`,
    ]
  })
  return lines.length === 0 ? [] : [lines.join('\n')]
}

function lossText(report: HopReport, names: Names): string {
  const { losses, hops, points } = report
  if (losses.length === 0) return 'Nothing was lost between the points.'
  const isOne = points.every(({ source }) => source === points[0].source)
  const rows = losses.slice(0, MOST).map((loss) => {
    const { name, frame, stream, from, to, again } = whereOf(loss, names)
    return [
      nameOf(report, hops[loss.hop]),
      ...(isOne ? [] : [printable(name)]),
      String(frame),
      `TCP ${stream}`,
      `${from} -> ${to}`,
      String(loss.bytes),
      again,
    ]
  })
  const file = isOne ? [] : ['capture']
  const list = table(['lost on', ...file, 'frame', 'stream', 'on its way', 'bytes', 'sent again'], rows)
  return losses.length > MOST ? `${list}\nAnd ${losses.length - MOST} more: --json lists all.` : list
}

function whereOf({ source, conversation, toA, row, again, againAfterNs }: Loss, names: Names) {
  const { conversations, packets } = source.tables
  const ends = [false, true].map((b) =>
    endpoint(
      conversations.addressText(conversation, b),
      (b ? conversations.portB : conversations.portA)[conversation],
      names.get(source) ?? new Map<string, ReadonlySet<string>>(),
    ),
  )
  const [from, to] = toA ? ends.toReversed() : ends
  return {
    name: source.name,
    stream: conversations.stream[conversation],
    from,
    to,
    frame: packets.frame(row),
    again:
      again === undefined
        ? 'no'
        : `frame ${packets.frame(again)}, after ${millisecondsText((againAfterNs ?? 0) / 1e6)}`,
  }
}

const jsonOf = (report: HopReport) => ({
  connections: report.connections,
  alone: report.alone,
  points: report.points.map(({ name, segments, from, until }) => ({ name, segments, from, until })),
  hops: report.hops.map((hop) => ({ ...hop, from: report.points[hop.from].name, to: report.points[hop.to].name })),
  lost: report.losses.map(({ hop, source, conversation, row, time, bytes, again }) => ({
    from: report.points[report.hops[hop].from].name,
    to: report.points[report.hops[hop].to].name,
    stream: source.tables.conversations.stream[conversation],
    frame: source.tables.packets.frame(row),
    time,
    bytes,
    again: again === undefined ? undefined : source.tables.packets.frame(again),
  })),
})
