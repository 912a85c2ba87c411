import { VERDICT } from '../../tcp/verdicts.ts'
import { capturePoint, conntrackDrops, interfaceDrops } from '../commands.ts'
import type { FindingContext } from '../context.ts'
import { about, byServer, type Case, clientsText, type Group, worst } from '../groups.ts'
import { captureSide, type Handshake, handshakeOf } from '../handshake.ts'
import { lostOnHops } from '../lost-on-hops.ts'
import type { Draft, Rule } from '../rule.ts'
import { capital, countOf, median, most, msText, nsText, partOf, sentences, sumOf, whenText } from '../words.ts'

const THRESHOLDS = {
  /** A repetition sooner than this is none of the sender's timer. */
  shortestTimer: {
    value: 900,
    unit: 'ms',
    source: 'RFC 6298 section 2: the timer starts with 1 s; 10 % for the capture point',
  },
  /** Gaps of the linear phase may be off by so much. */
  jitter: { value: 0.25, unit: 's', source: 'ours' },
  data: { value: 100, unit: 'data segments', source: 'ours: enough to tell that they are lost more rarely' },
  contrast: { value: 3, unit: 'times as often as data', source: 'ours' },
} as const

/** Data that is compared with SYNs. */
const MOST_DATA = 5000

interface SynLoss extends Case {
  readonly handshake: Handshake
  readonly answered: boolean
  /** SYN-ACKs had passed here before the SYN was repeated: what was lost, was lost on their way on. */
  readonly answersLost: boolean
}

/** SYNs that had to be sent again, and what the connections waited for it. */
export const synLoss: Rule = {
  kind: 'syn-loss',
  title: 'SYNs lost',
  severity: 'medium',
  thresholds: THRESHOLDS,
  source: 'https://datatracker.ietf.org/doc/html/rfc6298#section-5.7',
  artefacts: { 'capture-drops': 'weaker', 'clock-step': 'off', 'one-direction': 'weaker' },
  yieldsTo: ['refused', 'tuple-reuse', 'accept-queue', 'half-open', 'policy-drop', 'outage', 'conntrack-invalid'],
  find(context) {
    const cases: SynLoss[] = []
    for (const id of context.repeating(VERDICT.syn)) {
      const found = caseOf(context, id)
      if (found) cases.push(found)
    }
    const groups = byServer(context, cases)
    return groups.map((group) => ({
      costMs: group.costMs,
      conversations: group.ids,
      tell: () => draft(context, group, context.toServer(group.key)),
    }))
  },
}

function caseOf(context: FindingContext, id: number): SynLoss | undefined {
  const segments = context.segments(id)
  const handshake = handshakeOf(segments)
  if (!handshake || handshake.syns.length < 2 || handshake.otherAnswer >= 0) return undefined
  const { syns, synAcks } = handshake
  const repeated = syns.slice(1).filter((i) => segments.verdict(i) === VERDICT.syn)
  const since = segments.time(syns[0])
  if (repeated.length === 0 || segments.time(syns[1]) - since < THRESHOLDS.shortestTimer.value * 1e6) return undefined
  const last = syns[syns.length - 1]
  // The SYN-ACK may have gone another way: who acknowledges has got it.
  const answered = synAcks.length > 0 || segments.find((i) => segments.hasAck(i) && !segments.isReset(i), last) >= 0
  // The SYN that was answered was not waited for in vain. Where none was any more, an answer from before arrived after all.
  const wasLate = handshake.final >= 0 && synAcks[synAcks.length - 1] < last
  const until = segments.time(wasLate ? handshake.final : last)
  return {
    id,
    since,
    until,
    costNs: until - since,
    handshake,
    answered,
    answersLost: synAcks.length > 0 && synAcks[0] < syns[1],
  }
}

function draft(context: FindingContext, group: Group<SynLoss>, all: Uint32Array): Draft {
  const { cases, server } = group
  const lost = cases.reduce((sum, { handshake }) => sum + handshake.syns.length - 1, 0)
  const unanswered = cases.filter(({ answered }) => !answered).length
  const answersLost = cases.filter((each) => each.answersLost).length
  const inVain = sumOf(
    cases.map(({ handshake: { syns, synAcks } }) => synAcks.filter((i) => i < syns[syns.length - 1]).length),
  )
  const waits = cases.map(({ costNs }) => costNs)
  const side = captureSide(context, all)
  const died = lostOnHops(
    context,
    cases.map(({ id }) => id),
  )
  const data = dataOf(context, all)
  const isOpening = opensOnly(data, lost, all.length + lost)
  return {
    ...about(group),
    severity: group.costMs >= 3000 || unanswered > 0 ? 'high' : 'medium',
    count: cases.length,
    sentence: sentences(
      `${capital(partOf(cases.length, all.length, 'connection'))} from ${clientsText(context, group)} to ${context.namedEnd(server)} had to send ${cases.length === 1 ? 'its' : 'their'} SYN again (${countOf(lost, 'repetition')}) ${whenText(group.since, group.until)}:`,
      waits.length === 1
        ? `it took ${nsText(waits[0])} longer to open.`
        : `each took ${nsText(median(waits))} longer to open (most ${nsText(most(waits))}), ${msText(group.costMs)} in all.`,
      inVain > 0
        ? `${countOf(inVain, 'SYN-ACK')} had passed here before the last SYN${cases.length === 1 ? '' : 's'}, in vain.`
        : '',
      unanswered > 0 ? `${countOf(unanswered, 'connection')} never got an answer here.` : '',
    ),
    why: sentences(
      `The SYNs have the same sequence number and came after a timer's wait: ${timerText(cases)}.`,
      all.length > cases.length
        ? 'Other connections to the same port opened at once, so it listens and is allowed.'
        : unanswered < cases.length
          ? 'A SYN was answered, so the port listens and is allowed.'
          : '',
      isOpening
        ? `Of ${countOf(data.sent, 'data segment')} of these connections ${data.again === 0 ? 'none' : data.again} had to be sent again.`
        : '',
    ),
    confidence: all.length > cases.length ? 0.95 : 0.75,
    blamed: `${died === undefined ? blamed(answersLost, cases.length, side) : `the network ${died}`}${isOpening ? '. Data is not lost like that, so it is rather what only a new connection needs: an entry in connection tracking (insert_failed, or a full table), a port for SNAT, a place in the listen queue' : ''}`,
    evidence: worst(cases, 4).flatMap(({ handshake }) => evidence(handshake)),
    ruledOut: [
      all.length > cases.length
        ? `A policy that drops: ${countOf(all.length - cases.length, 'connection')} to the same port opened.`
        : '',
      'The same packet captured twice: copies are left out.',
      'A refusal: nobody sent a reset or an ICMP error.',
    ].filter((text) => text !== ''),
    settle:
      died !== undefined
        ? 'Captures at points between these: they narrow down where.'
        : answersLost === cases.length
          ? 'A capture in the client pod: whether the SYN-ACKs arrive there.'
          : side === 'server'
            ? 'nstat in the server pod: ListenDrops grow if the server dropped them itself.'
            : 'A capture in the server pod: a SYN that arrives there was lost on its way back, or dropped by the server.',
    confirm: [capturePoint(server.address, server.port), conntrackDrops, interfaceDrops],
    filter: context.filter(group.ids, 'tcp.flags.syn == 1'),
  }
}

interface DataLoss {
  readonly sent: number
  readonly again: number
}

/** Of the first of these connections. */
function dataOf(context: FindingContext, ids: Iterable<number>): DataLoss {
  const { verdicts } = context.tables
  let [sent, again] = [0, 0]
  for (const id of ids) {
    sent += context.segments(id).countData()
    for (const entry of context.survey.repetitionsOf(id)) {
      const verdict = verdicts.verdict(entry)
      if (verdict !== VERDICT.syn && verdict !== VERDICT.synack && verdicts.isSpurious(entry) !== true) again++
    }
    if (sent >= MOST_DATA) break
  }
  return { sent, again }
}

/** SYNs, of which so many were lost, are lost far more often than data. Of a SYN and its answer either may be. */
function opensOnly({ sent, again }: DataLoss, lost: number, syns: number): boolean {
  const expected = (2 * syns * (again + 1)) / sent
  return sent >= THRESHOLDS.data.value && lost > THRESHOLDS.contrast.value * Math.max(1, expected)
}

/** The gaps between the SYNs tell the kernel: 1, 1, 1, 1, 2 s since Linux 6.5 (tcp_syn_linear_timeouts), 1, 2, 4 s before. */
function timerText(cases: readonly SynLoss[]): string {
  let linear = 0
  let doubling = 0
  for (const { handshake } of cases) {
    const { segments, syns } = handshake
    for (let n = 2; n < syns.length; n++) {
      const before = (segments.time(syns[n - 1]) - segments.time(syns[n - 2])) / 1e9
      const gap = (segments.time(syns[n]) - segments.time(syns[n - 1])) / 1e9
      if (Math.abs(gap - before) < THRESHOLDS.jitter.value) linear++
      else if (Math.abs(gap - 2 * before) < 2 * THRESHOLDS.jitter.value) doubling++
    }
  }
  const gaps = cases.map(({ handshake: { segments, syns } }) => segments.time(syns[1]) - segments.time(syns[0]))
  const first = `the first after ${nsText(median(gaps))}`
  if (linear > doubling) return `${first}, further ones at the same interval (Linux 6.5 and later)`
  if (doubling > 0) return `${first}, further ones at doubling intervals`
  return first
}

function blamed(answersLost: number, count: number, side: ReturnType<typeof captureSide>): string {
  if (answersLost === count) return 'the way from this capture point to the client: the SYN-ACKs passed here'
  if (side === 'client') return 'the network beyond the client, there or back: the SYNs left and no answer came'
  if (side === 'server') return 'the server or its node: the SYNs arrived here and were not answered'
  return 'between this capture point and the server, there or back'
}

function evidence({ segments, syns, synAcks }: Handshake) {
  return [
    { row: segments.row(syns[0]), role: 'the SYN' },
    ...syns.slice(1, 4).map((i) => ({ row: segments.row(i), role: 'its repetition' })),
    ...synAcks.slice(0, 3).map((i, n) => ({ row: segments.row(i), role: n === 0 ? 'the answer' : 'the answer again' })),
  ].sort((a, b) => a.row - b.row)
}
