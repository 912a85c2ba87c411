import { CHUNK_ROWS } from '../../columns/packet-table.ts'
import type { ArtefactRule } from '../rule.ts'
import { countOf, share } from '../words.ts'

/** The same packets were seen at several places, as `-i any` sees those a node forwards. */
export const capturedTwice: ArtefactRule = {
  kind: 'captured-twice',
  title: 'Packets captured more than once',
  thresholds: {},
  source: 'https://wiki.wireshark.org/DuplicatePackets',
  find(context) {
    const { survey, tables } = context
    if (survey.copyCount === 0) return []
    const ids = new Set<number>()
    for (const row of survey.copies) ids.add(tables.packets.chunk(row).conversation[row % CHUNK_ROWS])
    return [
      {
        subject: 'copies',
        sentence: `${countOf(survey.copyCount, 'packet')} (${share(survey.copyCount, survey.rows)}) ${survey.copyCount === 1 ? 'is a copy' : 'are copies'}: the same packet again, captured before and after it was forwarded or cut up, or doubled on its way. ${survey.copyCount === 1 ? 'It is' : 'They are'} not sent again, and no finding counts ${survey.copyCount === 1 ? 'it' : 'them'}.`,
        why: 'They have the IP ID, or the timestamps and bytes, of the packet before.',
        confidence: 0.95,
        since: context.time(survey.copies[0]),
        until: context.time(survey.copies[survey.copies.length - 1]),
        count: survey.copyCount,
        conversations: Array.from(ids),
        blamed: 'the capture, or a network that doubles packets: copies at one interface are the same either way',
        evidence: Array.from(survey.copies.subarray(0, 8), (row) => ({ row, role: 'a packet seen again' })),
        filter: 'hopscope.verdict == "copy"',
      },
    ]
  },
}
