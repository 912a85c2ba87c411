import { after, atOrAfter } from '../../tcp/sequence.ts'
import { capturePoint, inPod } from '../commands.ts'
import type { FindingContext } from '../context.ts'
import { about, byServer, type Case, clientsText, type Group, worst } from '../groups.ts'
import type { Draft, Rule } from '../rule.ts'
import type { Segments } from '../segments.ts'
import { countOf, median, nsText, sentences, whenText } from '../words.ts'

const THRESHOLDS = {
  crossing: {
    value: 1.1,
    unit: 'round trips between the two',
    source: 'what crosses is sent within one; a tenth for its jitter',
  },
  idle: {
    value: 0.9,
    unit: 's without a packet before',
    source: 'ours: shorter keep-alive time-outs are not set; 5 s is the default of Node, Gunicorn 2 s',
  },
} as const

interface Race extends Case {
  readonly segments: Segments
  readonly fin: number
  readonly request: number
  readonly reset: number
  /** Nanoseconds from the last packet before to the FIN. */
  readonly idleNs: number
}

/** The server closes an idle connection in the moment in which the client sends its next request on it (seen by users as 502). */
export const keepAliveRace: Rule = {
  kind: 'keep-alive-race',
  title: 'Requests crossed the closing of idle connections',
  severity: 'high',
  thresholds: THRESHOLDS,
  source: 'https://datatracker.ietf.org/doc/html/rfc9112#section-9.5',
  artefacts: { 'capture-drops': 'weaker', 'clock-step': 'off', 'one-direction': 'off' },
  yieldsTo: ['conntrack-invalid'],
  find(context) {
    const cases: Race[] = []
    for (const id of context.reset()) {
      const found = caseOf(context, id)
      if (found) cases.push(found)
    }
    return byServer(context, cases).map((group) => draft(context, group))
  },
}

function caseOf(context: FindingContext, id: number): Race | undefined {
  const segments = context.segments(id)
  const fin = segments.find((i) => !segments.fromClient(i) && segments.isFin(i))
  if (fin < 0) return undefined
  const end = segments.end(fin)
  // They cross: neither knows of the other.
  const request = segments.find(
    (i) =>
      segments.fromClient(i) &&
      segments.length(i) > 0 &&
      segments.verdict(i) === 0 &&
      after(end, segments.ack(i)) &&
      atOrAfter(segments.seq(i), segments.ack(fin)),
  )
  if (request < 0) return undefined
  const reset = segments.find((i) => !segments.fromClient(i) && segments.isReset(i), Math.max(fin, request))
  if (reset < 0) return undefined
  // What comes later than a round trip may be the answer to the other.
  const rtt = context.initialRtt(id)
  if (rtt === 0 || Math.abs(segments.time(fin) - segments.time(request)) > rtt * THRESHOLDS.crossing.value)
    return undefined
  const first = Math.min(fin, request)
  if (!waitsForRequest(segments, first, segments.seq(request))) return undefined
  const idleNs = segments.time(fin) - segments.time(first - 1)
  if (segments.time(first) - segments.time(first - 1) < THRESHOLDS.idle.value * 1e9) return undefined
  const since = segments.time(request)
  const until = segments.time(reset)
  return {
    id,
    since: Math.min(since, segments.time(fin)),
    until,
    costNs: until - since,
    segments,
    fin,
    request,
    reset,
    idleNs,
  }
}

/**
 * Whether all was said in front of the place: the server's answer to a request came last, and up to `next` it had all that the client sent.
 * Where something is left unanswered, as in a login that failed, what ends is no connection kept for the next request.
 */
function waitsForRequest(segments: Segments, place: number, next: number): boolean {
  let last = place - 1
  while (last >= 0 && segments.length(last) === 0) last--
  if (last < 0 || segments.fromClient(last) || segments.ack(last) !== next) return false
  const asked = segments.find((i) => segments.fromClient(i) && segments.length(i) > 0)
  return asked >= 0 && asked < last
}

function draft(context: FindingContext, group: Group<Race>): Draft {
  const { cases, server } = group
  const idle = cases.map(({ idleNs }) => idleNs)
  return {
    ...about(group),
    count: cases.length,
    failed: cases.length,
    sentence: sentences(
      `${countOf(cases.length, 'request')} from ${clientsText(context, group)} to ${context.namedEnd(server)} ${cases.length === 1 ? 'was' : 'were'} answered with a reset ${whenText(group.since, group.until)}, because the server was closing the idle connection just then.`,
      `It closes after ${nsText(median(idle))} without a request; the client keeps connections at least as long.`,
    ),
    why: 'All earlier requests had been answered. This one does not acknowledge the server’s FIN, and the FIN does not acknowledge the request: they crossed on the way.',
    confidence: cases.length > 1 ? 0.95 : 0.85,
    blamed: 'both ends’ settings: the client must give up idle connections sooner than the server does',
    evidence: worst(cases, 4).flatMap(({ segments, fin, request, reset }) =>
      [
        { row: segments.row(fin), role: 'the server closes' },
        { row: segments.row(request), role: 'the request, on its way' },
        { row: segments.row(reset), role: 'the reset that answers it' },
      ].sort((a, b) => a.row - b.row),
    ),
    ruledOut: [
      'A crash: the server closed in order, with a FIN.',
      'A middlebox that forgot the connection: the FIN is the server’s.',
    ],
    settle: 'The keep-alive time-outs that both ends are configured with.',
    confirm: [
      capturePoint(server.address, server.port),
      inPod('ss -to state established', 'in the client pod: idle connections and how long they are kept'),
    ],
    filter: context.filter(group.ids),
  }
}
