import { isRepetition } from '../../tcp/verdicts.ts'
import { after, atOrAfter } from '../../tcp/sequence.ts'
import { ping, route } from '../commands.ts'
import type { FindingContext } from '../context.ts'
import { type Case, costMsOf, worst } from '../groups.ts'
import type { Draft, Rule } from '../rule.ts'
import type { Segments } from '../segments.ts'
import { countOf, least, most, msText, sentences, whenText } from '../words.ts'

const THRESHOLDS = {
  copies: { value: 3, unit: 'times the same full segment', source: 'ours: all are lost once in 8000 at 5 % loss' },
  smallest: { value: 500, unit: 'bytes of payload', source: 'RFC 791: every link carries 576 bytes' },
} as const

interface Stuck extends Case {
  readonly segments: Segments
  readonly byClient: boolean
  /** Sendings of the segment that does not get through. */
  readonly copies: readonly number[]
  readonly payload: number
  /** A packet of the receiver after the first of them: it is alive. */
  readonly alive: number
  readonly largestPassed: number
}

/** Full-size packets vanish and small ones pass: a link takes less than the ends believe, and the ICMP error that says so is lost. */
export const mtuBlackHole: Rule = {
  kind: 'mtu-black-hole',
  title: 'Full-size packets vanish',
  severity: 'high',
  thresholds: THRESHOLDS,
  source: 'https://datatracker.ietf.org/doc/html/rfc2923#section-2.1',
  // What is sent again is at most one MSS, whatever the first copy was before offload cut it up.
  artefacts: { 'capture-drops': 'off', 'clock-step': 'off', 'one-direction': 'off' },
  yieldsTo: ['fragmentation-needed-ignored'],
  async find(context) {
    const byPair = new Map<string, Stuck[]>()
    for (const id of context.repeating()) {
      // Sent again as often as that, or it is not this.
      if (context.tables.tcp.labelCount(id, 'retransmission') < THRESHOLDS.copies.value - 1) continue
      for (const byClient of [true, false]) {
        const found = caseOf(context, id, byClient)
        if (!found) continue
        const pair = pairOf(context, found)
        const known = byPair.get(pair)
        if (known) known.push(found)
        else byPair.set(pair, [found])
      }
    }
    const drafts: Draft[] = []
    for (const cases of byPair.values()) {
      const smallest = least(cases.map(({ payload }) => payload))
      if (cases.some(({ largestPassed }) => largestPassed >= smallest)) continue
      drafts.push(await draft(context, cases))
    }
    return drafts
  },
}

function pairOf(context: FindingContext, { id, byClient }: Stuck): string {
  const client = context.client(id).address
  const server = context.server(id).address
  return byClient ? `${client} ${server}` : `${server} ${client}`
}

function caseOf(context: FindingContext, id: number, byClient: boolean): Stuck | undefined {
  const { verdicts } = context.tables
  const segments = context.segments(id)
  // Few have large segments that came again, and hardly any such that was never acknowledged: the rest is not looked through.
  const large = context.survey
    .repetitionsOf(id)
    .map((entry) => segments.placeOf(verdicts.row(entry)))
    .filter((i) => segments.fromClient(i) === byClient && segments.length(i) >= THRESHOLDS.smallest.value)
  if (large.length === 0) return undefined
  const acknowledges = (i: number) => segments.fromClient(i) !== byClient && segments.hasAck(i) && !segments.isReset(i)
  const last = segments.findLast(acknowledges)
  if (last < 0 || large.every((i) => atOrAfter(segments.ack(last), segments.end(i)))) return undefined
  let acked = segments.ack(last)
  for (let i = 0; i < last; i++) {
    if (acknowledges(i) && after(segments.ack(i), acked)) acked = segments.ack(i)
  }
  const copies = new Map<number, number[]>()
  let largestPassed = 0
  for (let i = 0; i < segments.count; i++) {
    if (segments.fromClient(i) !== byClient || segments.length(i) === 0) continue
    if (atOrAfter(acked, segments.end(i))) {
      // A segment that was cut up before it passed says nothing of its own size.
      largestPassed = Math.max(largestPassed, segments.length(i))
      continue
    }
    const known = copies.get(segments.seq(i))
    if (known) known.push(i)
    else copies.set(segments.seq(i), [i])
  }
  for (const places of copies.values()) {
    const again = places.filter((i) => isRepetition(segments.verdict(i)))
    const payload = Math.max(0, ...again.map((i) => segments.length(i)))
    if (places.length < THRESHOLDS.copies.value || payload < THRESHOLDS.smallest.value || payload <= largestPassed)
      continue
    const alive = segments.find((i) => segments.fromClient(i) !== byClient && !segments.isReset(i), places[0] + 1)
    if (alive < 0) continue
    const since = segments.time(places[0])
    const until = segments.time(places[places.length - 1])
    return {
      id,
      since,
      until,
      costNs: until - since,
      segments,
      byClient,
      copies: places,
      payload,
      alive,
      largestPassed,
    }
  }
  return undefined
}

async function draft(context: FindingContext, cases: readonly Stuck[]): Promise<Draft> {
  const examples = worst(cases, 4)
  const ids = cases.map(({ id }) => id)
  const since = least(cases.map((each) => each.since))
  const until = most(cases.map((each) => each.until))
  const costMs = costMsOf(cases)
  const [{ id, byClient }] = cases
  const [sender, receiver] = byClient
    ? [context.client(id).address, context.server(id).address]
    : [context.server(id).address, context.client(id).address]
  const rows = cases.slice(0, 20).map(({ segments, copies }) => segments.row(copies[copies.length - 1]))
  const headers = await context.headers(rows)
  const lengths = Array.from(headers.values(), ({ ipLength }) => ipLength)
  const smallest = lengths.length > 0 ? least(lengths) : 0
  const passed = most(cases.map(({ largestPassed }) => largestPassed))
  const times = cases.reduce((sum, { copies }) => sum + copies.length, 0)
  return {
    subject: `${sender} ${receiver}`,
    server: context.server(id),
    client: { address: context.client(id).address },
    conversations: ids,
    since,
    until,
    costMs,
    count: cases.length,
    sentence: sentences(
      `Packets of ${smallest} bytes from ${context.named(sender)} to ${context.named(receiver)} never arrive, small ones do: ${countOf(cases.length, 'connection')} stalled ${whenText(since, until)} and sent the same full segment ${countOf(times, 'time')} in vain, ${msText(costMs)} in all.`,
      passed > 0 ? `The largest payload that got through in them has ${countOf(passed, 'byte')}.` : '',
    ),
    why: 'The receiver went on answering, so the path is up; it never acknowledged a byte of these segments, however often they were sent.',
    confidence: cases.length > 1 ? 0.95 : 0.8,
    blamed: `a link between this capture point and ${context.named(receiver)} that takes less than ${smallest} bytes (tunnels take 20 to 80), with its ICMP errors filtered or lost`,
    evidence: examples.flatMap(({ segments, copies, alive }) =>
      [
        { row: segments.row(copies[0]), role: 'the full segment' },
        { row: segments.row(alive), role: 'the receiver is alive' },
        ...copies.slice(1, 4).map((i) => ({ row: segments.row(i), role: 'the same segment again' })),
      ].sort((a, b) => a.row - b.row),
    ),
    ruledOut: [
      'A receiver that is gone: its packets came while the segment was being repeated.',
      'Loss by chance: every copy of the large segment was lost and no small one.',
      'An ICMP error that the sender ignored: none is in the capture.',
    ],
    settle: `A ping of ${smallest} bytes that may not be fragmented, and one a hundred bytes smaller.`,
    confirm: [...(smallest > 0 ? [ping(receiver, smallest)] : []), route(receiver)],
    filter: context.filter(ids, `tcp.len > ${passed}`),
  }
}
