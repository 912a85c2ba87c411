import type { Evidence } from '../../../common/model/finding.ts'
import { firstPlace } from '../../binary-search.ts'
import { VERDICT } from '../../tcp/verdicts.ts'
import { listenDrops, listeners, podOf } from '../commands.ts'
import type { FindingContext } from '../context.ts'
import { about, byServer, type Case, clientsText, costMsOf, type Group, worst } from '../groups.ts'
import { captureSide, type Handshake, handshakeOf } from '../handshake.ts'
import type { Draft, Rule } from '../rule.ts'
import type { Segments } from '../segments.ts'
import { countOf, least, most, msText, nsText, numberText, sentences, whenText } from '../words.ts'

const THRESHOLDS = {
  /** One could be a lost ACK. */
  connections: {
    value: 2,
    unit: 'connections whose completed handshake was not taken, or SYNs ignored, at one time',
    source: 'ours',
  },
  /** What came sooner was on its way when the ACK came. */
  repeated: {
    value: 500,
    unit: 'ms from the ACK to the repeated SYN-ACK',
    source: 'RFC 6298 section 2.1: a server repeats its SYN-ACK after 1 s; less a round trip',
  },
  /** Ignored SYNs belong to the same jam when they are this close. */
  together: { value: 5, unit: 's', source: 'ours: the third repetition of a SYN' },
  /** Far from the server, what else it did meanwhile must tell: its program nothing, its kernel took no SYN. */
  standstill: { value: 500, unit: 'ms that a program answers nothing', source: 'ours' },
  ignored: {
    value: 3,
    unit: 'connections ignored within a standstill',
    source: 'ours: all of three by chance are rare',
  },
} as const

interface Ignored extends Case {
  readonly handshake: Handshake
  /** The server repeats its SYN-ACK although the client's ACK has passed here. */
  readonly completed: boolean
}

/** The server's kernel takes no further connection: those that wait to be accepted are as many as may (listen(2), backlog). */
export const acceptQueue: Rule = {
  kind: 'accept-queue',
  title: 'Accept queue full',
  severity: 'high',
  thresholds: THRESHOLDS,
  source: 'https://man7.org/linux/man-pages/man2/listen.2.html',
  artefacts: { 'capture-drops': 'off', 'clock-step': 'off', 'one-direction': 'off' },
  yieldsTo: ['refused', 'tuple-reuse'],
  find(context) {
    const cases: Ignored[] = []
    for (const id of context.repeating(VERDICT.syn, VERDICT.synack)) {
      const found = caseOf(context, id)
      if (found) cases.push(found)
    }
    const groups = byServer(context, cases).filter(mayJam)
    return groups.flatMap((group) => draft(context, group, context.toServer(group.key)) ?? [])
  },
}

function caseOf(context: FindingContext, id: number): Ignored | undefined {
  const segments = context.segments(id)
  const handshake = handshakeOf(segments)
  if (!handshake) return undefined
  const { syns, synAcks, final, otherAnswer } = handshake
  const since = segments.time(syns[0])
  const isLate = (i: number) =>
    i > final &&
    segments.verdict(i) === VERDICT.synack &&
    segments.time(i) - segments.time(final) >= THRESHOLDS.repeated.value * 1e6
  const late = final < 0 ? [] : synAcks.filter(isLate)
  if (late.length > 0) {
    const until = segments.time(late[late.length - 1])
    return { id, since, until, costNs: until - segments.time(final), handshake, completed: true }
  }
  const again = syns.slice(1).filter((i) => segments.verdict(i) === VERDICT.syn)
  const answeredLate = synAcks.length === 0 || synAcks[0] > syns[syns.length - 1]
  if (again.length === 0 || otherAnswer >= 0 || !answeredLate) return undefined
  const until = segments.time(again[again.length - 1])
  return { id, since, until, costNs: until - since, handshake, completed: false }
}

function draft(context: FindingContext, group: Group<Ignored>, all: Uint32Array): Draft | undefined {
  const completed = group.cases.filter((each) => each.completed)
  const side = captureSide(context, all)
  // A SYN ignored by a server that has just taken, or then takes, others: near the server nothing else can have dropped it.
  // Elsewhere those that fell together with what only a full queue explains; of one connection a lost ACK would, too.
  const stood = standstillOf(context, group.cases, all)
  const jammed = [...(jams(completed) ? completed : []), ...(stood ? [stood] : [])]
  const together = THRESHOLDS.together.value * 1e9
  const ignored = group.cases.filter(
    (each) =>
      !each.completed &&
      (side === 'server' ||
        jammed.some(({ since, until }) => each.since < until + together && each.until > since - together)),
  )
  const taken = all.length - group.cases.length
  if (completed.length + ignored.length < THRESHOLDS.connections.value) return undefined
  if (completed.length === 0 && (taken === 0 || !jams(ignored))) return undefined
  // A lost ACK shows at one connection here and there; a queue refuses several at once.
  if (ignored.length === 0 && !jams(completed)) return undefined
  const cases = [...completed, ...ignored]
  const since = least(cases.map((each) => each.since))
  const until = most(cases.map((each) => each.until))
  const costMs = costMsOf(cases)
  const { server } = group
  return {
    ...about({ ...group, cases, ids: cases.map(({ id }) => id), since, until, costMs }),
    count: cases.length,
    sentence: sentences(
      `${context.namedEnd(server)} took no further connections for a while: ${numberText(cases.length)} of ${countOf(all.length, 'connection')} from ${clientsText(context, group)} were left waiting ${whenText(since, until)}, ${msText(costMs)} in all.`,
      completed.length > 0
        ? `${countOf(completed.length, 'handshake')} had been completed, and the server repeated its SYN-ACK as if it had not seen the ACK.`
        : '',
      ignored.length > 0 ? `The SYNs of ${countOf(ignored.length, 'other connection')} were ignored.` : '',
    ),
    why: sentences(
      'Linux drops the last ACK of a handshake, and new SYNs, while the queue of connections that wait for accept() is full.',
      side === 'server' ? 'This was captured at the server, so no network lies between it and these packets.' : '',
      stood
        ? `The program stood still for ${nsText(stood.until - stood.since)}: a request that its kernel had acknowledged was answered only then, and meanwhile no SYN was.`
        : '',
    ),
    confidence: completed.length > 0 && ignored.length > 0 ? 0.9 : side === 'server' || stood ? 0.8 : 0.6,
    blamed: `the program that listens on ${context.namedEnd(server)}: it does not accept fast enough, or stood still`,
    evidence: [
      ...[...worst(completed, 2), ...worst(ignored, 3)].flatMap(evidence),
      ...(stood ? [{ row: stood.answer, role: 'the first answer after the standstill' }] : []),
    ],
    ruledOut: [
      taken > 0 ? `A port without a listener, or a policy: ${countOf(taken, 'connection')} to it opened.` : '',
      side === 'server' ? 'Loss between the nodes: the SYNs arrived where this was captured.' : '',
    ].filter((text) => text !== ''),
    settle: 'ListenOverflows of the server pod: they grow with each ignored handshake.',
    confirm: [listeners(server.port), listenDrops, podOf(server.address)],
    filter: context.filter(
      cases.map(({ id }) => id),
      'tcp.flags.syn == 1',
    ),
  }
}

interface Standstill {
  readonly since: number
  readonly until: number
  /** Row of the packet that ends it. */
  readonly answer: number
}

/**
 * The time from a request that the server's kernel acknowledged to what its program then says for the first time to anybody, if of the
 * SYNs that came meanwhile none was answered. An outage would have held up the acknowledgment or the answer as well.
 */
function standstillOf(context: FindingContext, cases: readonly Ignored[], all: Uint32Array): Standstill | undefined {
  const fewest = THRESHOLDS.ignored.value
  const syns = Float64Array.from(cases.filter(({ completed }) => !completed).map(({ since }) => since)).sort()
  if (syns.length < fewest) return undefined
  const everyone = Array.from(all, (id) => context.segments(id))
  const [first, last] = mostUnanswered(syns, everyone)
  if (last - first + 1 < fewest) return undefined
  let saidBefore = -Infinity
  let taken = Infinity
  let until = Infinity
  let answer = -1
  for (const segments of everyone) {
    for (let i = 0; i < segments.count; i++) {
      if (segments.fromClient(i)) continue
      const time = segments.time(i)
      if (segments.isSynAck(i)) {
        if (time > syns[first]) taken = Math.min(taken, time)
      } else if (segments.length(i) === 0) continue
      else if (time < syns[first]) saidBefore = Math.max(saidBefore, time)
      else if (time < until) {
        until = time
        answer = segments.verdict(i) === VERDICT.none ? segments.row(i) : -1
      }
    }
  }
  // Of the SYNs enough came after the request.
  const latest = syns[last - fewest + 1]
  const since = least(
    everyone.map(acknowledgedRequest).filter((time) => time >= 0 && time > saidBefore && time < latest),
  )
  const long = until - since >= THRESHOLDS.standstill.value * 1e6
  return answer >= 0 && taken > until && long ? { since, until, answer } : undefined
}

/** The longest row of SYNs (first and last, places in `syns`) between which the server neither took a connection nor said anything. */
function mostUnanswered(syns: Float64Array, everyone: readonly Segments[]): readonly [first: number, last: number] {
  const answered = new Uint8Array(syns.length)
  for (const segments of everyone) {
    for (let i = 0; i < segments.count; i++) {
      const time = segments.time(i)
      if (time < syns[0] || time >= syns[syns.length - 1] || segments.fromClient(i)) continue
      if (segments.length(i) > 0 || segments.isSynAck(i))
        answered[firstPlace(0, syns.length, (n) => syns[n] > time)] = 1
    }
  }
  let best: readonly [number, number] = [0, -1]
  for (let from = 0, to = 0; to < syns.length; to++) {
    if (answered[to] === 1) from = to
    if (to - from > best[1] - best[0]) best = [from, to]
  }
  return best
}

/** The time of the connection's first request, if its ACK came by itself; else -1. */
function acknowledgedRequest(segments: Segments): number {
  const request = segments.find((i) => segments.fromClient(i) && segments.length(i) > 0)
  if (request < 0) return -1
  const ack = segments.find((i) => !segments.fromClient(i), request)
  return ack >= 0 && segments.length(ack) === 0 && segments.ack(ack) === segments.end(request)
    ? segments.time(request)
    : -1
}

/** Enough of them, at one time or of both kinds: looked at before all that the server did is. */
function mayJam({ cases }: Group<Ignored>): boolean {
  const completed = cases.filter((each) => each.completed).length
  return cases.length >= THRESHOLDS.connections.value && ((completed > 0 && completed < cases.length) || jams(cases))
}

/** At least two of them waited at the same time. */
function jams(cases: readonly Ignored[]): boolean {
  const ordered = cases.toSorted((a, b) => a.since - b.since)
  return ordered.some((each, n) => n > 0 && each.since < ordered[n - 1].until)
}

function evidence({ handshake, completed }: Ignored): Evidence[] {
  const { segments, syns, synAcks, final } = handshake
  const at = (i: number, role: string) => ({ row: segments.row(i), role })
  if (!completed) {
    return syns.slice(0, 3).map((i, n) => at(i, n === 0 ? 'a SYN that is ignored' : 'its repetition'))
  }
  return [
    at(synAcks[0], 'the SYN-ACK'),
    at(final, 'the ACK that completes the handshake'),
    at(synAcks[synAcks.length - 1], 'the SYN-ACK again'),
  ]
}
