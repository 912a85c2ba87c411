import { CHUNK_ROWS } from '../../columns/packet-table.ts'
import { LABEL } from '../../tcp/labels.ts'
import type { FindingContext } from '../context.ts'
import type { ArtefactRule, Draft } from '../rule.ts'
import { countOf, listOf } from '../words.ts'

/** ACKs of bytes that did not pass here, in a conversation of which everything should have. */
const THRESHOLDS = {
  unseen: {
    value: 1,
    unit: 'ACKs of bytes that were not captured',
    source: 'Wireshark User’s Guide, "TCP ACKed unseen segment"',
  },
} as const

/** The capture lost packets: said by the file's statistics, or by ACKs for bytes that were never captured. */
export const captureDrops: ArtefactRule = {
  kind: 'capture-drops',
  title: 'The capture lost packets',
  thresholds: THRESHOLDS,
  source: 'https://www.wireshark.org/docs/wsug_html_chunked/ChAdvTCPAnalysis.html',
  find(context) {
    return [...byStatistics(context), ...byAcks(context)]
  },
}

function byStatistics(context: FindingContext): Draft[] {
  const dropping = context.tables.interfaces.flatMap(({ id, name, statistics }) => {
    const dropped = (statistics?.dropped ?? 0) + (statistics?.osDropped ?? 0)
    return dropped > 0 ? [{ name: name ?? String(id), dropped }] : []
  })
  if (dropping.length === 0) return []
  const dropped = dropping.reduce((sum, each) => sum + each.dropped, 0)
  return [
    {
      subject: 'statistics',
      sentence: `${countOf(dropped, 'packet')} arrived at ${listOf(dropping.map(({ name }) => JSON.stringify(name)))} and were not written: the capturing machine was too slow.`,
      why: 'The file’s own interface statistics say so.',
      confidence: 1,
      since: 0,
      until: 0,
      count: dropped,
      blamed: 'the capture',
      evidence: [],
      settle: 'Capture again with a larger buffer (tcpdump -B), a shorter snap length or a narrower filter.',
      filter: 'tcp.analysis.lost_segment || tcp.analysis.ack_lost_segment',
    },
  ]
}

function byAcks(context: FindingContext): Draft[] {
  const { tcp } = context.tables
  const ids: number[] = []
  let count = 0
  for (const id of context.troubled()) {
    const unseen = tcp.labelCount(id, 'ack_lost_segment')
    if (unseen < THRESHOLDS.unseen.value) continue
    ids.push(id)
    count += unseen
  }
  if (ids.length === 0) return []
  const rows = rowsWithUnseen(context, ids)
  return [
    {
      subject: 'acks',
      sentence: `In ${countOf(ids.length, 'connection')} the receiver acknowledged bytes that this capture never saw (${countOf(count, 'ACK')}): packets are missing from the capture, or went another way.`,
      why: 'What is acknowledged did arrive, so it was sent; it is only not here.',
      confidence: 0.95,
      since: context.time(rows[0] ?? 0),
      until: context.time(rows.at(-1) ?? 0),
      count,
      conversations: ids,
      blamed: 'the capture, or a path that differs in each direction',
      evidence: rows.slice(0, 8).map((row) => ({ row, role: 'an ACK of bytes that are not in the capture' })),
      filter: 'tcp.analysis.ack_lost_segment',
    },
  ]
}

function rowsWithUnseen({ survey, tables }: FindingContext, ids: readonly number[]): number[] {
  const rows: number[] = []
  for (const id of ids.slice(0, 20)) {
    for (const row of survey.rowsOf(id)) {
      if ((tables.packets.chunk(row).labels[row % CHUNK_ROWS] & LABEL.ack_lost_segment) !== 0) rows.push(row)
    }
  }
  return rows.toSorted((a, b) => a - b)
}
