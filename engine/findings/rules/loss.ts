import type { Evidence } from '../../../common/model/finding.ts'
import { addressKeyText } from '../../query/conversation-names.ts'
import { capturePoint, interfaceDrops, retransmissionCounts } from '../commands.ts'
import type { FindingContext } from '../context.ts'
import { costMsOf, worst } from '../groups.ts'
import { lostOnHops } from '../lost-on-hops.ts'
import { byCommonAddress, type LossCase, lossOf, OTHERS } from '../lost-segments.ts'
import type { Draft, Rule } from '../rule.ts'
import type { Survey } from '../survey.ts'
import {
  afterText,
  countOf,
  least,
  listOf,
  most,
  msText,
  nsText,
  numberText,
  sentences,
  share,
  whenText,
} from '../words.ts'

const THRESHOLDS = {
  segments: { value: 3, unit: 'segments sent again', source: 'ours: below it, only if it cost something' },
  least: { value: 1, unit: 'ms', source: 'ours: what cost less harmed nobody' },
  cost: { value: 150, unit: 'ms', source: 'ours: most of the least time-out, Linux TCP_RTO_MIN of 200 ms' },
} as const

/** What tells more of lost packets than that they were lost. */
export const CAUSES_OF_LOSS = [
  'mtu-black-hole',
  'fragmentation-needed-ignored',
  'half-open',
  'outage',
  'accept-queue',
  'keep-alive-race',
  'idle-timeout',
] as const

/** Packets were lost: how many, between whom, on which side of the capture point, and what it cost. */
export const loss: Rule = {
  kind: 'loss',
  title: 'Packet loss',
  severity: 'medium',
  thresholds: THRESHOLDS,
  source: 'https://datatracker.ietf.org/doc/html/rfc6675',
  artefacts: { 'capture-drops': 'off', 'clock-step': 'off', 'mid-stream-start': 'weaker', 'one-direction': 'weaker' },
  yieldsTo: ['rto-tail', ...CAUSES_OF_LOSS],
  find: (context) => Array.from(lossGroups(context), ([common, cases]) => lossDraft(context, common, cases, false)),
}

/** Two rules ask for the same: what a conversation lost is worked out once for each survey. */
const known = new WeakMap<Survey, Map<number, LossCase | undefined>>()

function lossOnce(context: FindingContext, id: number): LossCase | undefined {
  let losses = known.get(context.survey)
  if (!losses) known.set(context.survey, (losses = new Map()))
  if (!losses.has(id)) losses.set(id, lossOf(context, id))
  return losses.get(id)
}

/** Groups with enough loss to speak of. */
export function lossGroups(context: FindingContext): Map<number, LossCase[]> {
  const cases: LossCase[] = []
  for (const id of context.repeating()) {
    const found = lossOnce(context, id)
    if (found) cases.push(found)
  }
  const groups = byCommonAddress(context, cases)
  for (const [address, members] of groups) {
    const segments = members.reduce((sum, { again }) => sum + again.length, 0)
    const costMs = costMsOf(members)
    const isMuch = segments >= THRESHOLDS.segments.value && costMs >= THRESHOLDS.least.value
    if (!isMuch && costMs < THRESHOLDS.cost.value) groups.delete(address)
  }
  return groups
}

/** `common`: the address that they share, or OTHERS. */
export function lossDraft(context: FindingContext, common: number, cases: readonly LossCase[], tail: boolean): Draft {
  const address = common === OTHERS ? '' : addressKeyText(context.tables.conversations, common)
  const total = (count: (each: LossCase) => number) => cases.reduce((sum, each) => sum + count(each), 0)
  const again = total((each) => each.again.length)
  const costMs = total(({ costNs }) => costNs) / 1e6
  const since = least(cases.map((each) => each.since))
  const until = most(cases.map((each) => each.until))
  const ids = cases.map(({ id }) => id)
  const distinct = total(
    ({ segments, again: all }) => new Set(all.map((i) => `${segments.fromClient(i)} ${segments.seq(i)}`)).size,
  )
  const timeouts = total((each) => each.byTimer.length)
  const peers = Array.from(new Set(ids.map((id) => peerOf(context, id, address))))
  const waits = cases.flatMap((each) => waitsOf(context, each))
  const died = lostOnHops(context, ids)
  const between =
    address === ''
      ? `between ${countOf(new Set(ids.map((id) => context.server(id).address)).size, 'server')} and their clients`
      : `between ${context.named(address)} and ${listOf(peers.map((peer) => context.named(peer)))}`
  return {
    subject: address === '' ? 'others' : address,
    ...(cases.length === 1 && { server: context.server(ids[0]), client: { address: context.client(ids[0]).address } }),
    severity: costMs >= 1000 || again >= 20 ? 'high' : 'medium',
    conversations: ids,
    since,
    until,
    costMs,
    count: again,
    sentence: sentences(
      `${countOf(distinct, 'segment')} ${between} had to be sent again${distinct < again ? `, ${countOf(again, 'time')} in all,` : ''} ${whenText(since, until)}, ${share(
        again,
        total(({ segments }) => segments.countData()),
      )} of the data segments of ${countOf(cases.length, 'connection')}: ${msText(costMs)} were lost.`,
      timeouts > 0
        ? `${timeouts === 1 ? 'Once' : timeouts === 2 ? 'Twice' : countOf(timeouts, 'time')} a timer had to run out first${waitsText(waits)}.`
        : `Later data asked for ${distinct === 1 ? 'it' : 'each of them'}, so no timer had to run out.`,
    ),
    why: tail
      ? 'These connections have too little in flight for the receiver to ask for what is missing; only the sender’s timer notices, and it waits 200 ms and more.'
      : `${distinct === 1 ? 'The segment was' : 'Each of these segments was'} missing at the receiver until it was sent again${distinct < again ? ' for the last time' : ''}. Packets that were captured twice, overtaken, or repeated in vain are not counted.`,
    confidence: again >= 5 ? 0.9 : 0.75,
    blamed: blamedOf(context, address, cases, again, died),
    evidence: evidenceOf(context, cases),
    ruledOut: ['The same packet captured twice, and reordering: told apart by IP ID, timestamps and timing.'],
    settle:
      died === undefined
        ? 'A capture at the other end at the same time: it shows which of these segments got there.'
        : 'Captures at points between these: they narrow down where.',
    confirm: [
      capturePoint(context.server(ids[0]).address, context.server(ids[0]).port),
      retransmissionCounts,
      interfaceDrops,
    ],
    filter: context.filter(ids, 'tcp.analysis.retransmission'),
  }
}

function waitsText(waits: readonly number[]): string {
  if (waits.length === 0) return ''
  return `, ${afterText(waits)}`
}

function peerOf(context: FindingContext, id: number, address: string): string {
  const client = context.client(id).address
  return client === address ? context.server(id).address : client
}

function waitsOf({ tables: { verdicts } }: FindingContext, { segments, byTimer }: LossCase): number[] {
  return byTimer.map((i) => verdicts.cost(verdicts.find(segments.row(i)))).filter((wait) => wait > 0)
}

/** On which hop; where one point captured on which side of it, as the originals that passed here tell. */
function blamedOf(
  context: FindingContext,
  address: string,
  cases: readonly LossCase[],
  again: number,
  died: string | undefined,
): string {
  const ends = new Set(cases.flatMap(({ id }) => [context.client(id).address, context.server(id).address]))
  const whose = address === '' || ends.size <= 2 ? '' : `; ${context.named(address)} is at one end of all of it`
  const rejected = rejectedText(context, cases)
  if (rejected !== undefined) return `${rejected}${died === undefined ? '' : `; the network ${died}`}${whose}`
  if (died !== undefined) return `the network ${died}${whose}`
  const beyond = cases.reduce((sum, each) => sum + each.beyond, 0)
  const byClient = cases.reduce((sum, each) => sum + each.byClient, 0)
  const senders = byClient === again ? 'the clients' : byClient === 0 ? 'the servers' : 'both ends'
  const where =
    beyond === again
      ? 'was lost after it had passed this capture point, or its ACKs on their way back'
      : beyond === 0
        ? 'was lost before it came to this capture point'
        : `was lost, ${countOf(beyond, 'time')} after this capture point and ${numberText(again - beyond)} before it`
  return `the network: what ${senders} sent ${where}${whose}`
}

/** Who dropped segments that were sent again, and said so by ICMP errors (RFC 792, RFC 4443: unreachable). */
function rejectedText(context: FindingContext, cases: readonly LossCase[]): string | undefined {
  const by = new Map<string, number>()
  for (const { id, segments, again } of cases) {
    const errors = context.errorsOf.get(id)?.filter(({ v6, type, mtu }) => type === (v6 ? 1 : 3) && mtu === 0) ?? []
    for (const i of again) {
      const quoted = errors.find(({ seq, time }) => seq === segments.seq(i) && time < segments.time(i))
      if (quoted) by.set(quoted.from, (by.get(quoted.from) ?? 0) + 1)
    }
  }
  if (by.size === 0) return undefined
  const said = Array.from(by, ([from, count]) => `${context.named(from)}, which rejected ${countOf(count, 'segment')}`)
  return `${listOf(said)} and said so with an ICMP error`
}

/** The first and the one that waited longest, by these names, then others of the cases that cost most. */
function evidenceOf(context: FindingContext, cases: readonly LossCase[]): Evidence[] {
  const { verdicts } = context.tables
  const all = cases.flatMap(({ segments, again }) => again.map((i) => segments.row(i)))
  const wait = (row: number) => verdicts.cost(verdicts.find(row))
  const first = all.reduce((least, row) => Math.min(least, row))
  const longest = all.reduce((most, row) => (wait(row) > wait(most) ? row : most))
  const others = worst(cases, 4)
    .flatMap(({ segments, again }) => again.slice(0, 3).map((i) => segments.row(i)))
    .filter((row) => row !== first && row !== longest)
  const pair = (row: number, name: string) => {
    const original = verdicts.original(verdicts.find(row))
    const again = original === undefined ? 'sent again; what was lost was not seen here' : 'sent again'
    return [
      ...(original === undefined ? [] : [{ row: original, role: `${name}the segment` }]),
      { row, role: `${name}${again}` },
    ]
  }
  return [
    ...pair(first, 'the first: '),
    ...(longest === first || !(wait(longest) > 0) ? [] : pair(longest, `the longest wait, ${nsText(wait(longest))}: `)),
    ...others.flatMap((row) => pair(row, '')),
  ]
}
