import type { Finding } from '../../common/model/finding.ts'
import { type NoteAnchor, PLAIN_COLOUR } from '../../common/model/note.ts'
import type { CaptureFacts, ConversationRow, LatencySummary, Percentile } from '../answers.ts'
import type { Engine, PlacedNotes } from '../engine.ts'
import { countOf, endText, msText, nsText, share, sumOf } from '../findings/words.ts'
import type { ReadBytes } from '../query/frame-bytes.ts'
import { partText } from '../part-text.ts'
import type { Block, ReportDocument } from './document.ts'

export interface ReportOptions {
  /** How the capture is called. */
  readonly name: string
  /** Of the program, for "how this was made". */
  readonly version: string
  /** Only what this display filter matches; of findings those with a packet that does. */
  readonly filter?: string
}

const WORST = 15
const BUCKETS = 240
const ENOUGH_FOR_P99 = 100

/** All that a person would hand over of a capture, in the order in which it is asked for. Throws FilterError, Cancelled, and what `read` throws. */
export async function reportDocument(engine: Engine, read: ReadBytes, options: ReportOptions): Promise<ReportDocument> {
  const { name, version, filter = '' } = options
  const facts = engine.facts()
  const { findings, omitted, artefacts } = await engine.findings(read)
  const rows = await engine.select({ filter }, read)
  const scope = rows ? { rows } : {}
  const shown = rows ? onlyIn(findings, rows) : findings
  const worst = engine.conversationRows(engine.conversationOrder('harmMs', true, scope).subarray(0, WORST), scope)
  const blocks: Block[] = [
    ...factsBlocks(facts, engine.conversationCount, filter, rows?.length),
    heading(2, 'Findings'),
    ...(shown.length === 0
      ? [paragraph(rows ? 'Nothing was found that involves these packets.' : 'Nothing was found.')]
      : shown.flatMap((finding, i) => findingBlocks(finding, i + 1, engine))),
    ...(omitted > 0
      ? [paragraph(`${countOf(omitted, 'finding')} more of the same kinds did less harm and are not listed.`)]
      : []),
    ...artefactBlocks(artefacts),
    ...notesBlocks(engine.notes.placed(), facts),
    ...lanesBlocks(engine, facts, rows),
    ...latencyBlocks(engine.latencySummaries(scope).filter(({ count }) => count > 0)),
    ...worstBlocks(worst, engine),
    heading(2, 'How this was made'),
    paragraph(
      `Hopscope ${version} read ${name}${facts.damage ? ' up to the damage' : ''}${facts.unread || facts.part ? ' in part' : ''}. Times count from the first frame. Labels are those of Wireshark (tcp.analysis); findings and lost time are Hopscope's own.`,
    ),
  ]
  return { title: `What happened in ${name}`, blocks }
}

function onlyIn(findings: readonly Finding[], rows: Uint32Array): readonly Finding[] {
  const matching = new Set(rows)
  return findings.filter(({ evidence }) => evidence.some(({ row }) => matching.has(row)))
}

function factsBlocks(
  facts: CaptureFacts,
  conversations: number,
  filter: string,
  matching: number | undefined,
): Block[] {
  const packed = facts.compression === 'none' ? '' : `, ${facts.compression}`
  const items = [
    `${facts.format ?? 'unknown format'}${packed}, ${bytes(facts.bytesRead)}`,
    `${countOf(facts.packets, 'packet')}, ${bytes(facts.wireBytes)} on the wire, ${countOf(conversations, 'conversation')}`,
  ]
  if (facts.part) items.push(`only a part of the capture: ${partText(facts)}`)
  if (facts.epochNs !== undefined) {
    const start = timeText(BigInt(facts.epochNs) + BigInt(Math.round(facts.firstTime)))
    items.push(`from ${start}, for ${nsText(facts.lastTime - facts.firstTime)}`)
  }
  if (facts.damage) items.push(`damaged at byte ${facts.damage.offset}: ${facts.damage.reason}`)
  if (facts.unread) items.push(`the capture goes on, and was not read further: ${facts.unread.reason}`)
  if (facts.cutPackets > 0) items.push(`${countOf(facts.cutPackets, 'packet')} cut by the snap length`)
  for (const { id, name, statistics } of facts.interfaces) {
    const drops = (statistics?.dropped ?? 0) + (statistics?.osDropped ?? 0)
    if (drops > 0)
      items.push(`interface ${name ?? id} dropped ${countOf(drops, 'packet')}: some gaps are the capture's`)
  }
  const about: Block[] = [{ kind: 'list', items }]
  if (matching !== undefined) {
    about.push(
      paragraph(
        `Below is only what this filter matches: ${countOf(matching, 'packet')} (${share(matching, facts.packets)}).`,
      ),
      { kind: 'code', text: filter },
    )
  }
  return about
}

function findingBlocks(finding: Finding, number: number, { packets }: Engine): Block[] {
  const { title, costMs, failed, confidence, sentence, why, blamed, ruledOut, settle, evidence, confirm, filter } =
    finding
  const broken = failed === undefined ? '' : `, ${failed} failed`
  const cost = costMs > 0 ? `, ${msText(costMs)} lost` : ''
  const items = [`Why: ${why}`, `To blame: ${blamed}.`, ...ruledOut.map((text) => `Ruled out: ${text}`)]
  if (settle !== undefined) items.push(`Would settle it: ${settle}`)
  if (evidence.length > 0)
    items.push(`Frames: ${evidence.map(({ row, role }) => `${packets.frame(row)} ${role}`).join('; ')}`)
  return [
    heading(3, `${number}. ${title}${broken}${cost} (${Math.round(confidence * 100)} % sure)`),
    paragraph(sentence),
    { kind: 'list', items },
    { kind: 'code', text: filter },
    ...confirm.flatMap(({ command, about }): Block[] => [
      paragraph(`To confirm, ${about}:`),
      { kind: 'code', text: `$ ${command}` },
    ]),
  ]
}

function artefactBlocks(artefacts: readonly Finding[]): Block[] {
  if (artefacts.length === 0) return []
  const items = artefacts.map(({ title, sentence }) => `${title}. ${sentence}`)
  return [heading(2, 'About the capture itself'), { kind: 'list', items }]
}

/** In the order of time; those on nothing that has one stand first. */
function notesBlocks({ notes, unlisted }: PlacedNotes, { epochNs }: CaptureFacts): Block[] {
  if (notes.length === 0) return []
  const sorted = notes
    .toSorted((a, b) => (a.time?.from ?? -Infinity) - (b.time?.from ?? -Infinity))
    .map(({ note: { anchor, tag = '', text, colour = PLAIN_COLOUR }, imported }) => ({
      about: `${anchorText(anchor, epochNs)}${imported ? ', a comment in the file' : ''}`,
      tag,
      text,
      colour,
    }))
  const more = unlisted > 0 ? [paragraph(`The file has ${countOf(unlisted, 'more comment')}.`)] : []
  return [heading(2, 'Notes'), { kind: 'notes', notes: sorted }, ...more]
}

/** "frame 7, at 1.20 s", "10.0.0.1:5000 and 10.0.0.2:80 (tcp)", "from 1.20 s to 3.00 s", "the capture": times count from the epoch. */
export function anchorText(anchor: NoteAnchor, epochNs: string | undefined): string {
  const since = (time: string) => nsText(Number(BigInt(time) - BigInt(epochNs ?? '0')))
  switch (anchor.kind) {
    case 'packet':
      return `frame ${anchor.frame}, at ${since(anchor.time)}`
    case 'conversation':
      return `${end(anchor.addressA, anchor.portA)} and ${end(anchor.addressB, anchor.portB)} (${anchor.transport})`
    case 'range':
      return anchor.from === anchor.to
        ? `at ${since(anchor.from)}`
        : `from ${since(anchor.from)} to ${since(anchor.to)}`
    case 'capture':
      return 'the capture'
  }
}

function lanesBlocks(engine: Engine, facts: CaptureFacts, rows: Uint32Array | undefined): Block[] {
  if (facts.packets === 0) return []
  const lanes = engine.lanes(facts.firstTime, facts.lastTime + 1, BUCKETS, rows)
  const [from, to] = ['0 s', nsText(facts.lastTime - facts.firstTime)]
  const chart = (title: string, values: Float64Array, tone: 'plain' | 'bad' | 'time', top: string): Block[] =>
    values.some((value) => value > 0) ? [{ kind: 'chart', title, values, tone, top, from, to }] : []
  const counted = (title: string, values: Float64Array) => chart(title, values, 'bad', `${sumOf(values)} in all`)
  const slowest = lanes.rttP99.reduce((a, b) => (b > a ? b : a), 0)
  const charts = [
    ...chart('Bytes', lanes.bytes, 'plain', `${bytes(sumOf(lanes.bytes))} in all`),
    ...counted('Retransmissions', lanes.retransmissions),
    ...counted('Resets', lanes.resets),
    ...counted('Out of order', lanes.outOfOrder),
    ...counted('Zero windows', lanes.zeroWindows),
    ...chart('RTT, p99', lanes.rttP99, 'time', `at most ${nsText(slowest)}`),
  ]
  return charts.length === 0 ? [] : [heading(2, 'Over time'), ...charts]
}

const MEASURES: Readonly<Record<string, string>> = {
  'rtt client': 'RTT to the client',
  'rtt server': 'RTT to the server',
  tls: 'TLS handshake',
  dns: 'DNS',
  http: 'HTTP',
  http2: 'HTTP/2',
  grpc: 'gRPC',
  redis: 'Redis',
  pgsql: 'PostgreSQL',
  mysql: 'MySQL',
  tcp: 'TCP turns',
}

function latencyBlocks(latency: readonly LatencySummary[]): Block[] {
  if (latency.length === 0) return []
  const percentile = ({ ns, beyond }: Percentile) => (Number.isNaN(ns) ? '-' : `${beyond ? '>= ' : ''}${nsText(ns)}`)
  const rows = latency.map(({ measure, approximate, count, unanswered, failed, p50, p90, p99, max }) => [
    `${MEASURES[measure] ?? measure}${approximate ? ' (guessed from who spoke when)' : ''}`,
    String(count),
    String(unanswered),
    String(failed),
    percentile(p50),
    percentile(p90),
    count < ENOUGH_FOR_P99 ? `(${percentile(p99)})` : percentile(p99),
    percentile(max),
  ])
  const head = ['of', 'n', 'unanswered', 'failed', 'p50', 'p90', 'p99', 'max']
  const few = latency.some(({ count }) => count < ENOUGH_FOR_P99)
  const remark = `Of fewer than ${ENOUGH_FOR_P99} samples a p99 says little: it stands in parentheses.`
  return [heading(2, 'How long things took'), { kind: 'table', head, rows }, ...(few ? [paragraph(remark)] : [])]
}

function worstBlocks(rows: readonly ConversationRow[], { names, dnsNames }: Engine): Block[] {
  const named = (address: string, port: number | undefined) => {
    const [name] = names.get(address) ?? dnsNames.get(address) ?? []
    return name === undefined ? end(address, port) : `${name} ${end(address, port)}`
  }
  const harmed = rows.filter(({ harmMs }) => harmMs > 0)
  const heads = heading(2, 'Conversations that lost most time')
  if (harmed.length === 0) return [heads, paragraph('No TCP connection lost time.')]
  return [
    heads,
    {
      kind: 'table',
      head: ['stream', 'A', 'B', 'packets', 'bytes', 'lost', 'because of', 'sent again', 'resets'],
      rows: harmed.map((row) => [
        `${row.transport} ${row.stream}`,
        named(row.addressA, row.portA),
        named(row.addressB, row.portB),
        String(row.packetsAB + row.packetsBA),
        bytes(row.bytesAB + row.bytesBA),
        msText(row.harmMs),
        row.harm.map(({ cause, ms }) => `${cause} ${msText(ms)}`).join(', '),
        String(row.retransmissions),
        String(row.resets),
      ]),
    },
  ]
}

const heading = (level: 2 | 3, text: string): Block => ({ kind: 'heading', level, text })
const paragraph = (text: string): Block => ({ kind: 'paragraph', text })

function end(address: string, port: number | undefined): string {
  return endText(port === undefined ? { address } : { address, port })
}

function bytes(n: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const unit = Math.min(units.length - 1, n < 1 ? 0 : Math.floor(Math.log10(n) / 3))
  const value = n / 1000 ** unit
  return `${unit === 0 || value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${units[unit]}`
}

function timeText(ns: bigint): string {
  const date = new Date(Number(ns / 1_000_000n))
  return Number.isNaN(date.getTime()) ? `${ns} ns after 1970` : date.toISOString()
}
