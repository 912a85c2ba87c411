import { partText } from '../../engine/engine.ts'
import type { CaptureFacts, ConversationRow, Finding, Lanes, LatencySummary, ResetCause } from '../../engine/engine.ts'
import { type AddressNames, conversationTable, endpoint, printable, printableLines } from './conversation-table.ts'
import { findingsSummary } from './findings-text.ts'
import { latencyText } from './latency-text.ts'
import { unreadText } from './read-capture.ts'
import type { ResetGroup } from './resets-by-cause.ts'
import { bytesText, countText, durationText, millisecondsText, shareText, sparkline } from './text.ts'

export interface Analysis {
  /** How the file is called. */
  readonly file: string
  readonly facts: CaptureFacts
  /** How many there are. */
  readonly conversations: number
  /** Those that lost most time. */
  readonly worst: readonly ConversationRow[]
  readonly resets: readonly ResetGroup[]
  readonly latency: readonly LatencySummary[]
  readonly lanes: Lanes
  /** What went wrong, and what is wrong with the capture. */
  readonly findings: readonly Finding[]
  readonly artefacts: readonly Finding[]
  readonly names: AddressNames
}

/** For a person, in a terminal: what is in the capture, then when there was trouble, what it was, and whom it hit. */
export function analysisText(analysis: Analysis): string {
  const parts = analysis.facts.packets > 0 ? [findingsSummary(analysis)] : []
  parts.push(factsText(analysis))
  if (analysis.facts.packets > 0)
    parts.push(lanesText(analysis.lanes), troubleText(analysis), latencyText(analysis.latency), worstText(analysis))
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function factsText({ file, facts, conversations }: Analysis): string {
  const packed = facts.compression === 'none' ? '' : `, ${facts.compression}`
  const lines = [`${file}: ${facts.format ?? 'unknown format'}${packed}, ${bytesText(facts.bytesRead)}`]
  if (facts.damage) lines.push(`DAMAGED at byte ${facts.damage.offset}; read up to there. ${facts.damage.reason}`)
  const unread = unreadText(facts)
  if (unread !== undefined) lines.push(`IN PART: ${unread}`)
  if (facts.part) lines.push(`only ${partText(facts)}`)
  lines.push(
    `${countText(facts.packets, 'packet')}, ${bytesText(facts.wireBytes)} on the wire, ${countText(conversations, 'conversation')}`,
  )
  if (facts.epochNs !== undefined) {
    const start = timeText(BigInt(facts.epochNs) + BigInt(facts.firstTime))
    lines.push(`from ${start}, for ${durationText((facts.lastTime - facts.firstTime) / 1e6)}`)
  }
  const names = facts.interfaces.flatMap(({ name }) => (name === undefined ? [] : [printable(name)]))
  if (facts.interfaces.length > 1) {
    lines.push(`${facts.interfaces.length} interfaces${names.length > 0 ? `: ${names.join(', ')}` : ''}`)
  }
  for (const { id, name, statistics } of facts.interfaces) {
    const drops = (statistics?.dropped ?? 0) + (statistics?.osDropped ?? 0)
    if (drops === 0) continue
    const where = printable(name ?? String(id))
    lines.push(`interface ${where} dropped ${countText(drops, 'packet')} while capturing: some gaps are the capture's`)
  }
  if (facts.cutPackets > 0) {
    lines.push(
      `${countText(facts.cutPackets, 'packet')} (${shareText(facts.cutPackets, facts.packets)}) cut by the snap length`,
    )
  }
  for (const comment of facts.comments) lines.push(`comment: ${printableLines(comment, '         ')}`)
  return lines.join('\n')
}

function timeText(ns: bigint): string {
  const date = new Date(Number(ns / 1_000_000n))
  return Number.isNaN(date.getTime()) ? `${ns} ns after 1970` : date.toISOString()
}

const NAME_WIDTH = 16

function lanesText(lanes: Lanes): string {
  const most = highest(lanes.rttP99)
  const lines: (readonly [string, string, string])[] = [
    ['bytes', sparkline(lanes.bytes), bytesText(sum(lanes.bytes))],
    countLane('retransmissions', lanes.retransmissions, lanes),
    countLane('resets', lanes.resets, lanes),
    countLane('out of order', lanes.outOfOrder, lanes),
    countLane('zero windows', lanes.zeroWindows, lanes),
    [
      'RTT p99',
      sparkline(lanes.rttP99),
      most > 0 ? `at most ${millisecondsText(most / 1e6)}` : 'no ACK that could be timed',
    ],
  ]
  const axis = axisText(lanes)
  return [...lines.map(([name, bars, says]) => `${name.padEnd(NAME_WIDTH)}${bars}  ${says}`), axis].join('\n')
}

/** Events have a number and, when they are in one part of the time only, the part. */
function countLane(name: string, counts: Float64Array, lanes: Lanes): readonly [string, string, string] {
  const total = sum(counts)
  const first = counts.findIndex((count) => count > 0)
  const last = counts.findLastIndex((count) => count > 0)
  const width = (lanes.to - lanes.from) / lanes.buckets / 1e6
  const when =
    total === 0 || last - first > lanes.buckets / 2
      ? ''
      : `, from ${durationText(lanes.from / 1e6 + first * width)} to ${durationText(lanes.from / 1e6 + (last + 1) * width)}`
  return [name, sparkline(counts), `${total}${when}`]
}

/** Start, middle and end below the bars. */
function axisText({ from, to, buckets }: Lanes): string {
  // Of a part the times are those of the file.
  const start = Math.max(0, from)
  const end = durationText((start + to - from) / 1e6)
  const middle = durationText((start + (to - from) / 2) / 1e6)
  const left = (start === 0 ? '0' : durationText(start / 1e6)).padEnd(Math.floor(buckets / 2)) + middle
  return ' '.repeat(NAME_WIDTH) + left.padEnd(buckets - end.length) + end
}

const RESET_TEXT: Readonly<Record<ResetCause, string>> = {
  refused: 'refused (nothing listens there)',
  'after-fin': 'after they had been closed',
  'data-unread': 'by an end that had not read all it was sent (it died or gave up)',
  'mid-stream': 'in the middle',
  'unknown-connection': 'unknown to the other end (it was restarted, or forgot them while they were idle)',
}
const MOST_RESET_GROUPS = 5

function troubleText({ facts, resets, names }: Analysis): string {
  const lines: string[] = []
  const retransmissions = retransmissionsText(facts)
  if (retransmissions !== '') lines.push(retransmissions)
  const { copy, reordered } = facts.verdicts
  if (copy > 0) {
    lines.push(
      `Captured twice: ${countText(copy, 'packet')} (${shareText(copy, facts.packets)}) of the same packets seen again. They are no retransmissions, whatever their label says.`,
    )
  }
  if (reordered > 0) lines.push(`Reordered by the network: ${countText(reordered, 'packet')}.`)
  for (const { cause, address, port, connections } of resets.slice(0, MOST_RESET_GROUPS)) {
    lines.push(
      `Reset: ${countText(connections, 'connection')} to ${endpoint(address, port, names)}, ${RESET_TEXT[cause]}.`,
    )
  }
  const others = resets.slice(MOST_RESET_GROUPS)
  if (others.length > 0) {
    lines.push(
      `Reset: ${countText(sum(others.map(({ connections }) => connections)), 'connection')} more, of other kinds or to other places.`,
    )
  }
  lines.push(labelsText(facts))
  return lines.join('\n')
}

/** What made the senders send again. */
function retransmissionsText({ verdicts, spurious }: CaptureFacts): string {
  const kinds: (readonly [number, string])[] = [
    [verdicts.fast, 'fast'],
    [verdicts.rto, 'by time-out'],
    [verdicts.tlp, verdicts.tlp === 1 ? 'tail loss probe' : 'tail loss probes'],
    [verdicts.syn + verdicts.synack, 'in the handshake'],
    [verdicts.retransmission, 'of a kind that cannot be told'],
  ]
  const total = sum(kinds.map(([n]) => n))
  if (total === 0) return ''
  const parts = kinds.filter(([n]) => n > 0).map(([n, kind]) => `${n} ${kind}`)
  const needless = spurious === 0 ? '' : ` The receiver had ${spurious} of them already.`
  return `Sent again: ${countText(total, 'segment')}: ${parts.join(', ')}.${needless}`
}

function labelsText({ labels }: CaptureFacts): string {
  const found = Object.entries(labels).filter(([, n]) => n > 0)
  if (found.length === 0) return 'Labels (tcp.analysis): none.'
  const parts = found.toSorted((a, b) => b[1] - a[1]).map(([label, n]) => `${label} ${n}`)
  return `Labels (tcp.analysis): ${parts.join(', ')}.`
}

function worstText({ worst, conversations, names }: Analysis): string {
  const harmed = worst.filter((row) => row.harmMs > 0)
  if (harmed.length === 0) return 'No TCP connection lost time.'
  const of = conversations > harmed.length ? ` (${harmed.length} of ${countText(conversations, 'conversation')})` : ''
  return `Most time lost${of}:\n${conversationTable(harmed, names)}`
}

function sum(values: Iterable<number>): number {
  let total = 0
  for (const value of values) total += value
  return total
}

/** Ignores what is not a number. */
function highest(values: Float64Array): number {
  return values.reduce((a, b) => (b > a ? b : a), 0)
}
