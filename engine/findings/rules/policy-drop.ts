import { DNS_PORT } from '../../application/recognition.ts'
import { CHUNK_ROWS, FLAG } from '../../columns/packet-table.ts'
import { TRANSPORT } from '../../decode/packet.ts'
import { VERDICT } from '../../tcp/verdicts.ts'
import { capturePoint, podOf, policies, serviceOf } from '../commands.ts'
import type { FindingContext } from '../context.ts'
import { about, byServer, type Case, clientsText, type Group, worst } from '../groups.ts'
import { handshakeOf } from '../handshake.ts'
import type { Draft, Rule } from '../rule.ts'
import type { Segments } from '../segments.ts'
import { countOf, msText, sentences, whenText } from '../words.ts'

const THRESHOLDS = {
  shortestTimer: {
    value: 900,
    unit: 'ms',
    source: 'RFC 6298 section 2: the timer starts with 1 s; 10 % for the capture point',
  },
  /** Silence is told from a lost packet by repetitions that were not answered either. */
  repetitions: {
    value: 2,
    unit: 'SYNs sent again, of all connections to the port',
    source: 'ours: three in a row are lost at a loss rate of 5 % once in 8000',
  },
} as const

/** tcp_syn_retries may be 127; with copies of each. */
const MOST_SYNS = 512

interface Silence extends Case {
  readonly segments: Segments
  readonly syns: readonly number[]
}

/** Every SYN to a port vanishes. Where other ports of the host answer, it is a rule that drops; where none does, the host may be gone. */
export const policyDrop: Rule = {
  kind: 'policy-drop',
  title: 'SYNs vanish without a word',
  severity: 'high',
  thresholds: THRESHOLDS,
  source: 'https://kubernetes.io/docs/concepts/services-networking/network-policies/',
  artefacts: { 'capture-drops': 'weaker', 'clock-step': 'weaker' },
  yieldsTo: ['refused', 'accept-queue', 'half-open', 'conntrack-invalid'],
  find(context) {
    const cases: Silence[] = []
    for (const id of context.tcp()) {
      const found = caseOf(context, id)
      if (found) cases.push(found)
    }
    const groups = byServer(context, cases).filter((each) => repetitionsOf(each) >= THRESHOLDS.repetitions.value)
    if (groups.length === 0) return []
    const answering = answeringAddresses(context)
    const drafts: Draft[] = []
    for (const group of groups) {
      const ids = context.toServer(group.key)
      // Every connection there, from everybody: else it is not the port.
      if (ids.some((id) => !group.ids.includes(id) && wasAnswered(context, id))) continue
      drafts.push(draft(context, group, answering.has(group.server.address)))
    }
    return drafts
  },
}

const repetitionsOf = ({ cases }: Group<Silence>): number => cases.reduce((sum, { syns }) => sum + syns.length - 1, 0)

function caseOf(context: FindingContext, id: number): Silence | undefined {
  // More packets than a silent server's client would send: somebody answered.
  if (context.tables.conversations.packets(id) > MOST_SYNS || context.errorsOf.has(id)) return undefined
  // The last one tells of nearly all that there was more.
  const { conversations, packets } = context.tables
  const last = conversations.lastRow(id)
  if ((packets.chunk(last).flags[last % CHUNK_ROWS] & (FLAG.syn | FLAG.ack)) !== FLAG.syn) return undefined
  const segments = context.segments(id)
  if (segments.find((i) => !segments.isSyn(i) || !segments.fromClient(i)) >= 0) return undefined
  const handshake = handshakeOf(segments)
  if (!handshake) return undefined
  const { syns } = handshake
  const again = syns.slice(1).filter((i) => segments.verdict(i) === VERDICT.syn)
  const since = segments.time(syns[0])
  if (again.length > 0 && segments.time(syns[1]) - since < THRESHOLDS.shortestTimer.value * 1e6) return undefined
  const until = segments.time(syns[again.length === 0 ? 0 : syns.length - 1])
  return { id, since, until, costNs: until - since, segments, syns }
}

function wasAnswered(context: FindingContext, id: number): boolean {
  const segments = context.segments(id)
  // A client acknowledges only what came, be it captured or not.
  return segments.find((i) => !segments.fromClient(i) || (segments.hasAck(i) && !segments.isReset(i))) >= 0
}

/** Servers that answered anything, over TCP or UDP. */
function answeringAddresses(context: FindingContext): ReadonlySet<string> {
  const { transport, count } = context.tables.conversations
  const found = new Set<string>()
  for (let id = 0; id < count; id++) {
    const isWanted = transport[id] === TRANSPORT.udp || (transport[id] === TRANSPORT.tcp && context.isOpen(id))
    if (isWanted && wasAnswered(context, id)) found.add(context.server(id).address)
  }
  return found
}

function draft(context: FindingContext, group: Group<Silence>, hostAnswers: boolean): Draft {
  const { cases, server } = group
  const again = repetitionsOf(group)
  return {
    ...about(group),
    ...(!hostAnswers && { title: 'No answer to any SYN' }),
    count: cases.length,
    failed: cases.length,
    sentence: sentences(
      `${cases.length === 1 ? 'The only connection' : `All ${countOf(cases.length, 'connection')}`} from ${clientsText(context, group)} to ${context.namedEnd(server)} got no answer ${whenText(group.since, group.until)}: ${countOf(cases.length + again, 'SYN')}, no SYN-ACK, no reset, no ICMP error.`,
      `They waited ${msText(group.costMs)} in all.`,
      hostAnswers ? 'Other ports of the same address answer.' : 'Nothing else of that address answers here either.',
      server.port === DNS_PORT ? 'DNS goes over TCP where an answer is too long for a datagram.' : '',
    ),
    why: hostAnswers
      ? 'It is every SYN to this port and none to others, which is what a rule does and loss does not.'
      : 'No packet of that address came back, whatever was sent.',
    confidence: hostAnswers ? (cases.length > 1 ? 0.9 : 0.7) : 0.6,
    blamed: hostAnswers
      ? 'a network policy or firewall rule that drops, at or before the server'
      : `cannot tell a policy that drops from a host that is gone or a route that is missing`,
    evidence: worst(cases, 4).flatMap(({ segments, syns }) =>
      syns.slice(0, 4).map((i, n) => ({ row: segments.row(i), role: n === 0 ? 'the SYN' : 'its repetition' })),
    ),
    ruledOut: [
      'Loss now and then: not one SYN was answered.',
      'A port without a listener: the host would send a reset.',
      ...(hostAnswers ? ['A host that is down: other ports answer.'] : []),
    ],
    settle:
      'A capture at the server: if the SYNs arrive in its pod, the pod drops them; if they arrive at its node only, a policy does.',
    confirm: [policies, podOf(server.address), serviceOf(server.address), capturePoint(server.address, server.port)],
    filter: context.filter(group.ids),
  }
}
