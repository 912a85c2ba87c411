import { after } from '../../tcp/sequence.ts'
import type { FindingContext } from '../context.ts'
import type { ArtefactRule } from '../rule.ts'
import type { Segments } from '../segments.ts'
import { least, most, numberText, partOf, sentences } from '../words.ts'

const THRESHOLDS = {
  advances: {
    value: 2,
    unit: 'steps of the acknowledgment number',
    source: 'ours: what the first step acknowledges may have passed before the capture began',
  },
} as const

interface OneSided {
  readonly id: number
  readonly segments: Segments
  /** Place of the packet that proves that the other side sent. */
  readonly proof: number
  readonly byClient: boolean
}

/** Connections of which one side's packets alone are here, though they acknowledge what the other side sent: it went another way, or the capture left it out. */
export const oneDirection: ArtefactRule = {
  kind: 'one-direction',
  title: 'Only one direction was captured',
  thresholds: THRESHOLDS,
  source: 'https://datatracker.ietf.org/doc/html/rfc9293#section-3.4',
  find(context) {
    const { survey } = context
    const found: OneSided[] = []
    let hasBoth = false
    for (const id of survey.tcp) {
      const each = oneSided(context, id)
      if (each === 'both') hasBoth = true
      else if (each) found.push(each)
    }
    if (found.length === 0) return []
    const clients = found.filter(({ byClient }) => byClient).length
    const servers = found.length - clients
    return [
      {
        subject: 'connections',
        sentence: sentences(
          `Of ${partOf(found.length, survey.tcp.length, 'connection')} ${servers === 0 ? 'the server’s packets are' : clients === 0 ? 'the client’s packets are' : 'one side’s packets are'} missing; the other side acknowledged them.`,
          clients > 0 && servers > 0
            ? `Of ${numberText(clients)} only what the client sent is here, of ${numberText(servers)} only what the server sent.`
            : '',
          'Silence of the missing side means nothing there, and its losses, windows and answers cannot be told.',
        ),
        why: 'A host acknowledges only what has come to it.',
        confidence: 0.95,
        since: least(found.map(({ segments }) => segments.time(0))),
        until: most(found.map(({ segments }) => segments.time(segments.count - 1))),
        count: found.length,
        conversations: found.map(({ id }) => id),
        blamed: hasBoth
          ? 'a way back that does not come by here (asymmetric routing, direct server return): of other connections both directions were captured'
          : 'a capture filter or mirror port that leaves one direction out, or a way back that does not come by here',
        evidence: found.slice(0, 4).flatMap(({ segments, proof }) => [
          { row: segments.row(0), role: 'the first packet of it' },
          { row: segments.row(proof), role: 'acknowledges what is not in the capture' },
        ]),
        settle:
          'A capture in one of the two pods, with a filter that names neither source nor destination: both directions pass there.',
      },
    ]
  },
}

/** Undefined where nothing shows that the other side sent. */
function oneSided(context: FindingContext, id: number): OneSided | 'both' | undefined {
  const segments = context.segments(id)
  if (segments.count < 2) return undefined
  const byClient = segments.fromClient(0)
  let acked = -1
  let advances = 0
  let proof = -1
  for (let i = 0; i < segments.count; i++) {
    if (segments.fromClient(i) !== byClient) return 'both'
    if (proof >= 0 || !segments.hasAck(i) || segments.isReset(i)) continue
    const ack = segments.ack(i)
    // What opens a connection cannot have been answered before.
    if (acked < 0 ? segments.isSyn(0) : after(ack, acked)) advances += acked < 0 ? THRESHOLDS.advances.value : 1
    if (acked < 0 || after(ack, acked)) acked = ack
    if (advances >= THRESHOLDS.advances.value) proof = i
  }
  return proof < 0 ? undefined : { id, segments, proof, byClient }
}
