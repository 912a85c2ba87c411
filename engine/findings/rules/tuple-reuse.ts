import { CHUNK_ROWS } from '../../columns/packet-table.ts'
import { conntrackOf, inPod } from '../commands.ts'
import type { FindingContext } from '../context.ts'
import { about, byServer, type Case, clientsText, type Group, worst } from '../groups.ts'
import { handshakeOf } from '../handshake.ts'
import type { Draft, Rule } from '../rule.ts'
import type { Segments } from '../segments.ts'
import { countOf, msText, sentences, whenText } from '../words.ts'

const THRESHOLDS = {
  again: {
    value: 5,
    unit: 's until the SYN comes again',
    source: 'RFC 6298 section 2: the timer starts with 1 s, at most 3 s before',
  },
} as const

interface Reuse extends Case {
  readonly segments: Segments
  readonly syn: number
  /** The row of the SYN that was sent again. */
  readonly again: number | undefined
  /** The ACK that belongs to the old connection, and the reset it is answered with (-1 = not seen). */
  readonly challenge: number
  readonly reset: number
}

/** A new connection with the ports of one that the server still remembers: its SYN is answered with an ACK of the old one (RFC 5961). */
export const tupleReuse: Rule = {
  kind: 'tuple-reuse',
  title: 'Ports reused too soon',
  severity: 'medium',
  thresholds: THRESHOLDS,
  source: 'https://datatracker.ietf.org/doc/html/rfc5961#section-4.2',
  artefacts: { 'clock-step': 'off' },
  yieldsTo: [],
  find(context) {
    const cases: Reuse[] = []
    for (const id of context.reset()) {
      const found = caseOf(context, id)
      if (found) cases.push(found)
    }
    return byServer(context, cases).map((group) => draft(context, group))
  },
}

function caseOf(context: FindingContext, id: number): Reuse | undefined {
  const segments = context.segments(id)
  const handshake = handshakeOf(segments)
  if (!handshake || handshake.otherAnswer < 0) return undefined
  const { syns, otherAnswer: challenge } = handshake
  if (segments.isReset(challenge) || !segments.hasAck(challenge)) return undefined
  if (segments.ack(challenge) === segments.end(syns[0])) return undefined
  // RFC 9293 section 3.10.7.3: in SYN-SENT an unacceptable ACK is answered with a reset that has its number.
  const reset = segments.find(
    (i) => segments.fromClient(i) && segments.isReset(i) && segments.seq(i) === segments.ack(challenge),
    challenge,
  )
  const again = sentAgain(context, id, segments.seq(syns[0]))
  if (reset < 0 && again === undefined) return undefined
  const since = segments.time(syns[0])
  const until = again === undefined ? segments.time(reset) : context.time(again)
  return { id, since, until, costNs: until - since, segments, syn: syns[0], again, challenge, reset }
}

/** The row of the same SYN later; as it follows a reset, it begins a conversation of its own. */
function sentAgain(context: FindingContext, id: number, isn: number): number | undefined {
  const { conversations, packets } = context.tables
  const { addressA, addressB, portA, portB, transport } = conversations
  const latest = context.time(conversations.firstRow(id)) + THRESHOLDS.again.value * 1e9
  for (let next = id + 1; next < conversations.count; next++) {
    const row = conversations.firstRow(next)
    if (context.time(row) > latest) break
    if (transport[next] !== transport[id] || portA[next] !== portA[id] || portB[next] !== portB[id]) continue
    if (addressA[next] !== addressA[id] || addressB[next] !== addressB[id]) continue
    if (packets.chunk(row).seq[row % CHUNK_ROWS] === isn) return row
  }
  return undefined
}

function draft(context: FindingContext, group: Group<Reuse>): Draft {
  const { cases, server } = group
  return {
    ...about(group),
    count: cases.length,
    sentence: sentences(
      `${countOf(cases.length, 'connection')} from ${clientsText(context, group)} to ${context.namedEnd(server)} used the ports of an earlier connection that the other end still knew, ${whenText(group.since, group.until)}; opening took ${msText(group.costMs)} longer in all.`,
    ),
    why: 'The SYN was answered with an ACK whose number belongs to no byte of the new connection.',
    confidence: 0.9,
    blamed: 'whoever chose the port: a client that binds fixed ports, or a NAT with too few of them',
    evidence: worst(cases, 4).flatMap(({ segments, syn, again, challenge, reset }) => [
      { row: segments.row(syn), role: 'the SYN' },
      { row: segments.row(challenge), role: 'an ACK of the old connection' },
      ...(reset >= 0 ? [{ row: segments.row(reset), role: 'the client’s reset' }] : []),
      ...(again === undefined ? [] : [{ row: again, role: 'the SYN again' }]),
    ]),
    ruledOut: ['A lost SYN: it was answered.'],
    settle: 'A capture on both sides of the NAT: whether the client or the NAT chose the port again.',
    confirm: [
      conntrackOf(server.address),
      inPod('sysctl net.ipv4.ip_local_port_range', 'in the client pod: how many ports there are to choose from'),
    ],
    filter: context.filter(group.ids),
  }
}
