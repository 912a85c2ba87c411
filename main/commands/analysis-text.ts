import type { CaptureFacts, ConversationRow, Finding, Lanes, LatencySummary } from '../../engine/engine.ts'
import { type AddressNames, conversationTable } from './conversation-table.ts'
import { type FactsOfFile, factsText } from './facts-text.ts'
import { findingsSummary } from './findings-text.ts'
import { latencyText } from './latency-text.ts'
import { type ResetGroup, resetLines } from './resets-by-cause.ts'
import { bytesText, countText, durationText, millisecondsText, shareText, sparkline } from './text.ts'

export interface Analysis extends FactsOfFile {
  /** Those that lost most time. */
  readonly worst: readonly ConversationRow[]
  readonly resets: readonly ResetGroup[]
  readonly latency: readonly LatencySummary[]
  readonly lanes: Lanes
  /** What went wrong, and what is wrong with the capture. */
  readonly findings: readonly Finding[]
  /** So many more of the same kinds did less harm. */
  readonly omitted: number
  readonly artefacts: readonly Finding[]
  readonly names: AddressNames
}

/** For a person, in a terminal: what is in the capture, then when there was trouble, what it was, and whom it hit. */
export function analysisText(analysis: Analysis): string {
  const parts = analysis.facts.packets > 0 ? [findingsSummary(analysis, analysis.facts.part?.before ?? 0)] : []
  parts.push(factsText(analysis))
  if (analysis.facts.packets > 0)
    parts.push(lanesText(analysis.lanes), troubleText(analysis), latencyText(analysis.latency), worstText(analysis))
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

const NAME_WIDTH = 16

function lanesText(lanes: Lanes): string {
  const most = highest(lanes.rttP99)
  const counted = [
    ['retransmissions', lanes.retransmissions],
    ['resets', lanes.resets],
    ['out of order', lanes.outOfOrder],
    ['zero windows', lanes.zeroWindows],
  ] as const
  const seen = counted.filter(([, counts]) => sum(counts) > 0)
  const none = counted.filter((each) => !seen.includes(each)).map(([name]) => name)
  const lines: (readonly [string, string, string])[] = [
    ['bytes', sparkline(lanes.bytes), bytesText(sum(lanes.bytes))],
    ...seen.map(([name, counts]) => countLane(name, counts, lanes)),
    [
      'RTT p99',
      sparkline(lanes.rttP99),
      most > 0 ? `at most ${millisecondsText(most / 1e6)}` : 'no ACK that could be timed',
    ],
  ]
  const axis = axisText(lanes)
  return [
    ...lines.map(([name, bars, says]) => `${name.padEnd(NAME_WIDTH)}${bars}  ${says}`),
    axis,
    ...(none.length > 0 ? [`None: ${none.join(', ')}.`] : []),
  ].join('\n')
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
  lines.push(...resetLines(resets, names))
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
