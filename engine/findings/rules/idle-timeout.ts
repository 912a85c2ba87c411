import { conntrackOf, openSockets } from '../commands.ts'
import type { FindingContext } from '../context.ts'
import { about, byServer, type Case, clientsText, type Group, worst } from '../groups.ts'
import type { Draft, Rule } from '../rule.ts'
import type { Segments } from '../segments.ts'
import { countOf, least, listOf, nsText, sentences, whenText } from '../words.ts'

const THRESHOLDS = {
  idle: { value: 5, unit: 's', source: 'ours: no load balancer or NAT forgets TCP sooner' },
  answer: { value: 2, unit: 's from the packet to the reset', source: 'ours: a round trip, and a repetition or two' },
} as const

interface Forgotten extends Case {
  readonly segments: Segments
  readonly before: number
  /** The first packet after the silence, and the reset that answers it. */
  readonly first: number
  readonly reset: number
  readonly idleNs: number
}

/** Known time-outs, by the seconds they set. */
const KNOWN: readonly (readonly [number, string])[] = [
  [60, 'AWS ALB'],
  [240, 'Azure Load Balancer'],
  [350, 'AWS NLB and NAT gateways'],
  [600, 'Google Cloud’s load balancers'],
]

/** Somebody on the way forgets connections that are silent for long; the next packet is answered with a reset. */
export const idleTimeout: Rule = {
  kind: 'idle-timeout',
  title: 'Idle connections are forgotten',
  severity: 'high',
  thresholds: THRESHOLDS,
  source: 'https://datatracker.ietf.org/doc/html/rfc5382#section-5',
  artefacts: { 'capture-drops': 'weaker', 'clock-step': 'off', 'one-direction': 'off' },
  yieldsTo: ['conntrack-invalid', 'keep-alive-race', 'refused'],
  async find(context) {
    const cases: Forgotten[] = []
    for (const id of context.reset()) {
      const found = caseOf(context, id)
      if (found) cases.push(found)
    }
    const groups = byServer(context, cases)
    if (groups.length === 0) return []
    const drafts: Draft[] = []
    for (const group of groups) {
      const found = await draft(context, group, context.toServer(group.key))
      if (found) drafts.push(found)
    }
    return drafts
  },
}

function caseOf(context: FindingContext, id: number): Forgotten | undefined {
  const segments = context.segments(id)
  const reset = segments.find((i) => segments.isReset(i))
  const byClient = segments.fromClient(reset)
  // Back to the first packet after the silence: everything since came from the other end, in vain.
  let first = reset
  while (first > 0 && segments.time(reset) - segments.time(first - 1) < THRESHOLDS.answer.value * 1e9) first--
  if (first === 0 || first === reset || segments.fromClient(first) === byClient) return undefined
  for (let i = 0; i <= reset; i++) if (segments.isFin(i)) return undefined
  for (let i = first; i < reset; i++) if (segments.fromClient(i) === byClient) return undefined
  const before = first - 1
  const idleNs = segments.time(first) - segments.time(before)
  if (idleNs < THRESHOLDS.idle.value * 1e9) return undefined
  const since = segments.time(first)
  const until = segments.time(reset)
  return { id, since, until, costNs: until - since, segments, before, first, reset, idleNs }
}

/** The longest silence after which the connection went on. */
function longestSurvived(context: FindingContext, ids: Uint32Array, cases: readonly Forgotten[]): number {
  const resets = new Map(cases.map(({ id, first }) => [id, first]))
  let longest = 0
  for (const id of ids) {
    const segments = context.segments(id)
    const end = resets.get(id) ?? segments.count
    for (let i = 1; i < end; i++) {
      const silence = segments.time(i) - segments.time(i - 1)
      if (silence <= longest || segments.isReset(i) || segments.isFin(i)) continue
      // It went on where the other end said something afterwards that was no reset.
      const sender = segments.fromClient(i)
      const answered = segments.find((j) => segments.fromClient(j) !== sender && !segments.isReset(j), i + 1)
      if (answered >= 0 && answered < end) longest = silence
    }
  }
  return longest
}

async function draft(context: FindingContext, group: Group<Forgotten>, all: Uint32Array): Promise<Draft | undefined> {
  const { cases, server } = group
  const foreign = await foreignResets(context, cases)
  // A client that itself says so has closed, or was reset, and the server was not told: no time was up.
  if (foreign === undefined && cases.every(({ segments, reset }) => segments.fromClient(reset))) return undefined
  const failed = least(cases.map(({ idleNs }) => idleNs))
  const survived = longestSurvived(context, all, cases)
  // Longer silences survive: time is not what decides.
  if (survived > failed) return undefined
  const known = KNOWN.filter(([seconds]) => seconds * 1e9 >= survived && seconds * 1e9 <= failed * 1.02)
  const bracket =
    survived > 0
      ? `between ${nsText(survived)} (the longest that survived) and ${nsText(failed)} (the shortest that did not)`
      : `at most ${nsText(failed)}`
  return {
    ...about(group),
    count: cases.length,
    failed: cases.length,
    sentence: sentences(
      `${countOf(cases.length, 'connection')} from ${clientsText(context, group)} to ${context.namedEnd(server)} ${cases.length === 1 ? 'was' : 'were'} answered with a reset ${whenText(group.since, group.until)}, on the first packet after a silence: the idle time-out is ${bracket}.`,
      known.length > 0 ? `That fits ${listOf(known.map(([seconds, name]) => `${name} (${seconds} s)`))}.` : '',
    ),
    why: sentences(
      'There was no FIN and no reset before: one end still had the connection, whoever answered did not.',
      foreign ?? '',
    ),
    confidence: (cases.length > 1 ? 0.85 : 0.6) + (survived > 0 ? 0.1 : 0),
    blamed:
      foreign !== undefined
        ? 'a load balancer, firewall or NAT on the way: the resets are not the peer’s own'
        : `whoever answers as ${context.namedEnd(server)}, or a load balancer, firewall or NAT before it: cannot tell which`,
    evidence: worst(cases, 4).flatMap(({ segments, before, first, reset }) => [
      { row: segments.row(before), role: 'the last packet before the silence' },
      { row: segments.row(first), role: 'the first after it' },
      { row: segments.row(reset), role: 'the reset that answers it' },
    ]),
    ruledOut: [
      survived > 0
        ? `A restart of the server: connections that were silent for less than ${nsText(survived)} went on.`
        : '',
      'The keep-alive race: nobody had closed.',
    ].filter((text) => text !== ''),
    settle: 'TCP keep-alives (or pings of the protocol) more often than that: with them the resets end.',
    confirm: [conntrackOf(server.address), openSockets(server.address)],
    filter: context.filter(group.ids),
  }
}

/** What tells the resets from packets that the same address sent before. */
async function foreignResets(context: FindingContext, cases: readonly Forgotten[]): Promise<string | undefined> {
  const some = cases.slice(0, 20)
  const own = some.map(({ segments, reset, before }) => {
    const sender = segments.fromClient(reset)
    for (let i = before; i >= 0; i--) if (segments.fromClient(i) === sender) return segments.row(i)
    return -1
  })
  const resets = some.map(({ segments, reset }) => segments.row(reset))
  const headers = await context.headers([...resets, ...own.filter((row) => row >= 0)])
  const differing = some.filter((_, n) => {
    const theirs = headers.get(resets[n])?.ttl
    const usual = headers.get(own[n])?.ttl
    return theirs !== undefined && usual !== undefined && theirs !== usual
  })
  if (differing.length < some.length) return undefined
  return `The resets have TTL ${headers.get(resets[0])?.ttl}, what the peer itself sent had ${headers.get(own[0])?.ttl}: somebody else sent them.`
}
