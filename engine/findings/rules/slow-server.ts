import { atOrAfter } from '../../tcp/sequence.ts'
import { inPod, podOf } from '../commands.ts'
import type { FindingContext } from '../context.ts'
import { about, byServer, clientsText, type Group, worst } from '../groups.ts'
import { type Request, requestCounts, requestsOf } from '../requests.ts'
import type { Draft, Rule } from '../rule.ts'
import { capital, countOf, listOf, median, most, msText, nsText, partOf, sentences, whenText } from '../words.ts'

const THRESHOLDS = {
  slow: {
    value: 1,
    unit: 's in the server',
    source: 'ours: who waits for a page or a call notices; disks and queries take less',
  },
  requests: { value: 3, unit: 'requests', source: 'ours: one may have met a start or a pause' },
  /** A server that always answers one question after the same long time holds it back on purpose. */
  held: { value: 0.05, unit: 'of the wait', source: 'ours: long polls end by a timer' },
  holds: { value: 5, unit: 's', source: 'ours: no long poll is shorter' },
} as const

const PROTOCOLS: ReadonlySet<string> = new Set(['http', 'http2', 'redis', 'postgresql', 'mysql'])

/** Questions that are meant to wait: Redis’s blocking commands, statements that sleep or copy, watches. */
const WAITS =
  /^(B[LRZ]|BRPOPLPUSH|XREAD|WAIT|SUBSCRIBE|PSUBSCRIBE|SSUBSCRIBE|MONITOR|PSYNC|SYNC|CLIENT PAUSE|DEBUG|LISTEN|COPY|START_REPLICATION|COM_BINLOG|CONNECT )|\bSLEEP\b|watch|poll|stream|events|subscribe/i

/** A server takes long, and neither loss nor a closed window is the reason. */
export const slowServer: Rule = {
  kind: 'slow-server',
  title: 'Answers come late from the server',
  severity: 'medium',
  thresholds: THRESHOLDS,
  source: 'https://www.wireshark.org/docs/wsug_html_chunked/ChStatSRT.html',
  artefacts: { 'clock-step': 'off', 'capture-drops': 'weaker', 'one-direction': 'off' },
  yieldsTo: ['half-open', 'mtu-black-hole', 'fragmentation-needed-ignored', 'zero-window', 'rto-tail', 'nagle'],
  find(context) {
    const slow = THRESHOLDS.slow.value * 1e9
    const late = requestsOf(context, PROTOCOLS, ({ answered, waited }) => !answered || waited >= slow).filter(
      (request) => !WAITS.test(request.ask) && serverNs(context, request) >= slow && isAcknowledged(context, request),
    )
    if (late.length < THRESHOLDS.requests.value) return []
    const counts = requestCounts(context, PROTOCOLS)
    return byServer(context, withoutHeld(late))
      .filter(({ cases }) => cases.length >= THRESHOLDS.requests.value)
      .map((group) => draft(context, group, counts.get(group.key) ?? 0))
  },
}

/** From the end of the request to the first byte of the answer, or to when nobody waited any more, less what stood still meanwhile. */
function serverNs(context: FindingContext, { id, until, requestEndRow, responseRow }: Request): number {
  const asked = context.time(requestEndRow)
  const answered = responseRow < 0 ? until : context.time(responseRow)
  return answered - asked - context.tables.tcp.lostWithin(id, asked, answered)
}

/** Whether the host of the server had all of the request: what is answered it had. */
function isAcknowledged(context: FindingContext, { id, requestEndRow, responseRow }: Request): boolean {
  if (responseRow >= 0) return true
  const segments = context.segments(id)
  const asked = segments.find((i) => segments.row(i) === requestEndRow)
  if (asked < 0) return false
  const end = segments.end(asked)
  return (
    segments.find(
      (i) => segments.fromClient(i) !== segments.fromClient(asked) && atOrAfter(segments.ack(i), end),
      asked,
    ) >= 0
  )
}

/** Without those that all end after the same long time, which is a timer of the server's and no work. */
function withoutHeld(requests: readonly Request[]): readonly Request[] {
  const byAsk = Map.groupBy(requests, ({ ask }) => ask)
  return requests.filter(({ ask }) => {
    const waits = (byAsk.get(ask) ?? []).map(({ costNs }) => costNs)
    const middle = median(waits)
    const alike = waits.filter((wait) => Math.abs(wait - middle) <= middle * THRESHOLDS.held.value).length
    return middle < THRESHOLDS.holds.value * 1e9 || waits.length < THRESHOLDS.requests.value || alike * 2 < waits.length
  })
}

function draft(context: FindingContext, group: Group<Request>, all: number): Draft {
  const { cases, server } = group
  const waits = cases.map((each) => serverNs(context, each))
  const asks = Array.from(Map.groupBy(cases, ({ ask }) => ask)).toSorted((a, b) => b[1].length - a[1].length)
  const total = waits.reduce((sum, wait) => sum + wait, 0)
  const ids = Array.from(new Set(group.ids))
  const longest = worst(cases, 1)[0]
  const way = context.tables.roundTrips.shortest(longest.id, context.clientIsB(longest.id) ? 0 : 1)
  const unanswered = cases.filter(({ responseRow }) => responseRow < 0).length
  return {
    ...about(group),
    severity: total >= 10e9 ? 'high' : 'medium',
    title: `${context.shortEnd(server)} answers late`,
    conversations: ids,
    costMs: total / 1e6,
    count: cases.length,
    ...(unanswered > 0 && { failed: unanswered }),
    sentence: sentences(
      `${capital(partOf(cases.length, all, 'request'))} from ${clientsText(context, group)} to ${context.namedEnd(server)} waited longer than ${THRESHOLDS.slow.value} s for the server ${whenText(group.since, group.until)}: ${waits.length === 1 ? nsText(waits[0]) : `${nsText(median(waits))} at the median and ${nsText(most(waits))} at most, ${msText(total / 1e6)} in all`}.`,
      unanswered > 0
        ? `${countOf(unanswered, 'request')} got no answer at all, though ${unanswered === 1 ? 'it' : 'they'} arrived.`
        : '',
      `What was asked: ${listOf(
        asks.map(([ask, { length }]) => `“${ask}” (${countOf(length, 'time')})`),
        3,
      )}.`,
    ),
    why: sentences(
      'Counted is the time from the last byte of the request to the first of the answer, without what stood still for lost packets.',
      way === undefined ? '' : `The way to the server and back takes ${nsText(way)}.`,
    ),
    confidence: 0.8,
    blamed: `the program behind ${context.namedEnd(server)}, or what it waits for itself; not the network up to it`,
    evidence: worst(cases, 6).flatMap((request) => [
      {
        row: request.requestEndRow,
        role:
          request === longest ? `the longest wait, ${nsText(serverNs(context, request))}: the request` : 'the request',
      },
      ...(request.responseRow < 0 ? [] : [{ row: request.responseRow, role: 'its late answer' }]),
    ]),
    ruledOut: [
      'Loss: what stood still for packets that were sent again is not counted.',
      'A slow transfer: the first byte of the answer came late, not the last.',
    ],
    settle:
      'The server’s own log or trace of these requests; CPU throttling of its container (cpu.stat, nr_throttled).',
    confirm: [
      podOf(server.address),
      inPod('cat /sys/fs/cgroup/cpu.stat', 'in the server pod, twice: whether nr_throttled grows'),
    ],
    filter: context.filter(
      ids,
      cases.every(({ protocol }) => protocol === 'http') ? `http.time >= ${THRESHOLDS.slow.value}` : undefined,
    ),
  }
}
