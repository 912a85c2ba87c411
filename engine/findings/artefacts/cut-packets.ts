import type { ArtefactRule } from '../rule.ts'
import { countOf, share } from '../words.ts'

/** The snap length left out bytes: what applications said is only known in part. */
export const cutPackets: ArtefactRule = {
  kind: 'cut-packets',
  title: 'Packets cut by the snap length',
  thresholds: {},
  source: 'https://www.tcpdump.org/manpages/tcpdump.1.html',
  find(context) {
    const { cutPayloads, firstCutPayload, rows } = context.tables.packets
    if (cutPayloads === 0) return []
    return [
      {
        subject: 'frames',
        sentence: `${countOf(cutPayloads, 'packet')} with payload (${share(cutPayloads, rows)}) ${cutPayloads === 1 ? 'was' : 'were'} cut by the snap length: the rest of ${cutPayloads === 1 ? 'its' : 'their'} bytes is not in the capture. ${cutPayloads === 1 ? 'It is' : 'They are'} not malformed.`,
        why: 'Fewer bytes were captured than were on the wire.',
        confidence: 1,
        since: context.time(firstCutPayload),
        until: context.time(firstCutPayload),
        count: cutPayloads,
        blamed: 'the capture',
        evidence: [{ row: firstCutPayload, role: 'the first packet that was cut' }],
        filter: 'frame.cap_len < frame.len',
      },
    ]
  },
}
