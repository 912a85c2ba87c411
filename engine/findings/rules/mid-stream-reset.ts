import { openSockets, podOf } from '../commands.ts'
import type { FindingContext } from '../context.ts'
import { about, byServer, type Case, clientsText, type Group, worst } from '../groups.ts'
import type { Draft, Rule } from '../rule.ts'
import type { Segments } from '../segments.ts'
import { countOf, most, nsText, sentences, whenText } from '../words.ts'

interface Aborted extends Case {
  readonly segments: Segments
  readonly request: number
  readonly reset: number
}

/** A server resets a connection although it owes an answer on it. */
export const midStreamReset: Rule = {
  kind: 'mid-stream-reset',
  title: 'Resets instead of answers',
  severity: 'high',
  thresholds: {},
  source: 'https://datatracker.ietf.org/doc/html/rfc9293#section-3.10.7',
  artefacts: { 'capture-drops': 'weaker', 'mid-stream-start': 'weaker' },
  yieldsTo: [
    'refused',
    'tuple-reuse',
    'conntrack-invalid',
    'keep-alive-race',
    'idle-timeout',
    'accept-queue',
    'half-open',
  ],
  async find(context) {
    const cases: Aborted[] = []
    for (const id of context.reset()) {
      const found = caseOf(context, id)
      if (found) cases.push(found)
    }
    const drafts: Draft[] = []
    for (const group of byServer(context, cases)) drafts.push(await draft(context, group))
    return drafts
  },
}

function caseOf(context: FindingContext, id: number): Aborted | undefined {
  const segments = context.segments(id)
  const reset = segments.find((i) => segments.isReset(i))
  if (reset < 0 || segments.fromClient(reset)) return undefined
  let request = -1
  for (let i = reset - 1; i >= 0; i--) {
    // After a FIN of either a reset only cleans up.
    if (segments.isFin(i)) return undefined
    if (request < 0 && segments.length(i) > 0) {
      if (!segments.fromClient(i)) return undefined
      request = i
    }
  }
  if (request < 0) return undefined
  const since = segments.time(request)
  const until = segments.time(reset)
  return { id, since, until, costNs: until - since, segments, request, reset }
}

async function draft(context: FindingContext, group: Group<Aborted>): Promise<Draft> {
  const { cases, server } = group
  const some = cases.slice(0, 20)
  const own = some.map(({ segments }) => {
    const i = segments.find((place) => !segments.fromClient(place) && !segments.isReset(place))
    return i < 0 ? -1 : segments.row(i)
  })
  const headers = await context.headers([
    ...some.map(({ segments, reset }) => segments.row(reset)),
    ...own.filter((row) => row >= 0),
  ])
  const pairs = some.map(({ segments, reset }, n) => ({
    theirs: headers.get(segments.row(reset))?.ttl,
    usual: headers.get(own[n])?.ttl,
  }))
  const comparable = pairs.filter(({ theirs, usual }) => theirs !== undefined && usual !== undefined)
  const foreign = comparable.length > 0 && comparable.every(({ theirs, usual }) => theirs !== usual)
  const longest = most(cases.map(({ costNs }) => costNs))
  return {
    ...about(group),
    count: cases.length,
    failed: cases.length,
    sentence: sentences(
      `${countOf(cases.length, 'connection')} from ${clientsText(context, group)} to ${context.namedEnd(server)} ${cases.length === 1 ? 'was' : 'were'} reset ${whenText(group.since, group.until)} while the client waited for an answer, up to ${nsText(longest)} after it had sent its data.`,
    ),
    why: sentences(
      'The last data came from the client, nobody had closed, and the reset came from the server’s address.',
      foreign
        ? `The resets have TTL ${comparable[0].theirs}, the server’s packets ${comparable[0].usual}.`
        : comparable.length > 0
          ? 'The resets have the TTL of the server’s packets.'
          : '',
    ),
    confidence: 0.8,
    blamed: foreign
      ? 'a middlebox on the way: the resets are not the server’s own'
      : `the program behind ${context.namedEnd(server)}: it ended, or closed without reading what it was sent`,
    evidence: worst(cases, 5).flatMap(({ segments, request, reset }) => [
      { row: segments.row(request), role: 'data that waits for an answer' },
      { row: segments.row(reset), role: 'the reset' },
    ]),
    ruledOut: ['An orderly end: there was no FIN.', 'A refusal: the connection was open.'],
    settle: 'The log of the server at that moment, and whether its pod was restarted.',
    confirm: [podOf(server.address), openSockets(server.address)],
    filter: context.filter(group.ids),
  }
}
