import { CHUNK_ROWS } from '../../columns/packet-table.ts'
import type { ArtefactRule } from '../rule.ts'
import { LONGEST_FRAME } from '../survey.ts'
import { countOf, share } from '../words.ts'

/** Segmentation offload: what the capture shows as one frame leaves as many. */
export const offload: ArtefactRule = {
  kind: 'offload',
  title: 'Segments captured before they were cut up',
  thresholds: {
    longest: {
      value: LONGEST_FRAME,
      unit: 'bytes',
      source: 'jumbo frames of 9216 bytes with their headers; shorter ones may have been on a wire',
    },
  },
  source: 'https://docs.kernel.org/networking/segmentation-offloads.html',
  find(context) {
    const { survey, tables } = context
    if (survey.oversizedCount === 0) return []
    const ids = new Set<number>()
    for (const row of survey.oversized) ids.add(tables.packets.chunk(row).conversation[row % CHUNK_ROWS])
    return [
      {
        subject: 'frames',
        sentence: `${countOf(survey.oversizedCount, 'frame')} (${share(survey.oversizedCount, survey.rows)}) ${survey.oversizedCount === 1 ? 'is' : 'are'} longer than any link carries: captured before the network card cut ${survey.oversizedCount === 1 ? 'it' : 'them'} up, or after it had joined segments. Sizes and packet counts are those of the host, not of the wire.`,
        why: `They have more than ${LONGEST_FRAME} bytes.`,
        confidence: 0.95,
        since: context.time(survey.oversized[0]),
        until: context.time(survey.oversized[survey.oversized.length - 1]),
        count: survey.oversizedCount,
        conversations: Array.from(ids).filter((id) => id < tables.conversations.count),
        blamed: 'the place of the capture',
        evidence: Array.from(survey.oversized.subarray(0, 4), (row) => ({
          row,
          role: 'a segment larger than a packet',
        })),
        filter: `frame.len > ${LONGEST_FRAME}`,
      },
    ]
  },
}
