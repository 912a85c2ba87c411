import { VERDICT } from '../../tcp/verdicts.ts'
import { openSockets, podOf, route } from '../commands.ts'
import type { FindingContext } from '../context.ts'
import { type Case, costMsOf, worst } from '../groups.ts'
import type { Draft, Rule } from '../rule.ts'
import type { Segments } from '../segments.ts'
import { countOf, least, listOf, most, msText, nsText, sentences } from '../words.ts'

const THRESHOLDS = {
  repetitions: {
    value: 4,
    unit: 'repetitions without any answer',
    source: 'ours: four in a row are lost at a loss rate of 10 % once in 10,000',
  },
  growth: { value: 1.5, unit: 'times the gap before', source: 'RFC 6298 section 5.5: each doubles' },
} as const

interface Vanished extends Case {
  readonly segments: Segments
  readonly peer: string
  /** Last packet of the peer, the first that it did not answer, and the repetitions. */
  readonly last: number
  readonly first: number
  readonly again: readonly number[]
}

/** One end of open connections is gone, and nobody told the other: it repeats its data at growing intervals until it gives up. */
export const halfOpen: Rule = {
  kind: 'half-open',
  title: 'A peer vanished',
  severity: 'high',
  thresholds: THRESHOLDS,
  source: 'https://datatracker.ietf.org/doc/html/rfc9293#section-3.5.1',
  artefacts: { 'capture-drops': 'off', 'clock-step': 'off', 'one-direction': 'off' },
  yieldsTo: ['mtu-black-hole', 'fragmentation-needed-ignored'],
  find(context) {
    const byPeer = new Map<string, Vanished[]>()
    for (const id of context.repeating()) {
      if (context.survey.repetitionsOf(id).length < THRESHOLDS.repetitions.value) continue
      const found = caseOf(context, id)
      if (!found) continue
      const known = byPeer.get(found.peer)
      if (known) known.push(found)
      else byPeer.set(found.peer, [found])
    }
    if (byPeer.size === 0) return []
    const signs = signsOfLife(context, byPeer)
    return Array.from(byPeer).flatMap(([peer, cases]) => {
      const life = signs.get(peer)
      // FINs alone, of a peer that is there: its ACK was lost, and it knows nothing of the connection any more.
      const isCleanup = life?.alive === true && cases.every(({ costNs }) => costNs === 0)
      return isCleanup ? [] : [draft(context, peer, cases, life)]
    })
  },
}

function caseOf(context: FindingContext, id: number): Vanished | undefined {
  const segments = context.segments(id)
  for (const byClient of [true, false]) {
    let last = -1
    for (let i = segments.count - 1; i >= 0 && last < 0; i--) if (segments.fromClient(i) !== byClient) last = i
    if (last < 0 || segments.isReset(last) || segments.isSynAck(last)) continue
    const first = segments.find((i) => segments.length(i) > 0 || segments.isFin(i), last + 1)
    if (first < 0) continue
    const again: number[] = []
    for (let i = last + 1; i < segments.count; i++) {
      const verdict = segments.verdict(i)
      if (verdict >= VERDICT.fast && verdict <= VERDICT.retransmission) again.push(i)
    }
    if (again.length < THRESHOLDS.repetitions.value) continue
    const gap = (n: number) => segments.time(again[n]) - segments.time(again[n - 1])
    const end = again.length - 1
    if (gap(end) < THRESHOLDS.growth.value * gap(Math.max(1, end - 2))) continue
    const since = segments.time(Math.min(first, again[0]))
    const until = segments.time(again[end])
    const peer = byClient ? context.server(id).address : context.client(id).address
    // Nobody waits for the answer to a FIN, nor where both programs have closed: the peer need not know the connection any more (Linux tcp_fin_timeout).
    const peerClosed = segments.find((i) => segments.fromClient(i) !== byClient && segments.isFin(i)) >= 0
    const waits = peerClosed ? !again.some((i) => segments.isFin(i)) : again.some((i) => segments.length(i) > 0)
    const costNs = waits ? until - since : 0
    return { id, since, until, costNs, segments, peer, last, first: Math.min(first, again[0]), again }
  }
  return undefined
}

interface Life {
  /** Connections that tried to open after the address had fallen silent, in vain. */
  readonly unanswered: readonly number[]
  /** It sent something after it had fallen silent in these connections. */
  readonly alive: boolean
}

function signsOfLife(
  context: FindingContext,
  byPeer: ReadonlyMap<string, readonly Vanished[]>,
): ReadonlyMap<string, Life> {
  const found = new Map<string, { unanswered: number[]; alive: boolean; since: number; own: Set<number> }>()
  for (const [peer, cases] of byPeer) {
    const since = least(cases.map((each) => each.since))
    found.set(peer, { unanswered: [], alive: false, since, own: new Set(cases.map(({ id }) => id)) })
  }
  for (const id of context.tcp()) {
    for (const isClient of [true, false]) {
      const life = found.get(isClient ? context.client(id).address : context.server(id).address)
      if (!life || life.own.has(id)) continue
      const segments = context.segments(id)
      const end = segments.count - 1
      if (end < 0 || segments.time(end) < life.since) continue
      const spoke = segments.find((i) => segments.fromClient(i) === isClient && segments.time(i) > life.since)
      if (spoke >= 0) life.alive = true
      else if (!isClient && segments.isSyn(0)) life.unanswered.push(id)
    }
  }
  return found
}

function draft(context: FindingContext, peer: string, cases: readonly Vanished[], life?: Life): Draft {
  const since = least(cases.map((each) => each.since))
  const until = most(cases.map((each) => each.until))
  const costMs = costMsOf(cases)
  const again = cases.reduce((sum, each) => sum + each.again.length, 0)
  const unanswered = life?.unanswered ?? []
  const ids = [...cases.map(({ id }) => id), ...unanswered]
  const ends = listOf(Array.from(new Set(cases.map(({ id }) => context.namedEnd(context.server(id))))))
  const given = cases.filter(
    ({ segments }) => segments.isReset(segments.count - 1) || segments.isFin(segments.count - 1),
  )
  return {
    subject: peer,
    ...(costMs === 0 && unanswered.length === 0
      ? { severity: 'low' as const, title: 'A close that nobody answered' }
      : { failed: cases.filter(({ costNs }) => costNs > 0).length + unanswered.length }),
    ...(cases.length === 1 && {
      server: context.server(cases[0].id),
      client: { address: context.client(cases[0].id).address },
    }),
    conversations: ids,
    since,
    until,
    costMs,
    count: cases.length,
    sentence: sentences(
      `${context.named(peer)} fell silent at ${nsText(since)} of the capture while ${countOf(cases.length, 'connection')} with it ${cases.length === 1 ? 'was' : 'were'} ${costMs > 0 ? 'open' : 'closing'} (${ends}): what was sent to it was repeated ${countOf(again, 'time')} at growing intervals for up to ${nsText(most(cases.map((each) => each.until - each.since)))}, and no packet came back.`,
      unanswered.length > 0 ? `${countOf(unanswered.length, 'new connection')} to it got no answer either.` : '',
      costMs > 0 ? `${msText(costMs)} were spent waiting.` : '',
      given.length === 0 && costMs > 0 ? 'The capture ends with them still open.' : '',
    ),
    why: sentences(
      'Neither data, ACK nor reset came from that address in these connections any more.',
      life?.alive === true
        ? 'It did answer in other connections.'
        : 'Nothing at all was heard of that address any more.',
    ),
    confidence: life?.alive === true ? 0.6 : 0.9,
    blamed:
      life?.alive === true
        ? 'something between the ends that drops these connections only: a firewall or NAT that forgot them, or a changed rule'
        : `the host, pod or node of ${context.named(peer)}, or the way to it: cannot tell which from here`,
    evidence: worst(cases, 3).flatMap(({ segments, last, first, again: repeated }) => [
      { row: segments.row(last), role: 'the last packet that came from it' },
      { row: segments.row(first), role: 'the first that got no answer' },
      ...repeated.slice(-3).map((i) => ({ row: segments.row(i), role: 'its repetition' })),
    ]),
    ruledOut: [
      'An end that closed or crashed alone: its kernel would have sent a reset.',
      'Loss now and then: none of the repetitions was answered.',
    ],
    settle:
      'What the API server says of the pod and node with that address at that time, or a capture at the other end.',
    confirm: [podOf(peer), openSockets(peer), route(peer)],
  }
}
