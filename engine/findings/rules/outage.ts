import { CHUNK_ROWS, FLAG, NO_CONVERSATION } from '../../columns/packet-table.ts'
import { addressKey } from '../../query/conversation-names.ts'
import { TRANSPORT } from '../../decode/packet.ts'
import { isRepetition } from '../../tcp/verdicts.ts'
import { interfaceDrops, nodeEvents, podOf } from '../commands.ts'
import type { FindingContext } from '../context.ts'
import { type Case, worst } from '../groups.ts'
import type { Draft, Rule } from '../rule.ts'
import type { Segments } from '../segments.ts'
import { rowAt, silencesIn, type Span } from '../silences.ts'
import { countOf, least, listOf, nsText, sentences, sumOf } from '../words.ts'

const THRESHOLDS = {
  wait: { value: 150, unit: 'ms before a repetition', source: 'ours: most of Linux TCP_RTO_MIN of 200 ms' },
  silence: { value: 400, unit: 'ms', source: 'ours: twice TCP_RTO_MIN; less is one lost packet' },
  unanswered: { value: 3, unit: 'segments sent in vain', source: 'ours' },
  repetitions: { value: 3, unit: 'repetitions, of one connection alone', source: 'ours' },
  chance: { value: 1e-5, unit: '', source: 'ours: that as many are lost one after the other at the loss around it' },
} as const

/** What is sent again so soon after a silence belongs to it. */
const AFTER_NS = 1e9
/** The longest silences of an address that are looked at, and addresses. */
const MOST_SPANS = 20
const MOST_ADDRESSES = 200

interface Suspected extends Span {
  /** Whose segments were sent again, as often as they were. */
  readonly ids: readonly number[]
}

interface Waiting extends Case {
  readonly segments: Segments
  /** Places of what got no answer in the silence, and of what was sent again for it. */
  readonly sent: readonly number[]
  readonly again: readonly number[]
  /** The first packet of the other end that brought news again; -1 = none in this connection. */
  readonly after: number
}

interface Silence extends Span {
  readonly waiting: readonly Waiting[]
}

/** For a while nothing that is sent to an address gets an answer, in any connection; then all goes on. */
export const outage: Rule = {
  kind: 'outage',
  title: 'Nothing got through',
  severity: 'high',
  thresholds: THRESHOLDS,
  source: 'https://github.blog/2019-11-21-debugging-network-stalls-on-kubernetes/',
  artefacts: { 'capture-drops': 'off', 'clock-step': 'off', 'one-direction': 'off' },
  yieldsTo: [
    'refused',
    'tuple-reuse',
    'fragmentation-needed-ignored',
    'mtu-black-hole',
    'accept-queue',
    'half-open',
    'policy-drop',
  ],
  find(context) {
    const spans = suspected(context)
    if (spans.size === 0) return []
    const silent = silencesIn(context.tables, spans, { shortest: THRESHOLDS.silence.value * 1e6, after: AFTER_NS })
    const silences: Silence[] = []
    for (const [address, some] of spans) {
      for (const span of some) {
        const found = outageIn(context, address, span, silent.get(span) ?? [])
        if (found) silences.push(found)
      }
    }
    return merged(silences).map((silence) => draft(context, silence))
  },
}

/** By address: when something that had been sent to it had to be sent again by a timer, the longest times first. */
function suspected(context: FindingContext): ReadonlyMap<number, readonly Suspected[]> {
  const { verdicts, conversations } = context.tables
  const found = new Map<number, Suspected[]>()
  for (const id of context.repeating()) {
    const segments = context.segments(id)
    for (const entry of context.survey.repetitionsOf(id)) {
      const waited = verdicts.cost(entry)
      if (waited < THRESHOLDS.wait.value * 1e6) continue
      const i = segments.placeOf(verdicts.row(entry))
      const to = segments.time(i)
      const address = addressKey(conversations, id, segments.fromClient(i) !== context.clientIsB(id))
      const known = found.get(address)
      const span = { from: to - waited, to, ids: [id] }
      if (known) known.push(span)
      else found.set(address, [span])
    }
  }
  const longest = Array.from(found, ([address, spans]) => [address, joined(spans)] as const)
    .filter(([, spans]) => spans.length > 0)
    .toSorted(([, [a]], [, [b]]) => b.to - b.from - (a.to - a.from))
  return new Map(longest.slice(0, MOST_ADDRESSES))
}

/** Spans that overlap as one; those that are long enough and of several repetitions, the longest first. */
function joined(spans: readonly Suspected[]): readonly Suspected[] {
  const all: { from: number; to: number; ids: number[] }[] = []
  for (const { from, to, ids } of spans.toSorted((a, b) => a.from - b.from)) {
    const last = all.at(-1)
    if (last && from <= last.to) {
      last.to = Math.max(last.to, to)
      last.ids.push(...ids)
    } else all.push({ from, to, ids: [...ids] })
  }
  return all
    .filter(({ from, to, ids }) => ids.length > 1 && to - from >= THRESHOLDS.silence.value * 1e6)
    .toSorted((a, b) => b.to - b.from - (a.to - a.from))
    .slice(0, MOST_SPANS)
}

/** The first of the span's silences that is an outage. */
function outageIn(
  context: FindingContext,
  address: number,
  span: Suspected,
  silences: readonly Span[],
): Silence | undefined {
  const ids = Array.from(new Set(span.ids)).filter((id) => context.isOpen(id))
  for (const { from, to } of silences) {
    const waiting = ids.flatMap((id) => waitingIn(context, id, address, from, to))
    const since = least(waiting.map((each) => each.since))
    if (isOutage(context, waiting, to - since)) return { from: since, to, waiting }
  }
  return undefined
}

function isOutage(context: FindingContext, waiting: readonly Waiting[], lasted: number): boolean {
  const again = sumOf(waiting.map((each) => each.again.length))
  const sent = sumOf(waiting.map((each) => each.sent.length))
  if (lasted < THRESHOLDS.silence.value * 1e6 || sent < THRESHOLDS.unanswered.value) return false
  if (waiting.length < 2 && again < THRESHOLDS.repetitions.value) return false
  // SYNs alone may be refused for reasons of their own.
  if (waiting.every(({ segments, sent: [first] }) => segments.isSyn(first))) return false
  // Both ways must be well for an answer to come.
  const lossAround = Math.min(1, 2 * Math.max(0.01, lossOutside(context, waiting)))
  return lossAround ** sent <= THRESHOLDS.chance.value
}

/** What the connection sent to the address from one time to another, if some of it had to be sent again. */
function waitingIn(context: FindingContext, id: number, address: number, from: number, to: number): Waiting[] {
  const { verdicts, conversations } = context.tables
  const segments = context.segments(id)
  const byClient = (addressKey(conversations, id, true) === address) === context.clientIsB(id)
  const sent: number[] = []
  const again: number[] = []
  const first = segments.placeOf(rowAt(context.tables.packets, from))
  for (let i = first; i < segments.count && segments.time(i) <= to + AFTER_NS; i++) {
    const time = segments.time(i)
    if (time <= from || segments.fromClient(i) === byClient) continue
    const waited = isRepetition(segments.verdict(i)) ? verdicts.cost(verdicts.find(segments.row(i))) : 0
    // Also what was sent again only afterwards.
    if (waited > 0 && time - waited > from && time - waited < to) again.push(i)
    if (segments.length(i) === 0 && !segments.isSyn(i)) continue
    // What came later may be what was answered.
    if (to - time >= THRESHOLDS.wait.value * 1e6) sent.push(i)
  }
  if (again.length === 0 || sent.length === 0) return []
  const after = segments.find((i) => segments.fromClient(i) === byClient && segments.time(i) >= to, sent[0])
  const since = segments.time(sent[0])
  return [{ id, since, until: to, costNs: to - since, segments, sent, again, after }]
}

/** Of the data in these connections outside of the silence, what share had to be sent again. */
function lossOutside({ survey }: FindingContext, waiting: readonly Waiting[]): number {
  let repeated = 0
  let data = 0
  for (const { id, segments, sent, again } of waiting) {
    repeated += survey.repetitionsOf(id).length - again.length
    data += segments.countData() - sent.length
  }
  return data <= 0 ? 0 : repeated / data
}

/** Silences at the same time are one, whoever was silent. */
function merged(silences: readonly Silence[]): Silence[] {
  const all: Silence[] = []
  for (const each of silences.toSorted((a, b) => a.from - b.from)) {
    const last = all.at(-1)
    const common = last ? Math.min(last.to, each.to) - each.from : 0
    if (!last || common < 0.5 * Math.min(last.to - last.from, each.to - each.from)) {
      all.push(each)
      continue
    }
    const known = new Set(last.waiting.map(({ id }) => id))
    const waiting = [...last.waiting, ...each.waiting.filter(({ id }) => !known.has(id))]
    all[all.length - 1] = { from: last.from, to: Math.max(last.to, each.to), waiting }
  }
  return all
}

function draft(context: FindingContext, { from, to, waiting }: Silence): Draft {
  const { verdicts } = context.tables
  const needs = waiting.flatMap(({ segments, again }) =>
    again.map((i) => verdicts.isSpurious(verdicts.find(segments.row(i)))),
  )
  const late = needs.filter((need) => need === true).length
  const isLate = late > needs.filter((need) => need === false).length
  const { near, far } = endsOf(context, waiting)
  const sent = sumOf(waiting.map((each) => each.sent.length))
  const lasted = nsText(to - from)
  const wentOn = waiting.filter(({ after }) => after >= 0).length
  const went =
    wentOn === waiting.length
      ? 'Then all went on.'
      : wentOn > 0
        ? `Then ${wentOn} of them went on.`
        : 'Then packets came again, but not in these connections.'
  const others = othersSent(context, new Set([...near, ...far]), from, to)
  const between = `between ${listOf(near.map((each) => context.named(each)))} and ${listOf(far.map((each) => context.named(each)))}`
  return {
    subject: `${near.join(' ')} ${Math.round(from / 1e6)}`,
    title: isLate ? `Everything stood still for ${lasted}` : `Nothing got through for ${lasted}`,
    conversations: waiting.filter((each) => isExplained(context, each, from, to)).map(({ id }) => id),
    explained: waiting.flatMap(({ segments, again }) => again.map((i) => segments.row(i))),
    since: from,
    until: to,
    costMs: sumOf(waiting.map(({ costNs }) => costNs)) / 1e6,
    count: 1,
    sentence: sentences(
      `From ${nsText(from)} to ${nsText(to)} of the capture nothing ${between} was acknowledged: ${countOf(sent, 'segment')} of ${countOf(waiting.length, 'connection')} were sent meanwhile. ${went}`,
      `${nsText(sumOf(waiting.map(({ costNs }) => costNs)))} were spent waiting.`,
    ),
    why: sentences(
      'No connection between these addresses got on for that time: too much at once for loss by chance.',
      isLate
        ? 'What was sent in that time had arrived, as the receiver said of the repetitions: it came late, and was not lost.'
        : '',
    ),
    confidence: waiting.length > 1 ? 0.9 : 0.75,
    blamed: `${isLate ? 'something that stood still and went on: a paused or overloaded node, or a queue' : 'a way that was cut, or a node that stood still'}${whereText(context, near, far, others)}`,
    evidence: worst(waiting, 4).flatMap(({ segments, sent: [first], again, after }) => [
      { row: segments.row(first), role: 'the first without an answer' },
      ...again.slice(-2).map((i) => ({ row: segments.row(i), role: 'its repetition' })),
      ...(after < 0 ? [] : [{ row: segments.row(after), role: 'the first answer again' }]),
    ]),
    ruledOut: [
      'A program that is slow: its kernel would have acknowledged.',
      'Loss by chance: see why.',
      others ? 'The capture itself: it has packets of other addresses from that time.' : '',
    ].filter((text) => text !== ''),
    settle: 'A capture on the other node at the same time: whether these packets arrive there, and when.',
    confirm: [nodeEvents, interfaceDrops, ...(far.length === 1 ? [podOf(far[0])] : [])],
    filter: `frame.time_relative >= ${(from / 1e9).toFixed(3)} && frame.time_relative <= ${((to + AFTER_NS) / 1e9).toFixed(3)} && ${context.filter(waiting.map(({ id }) => id))}`,
  }
}

/** All that the connection repeated belongs to the silence. */
function isExplained(
  { tables: { verdicts }, survey }: FindingContext,
  { id, segments }: Waiting,
  from: number,
  to: number,
) {
  return survey.repetitionsOf(id).every((entry) => {
    const time = segments.time(segments.placeOf(verdicts.row(entry)))
    return verdicts.isSpurious(entry) === true || (time >= from && time <= to + AFTER_NS)
  })
}

/** The address that all have in common, if there is one, else the clients; and the other ends. */
function endsOf(context: FindingContext, waiting: readonly Waiting[]) {
  const clients = new Set(waiting.map(({ id }) => context.client(id).address))
  const servers = new Set(waiting.map(({ id }) => context.server(id).address))
  const [first] = waiting
  for (const common of [context.client(first.id).address, context.server(first.id).address]) {
    const far = new Set<string>()
    for (const { id } of waiting) {
      const [a, b] = [context.client(id).address, context.server(id).address]
      if (a !== common && b !== common) far.clear()
      if (a !== common && b !== common) break
      far.add(a === common ? b : a)
    }
    if (far.size > 1 || (far.size === 1 && clients.size === 1 && servers.size === 1))
      return { near: [common], far: [...far] }
  }
  return { near: [...clients], far: [...servers] }
}

/** Somebody else sent something meanwhile. */
function othersSent({ tables }: FindingContext, ours: ReadonlySet<string>, from: number, to: number): boolean {
  const { packets, conversations } = tables
  for (let row = rowAt(packets, from); row < packets.rows && packets.time(row) < to; row++) {
    const chunk = packets.chunk(row)
    const i = row % CHUNK_ROWS
    const id = chunk.conversation[i]
    if (id === NO_CONVERSATION || conversations.transport[id] !== TRANSPORT.tcp) continue
    if (!ours.has(conversations.addressText(id, (chunk.flags[i] & FLAG.reverse) !== 0))) return true
  }
  return false
}

function whereText(context: FindingContext, near: readonly string[], far: readonly string[], others: boolean): string {
  if (near.length === 1 && far.length > 1)
    return `, near ${context.named(near[0])}, its node or uplink: it is at one end of all of it`
  if (far.length === 1 && near.length > 1)
    return `, near ${context.named(far[0])}, its node or uplink: it is at one end of all of it`
  return others
    ? `: between these only, as others got on meanwhile; which end cannot be told from here`
    : '; on which side cannot be told from here'
}
