import type { ConversationHarm, ExpertCounts, MarkCount, RetransmissionCount } from '../../engine/engine.ts'
import { type AddressNames, harmTable } from './conversation-table.ts'
import { type FactsOfFile, factsText } from './facts-text.ts'
import { type ResetGroup, resetLines } from './resets-by-cause.ts'
import { countText, table } from './text.ts'

export interface ExpertReport extends FactsOfFile, ExpertCounts {
  /** Packets that the filter matches; absent without one. */
  readonly matched?: number
  readonly resets: readonly ResetGroup[]
  /** Those that lost most time. */
  readonly worst: readonly ConversationHarm[]
  readonly names: AddressNames
}

/** For a person, in a terminal. `before`: frames of the file in front of row 0. */
export function expertText(report: ExpertReport, before: number): string {
  const { facts, matched, resets, names } = report
  const parts = [factsText(report)]
  if (matched !== undefined) parts[0] += `\nof these the filter matches ${countText(matched, 'packet')}`
  if (facts.packets > 0) {
    parts.push(labelsText(report, before), verdictsText(report, before))
    if (resets.length > 0) parts.push(resetLines(resets, names).join('\n'))
    parts.push(worstText(report))
  }
  return `${parts.join('\n\n')}\n`
}

function labelsText({ labels }: ExpertCounts, before: number): string {
  const found = Object.entries(labels).filter(([, { packets }]) => packets > 0)
  if (found.length === 0) return 'No packet has a label (tcp.analysis).'
  const rows = found
    .toSorted(([, a], [, b]) => b.packets - a.packets)
    .map(([label, count]) => [`tcp.analysis.${label}`, ...countCells(count, before)])
  return table(['label', 'packets', 'conversations', 'first frame'], rows)
}

const MEANING: Readonly<Record<keyof ExpertCounts['verdicts'], string>> = {
  fast: 'sent again after news of a loss',
  rto: 'sent again by time-out',
  tlp: 'tail loss probe',
  syn: 'SYN sent again',
  synack: 'SYN-ACK sent again',
  retransmission: 'sent again, of a kind that cannot be told',
  copy: 'captured twice, not sent again',
  reordered: 'overtaken, not sent again',
}

function verdictsText({ verdicts }: ExpertCounts, before: number): string {
  const kinds = [
    ['fast', verdicts.fast],
    ['rto', verdicts.rto],
    ['tlp', verdicts.tlp],
    ['syn', verdicts.syn],
    ['synack', verdicts.synack],
    ['retransmission', verdicts.retransmission],
    ['copy', verdicts.copy],
    ['reordered', verdicts.reordered],
  ] as const
  const found = kinds.filter(([, { packets }]) => packets > 0)
  if (found.length === 0) return 'No packet was sent again, captured twice or overtaken.'
  return table(
    ['verdict', 'packets', 'conversations', 'first frame', 'spurious', 'needed', 'seen', 'unseen', 'meaning'],
    found.map(([name, count]) => [name, ...countCells(count, before), ...repeatCells(count), MEANING[name]]),
  )
}

function countCells({ packets, conversations, firstRow = 0 }: MarkCount, before: number): string[] {
  return [String(packets), String(conversations), String(before + firstRow + 1)]
}

function repeatCells(count: MarkCount | RetransmissionCount): string[] {
  if (!('spurious' in count)) return ['', '', '', '']
  return [count.spurious, count.needed, count.originalSeen, count.originalUnseen].map(String)
}

function worstText({ worst, names }: ExpertReport): string {
  if (worst.length === 0) return 'No TCP connection lost time.'
  return `Most time lost:\n${harmTable(worst, names)}`
}
