import type { ArtefactRule } from '../rule.ts'
import { countOf } from '../words.ts'

/** Connections older than the capture: window scale and initial round-trip time are not known. */
export const midStreamStart: ArtefactRule = {
  kind: 'mid-stream-start',
  title: 'Connections older than the capture',
  thresholds: {},
  source: 'https://datatracker.ietf.org/doc/html/rfc7323#section-2.2',
  find(context) {
    const { conversations } = context.tables
    const ids = context.survey.midStream
    if (ids.length === 0) return []
    const rows = ids.map((id) => conversations.firstRow(id))
    return [
      {
        subject: 'connections',
        sentence: `${countOf(ids.length, 'connection')} had begun before the capture did. The handshake is not in it, so the size of the receive windows is not known, and the initial round-trip time neither.`,
        why: 'The first packet captured of them is no SYN.',
        confidence: 1,
        since: context.time(rows[0]),
        until: rows.reduce((last, row) => Math.max(last, context.time(row)), 0),
        count: ids.length,
        conversations: ids,
        blamed: 'the capture',
        evidence: rows.slice(0, 4).map((row) => ({ row, role: 'the first packet captured of it' })),
        filter: 'hopscope.state == "mid-stream"',
      },
    ]
  },
}
