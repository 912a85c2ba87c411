import type { ArtefactRule } from '../rule.ts'
import { countOf, share } from '../words.ts'

/** The snap length left out bytes: what applications said is only known in part. */
export const cutPackets: ArtefactRule = {
  kind: 'cut-packets',
  title: 'Packets cut by the snap length',
  thresholds: {},
  source: 'https://www.tcpdump.org/manpages/tcpdump.1.html',
  find(context) {
    const { survey } = context
    if (survey.cutWithPayload === 0) return []
    return [
      {
        subject: 'frames',
        sentence: `${countOf(survey.cutWithPayload, 'packet')} with payload (${share(survey.cutWithPayload, survey.rows)}) ${survey.cutWithPayload === 1 ? 'was' : 'were'} cut by the snap length: what follows in them is not malformed, only not here.`,
        why: 'Fewer bytes were captured than were on the wire.',
        confidence: 1,
        since: context.time(survey.firstCut),
        until: context.time(survey.firstCut),
        count: survey.cutWithPayload,
        blamed: 'the capture',
        evidence: [{ row: survey.firstCut, role: 'the first packet that was cut' }],
        filter: 'frame.cap_len < frame.len',
      },
    ]
  },
}
