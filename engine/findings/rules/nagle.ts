import { inPod } from '../commands.ts'
import type { FindingContext } from '../context.ts'
import { about, byServer, type Case, clientsText, type Group, worst } from '../groups.ts'
import type { Draft, Rule } from '../rule.ts'
import type { Segments } from '../segments.ts'
import { DELAY_NS } from '../survey.ts'
import { countOf, median, msText, nsText, sentences, whenText } from '../words.ts'

const THRESHOLDS = {
  shortest: { value: DELAY_NS.shortest / 1e6, unit: 'ms', source: 'Linux TCP_DELACK_MIN, 40 ms, less a tick' },
  longest: {
    value: DELAY_NS.longest / 1e6,
    unit: 'ms',
    source: 'Linux TCP_DELACK_MAX, 200 ms, and Windows’ 200 ms, with some room',
  },
  times: { value: 5, unit: 'times in a connection', source: 'ours: a habit, not a coincidence' },
  roundTrip: { value: 15, unit: 'ms', source: 'ours: beyond it the ACK may simply have taken that long' },
  small: { value: 1000, unit: 'bytes', source: 'Nagle’s algorithm holds back only what does not fill a segment' },
} as const

interface Wait {
  readonly first: number
  readonly ack: number
  readonly second: number
}

interface Delayed extends Case {
  readonly segments: Segments
  readonly byClient: boolean
  readonly waits: readonly Wait[]
}

/** Two small writes: the second waits for the ACK of the first (Nagle), and the receiver waits before it sends that ACK. */
export const nagle: Rule = {
  kind: 'nagle',
  title: 'Nagle’s algorithm waits for delayed ACKs',
  severity: 'medium',
  thresholds: THRESHOLDS,
  source: 'https://datatracker.ietf.org/doc/html/rfc1122#section-4.2.3.4',
  artefacts: { 'capture-drops': 'off', 'clock-step': 'off', 'one-direction': 'off' },
  yieldsTo: [],
  find(context) {
    const cases: Delayed[] = []
    for (const id of context.tcp()) {
      if (context.survey.delays[id] < THRESHOLDS.times.value) continue
      if (context.tables.conversations.packets(id) < 3 * THRESHOLDS.times.value) continue
      for (const each of casesOf(context, id)) cases.push(each)
    }
    return byServer(context, cases).map((group) => draft(context, group))
  },
}

/** Places of packets that another packet followed after a delay like that of an ACK: few, of all packets of a capture. */
function pausesOf(segments: Segments): readonly number[] {
  const { shortest, longest } = DELAY_NS
  const found: number[] = []
  let before = segments.time(0)
  for (let i = 1; i + 1 < segments.count; i++) {
    const time = segments.time(i)
    const wait = time - before
    if (wait >= shortest && wait <= longest) found.push(i - 1)
    before = time
  }
  return found
}

/** Of either end. */
function casesOf(context: FindingContext, id: number): Delayed[] {
  const rtt = context.initialRtt(id)
  if (rtt > THRESHOLDS.roundTrip.value * 1e6) return []
  const segments = context.segments(id)
  const { small, times } = THRESHOLDS
  const pauses = pausesOf(segments)
  if (pauses.length < times.value) return []
  const cases = [true, false].map((byClient) => ({ id, segments, byClient, waits: Array.of<Wait>(), costNs: 0 }))
  // Three in a row: a small segment, its pure ACK after a delay, the next segment at once.
  for (const i of pauses) {
    const ack = i + 1
    const wait = segments.time(ack) - segments.time(i)
    const length = segments.length(i)
    if (length === 0 || length > small.value || segments.verdict(i) !== 0) continue
    const byClient = segments.fromClient(i)
    if (segments.fromClient(ack) === byClient || segments.length(ack) > 0 || segments.ack(ack) !== segments.end(i))
      continue
    const second = i + 2
    const atOnce = segments.time(second) - segments.time(ack) < Math.max(1e6, 1.5 * rtt)
    const follows = segments.fromClient(second) === byClient && segments.seq(second) === segments.end(i)
    if (!atOnce || !follows || segments.length(second) === 0 || segments.length(second) > small.value) continue
    const of = cases[byClient ? 0 : 1]
    of.waits.push({ first: i, ack, second })
    of.costNs += wait
  }
  return cases
    .filter(({ waits }) => waits.length >= times.value)
    .map((each) => ({
      ...each,
      since: segments.time(each.waits[0].first),
      until: segments.time(each.waits[each.waits.length - 1].second),
    }))
}

function draft(context: FindingContext, group: Group<Delayed>): Draft {
  const { cases, server } = group
  const count = cases.reduce((sum, { waits }) => sum + waits.length, 0)
  const lengths = cases.flatMap(({ segments, waits }) =>
    waits.map(({ first, ack }) => segments.time(ack) - segments.time(first)),
  )
  const [{ byClient }] = cases
  const writer = byClient ? clientsText(context, group) : context.namedEnd(server)
  return {
    ...about(group),
    count,
    sentence: sentences(
      `${writer} writes in small pieces, and ${countOf(count, 'time')} a second piece waited ${nsText(median(lengths))} for the delayed ACK of the first, in ${countOf(cases.length, 'connection')} with ${byClient ? context.namedEnd(server) : clientsText(context, group)} ${whenText(group.since, group.until)}: ${msText(group.costMs)} in all.`,
    ),
    why: 'The second piece left at once when the ACK came, every time; nothing was lost, and the round trip is far shorter.',
    confidence: 0.9,
    blamed: `the program at ${byClient ? clientsText(context, group) : context.namedEnd(server)}: it writes a message in pieces without TCP_NODELAY`,
    evidence: worst(cases, 2).flatMap(({ segments, waits }) =>
      waits.slice(0, 3).flatMap(({ first, ack, second }) => [
        { row: segments.row(first), role: 'the first piece' },
        { row: segments.row(ack), role: 'its ACK, delayed' },
        { row: segments.row(second), role: 'the second piece, at once' },
      ]),
    ),
    ruledOut: [
      'Loss: no segment was sent again.',
      'A slow server: its answer comes after the second piece, not with the ACK.',
    ],
    settle: 'The same with TCP_NODELAY set, or with the message written at once: the wait is gone.',
    confirm: [
      inPod(
        'strace -f -e trace=setsockopt,write,sendto -p PID',
        'on the writing process: small writes, and no TCP_NODELAY',
      ),
    ],
    filter: context.filter(group.ids),
  }
}
