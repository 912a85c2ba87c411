import { podOf, serviceOf } from '../commands.ts'
import type { FindingContext } from '../context.ts'
import { about, byServer, clientsText, type Group, worst } from '../groups.ts'
import { type Request, requestCounts, requestsOf } from '../requests.ts'
import type { Draft, Rule } from '../rule.ts'
import {
  afterText,
  capital,
  countOf,
  least,
  listOf,
  median,
  most,
  nsText,
  partOf,
  sentences,
  whenText,
} from '../words.ts'

const THRESHOLDS = {
  many: { value: 3, unit: 'errors', source: 'ours: fewer are of medium severity' },
  share: { value: 0.5, unit: 'of the requests', source: 'ours: then it does not work, however few they are' },
  /** Waits that differ by less are a time-out. */
  timer: { value: 0.02, unit: 'of the wait', source: 'ours' },
  wait: { value: 1, unit: 's', source: 'ours: no proxy waits less' },
} as const

const PROTOCOLS: ReadonlySet<string> = new Set(['http', 'http2', 'grpc'])

/** What a server says that failed itself; where a client asked wrongly (4xx, NOT_FOUND) or for what is not offered (501) it did not. */
const SAYS: Readonly<Record<string, string>> = {
  '500': 'the program failed while it handled the request',
  '502': 'a proxy got no valid answer from the server behind it: refused, reset or closed',
  '503': 'no server behind it is ready, or it is overloaded',
  '504': 'a proxy waited in vain for the server behind it',
  '2 UNKNOWN': 'the program failed while it handled the call',
  '4 DEADLINE_EXCEEDED': 'the call’s deadline passed',
  '8 RESOURCE_EXHAUSTED': 'it is overloaded, or a quota is used up',
  '13 INTERNAL': 'the program failed while it handled the call',
  '14 UNAVAILABLE': 'the service, or what it needs, could not be reached',
  '15 DATA_LOSS': 'it lost data',
}
const NOT_OURS: ReadonlySet<string> = new Set(['501', '505'])
/** Said by whoever stands before the program. */
const PROXY: ReadonlySet<string> = new Set(['502', '503', '504'])

const isError = (answer: string) => answer in SAYS || (/^5\d\d$/.test(answer) && !NOT_OURS.has(answer))

/** A server answers that it, or what is behind it, failed. */
export const serverErrors: Rule = {
  kind: 'server-errors',
  title: 'Answers that say an error',
  severity: 'high',
  thresholds: THRESHOLDS,
  source: 'https://datatracker.ietf.org/doc/html/rfc9110#section-15.6',
  artefacts: {},
  yieldsTo: [],
  find(context) {
    const errors = requestsOf(context, PROTOCOLS, ({ failed }) => failed).filter(({ answer }) => isError(answer))
    if (errors.length === 0) return []
    const counts = requestCounts(context, PROTOCOLS)
    return byServer(context, errors).map((group) => draft(context, group, counts.get(group.key) ?? 0))
  },
}

function draft(context: FindingContext, group: Group<Request>, all: number): Draft {
  const { cases, server } = group
  const kinds = Array.from(Map.groupBy(cases, ({ answer }) => answer)).toSorted((a, b) => b[1].length - a[1].length)
  const texts =
    kinds.length === 1
      ? kinds[0][0]
      : listOf(
          kinds.map(([answer, { length }]) => `${answer} (${countOf(length, 'time')})`),
          4,
        )
  const waits = cases.map(({ costNs }) => costNs)
  const often = cases.length >= THRESHOLDS.many.value || cases.length > all * THRESHOLDS.share.value
  const whoseProxy = kinds.every(([answer]) => PROXY.has(answer))
  const ids = Array.from(new Set(group.ids))
  return {
    ...about(group),
    title: `${context.shortEnd(server)} answers ${listOf(
      kinds.map(([answer]) => answer),
      2,
    )}`,
    severity: often ? 'high' : 'medium',
    conversations: ids,
    count: cases.length,
    failed: cases.length,
    sentence: sentences(
      `${capital(partOf(cases.length, all, 'request'))} from ${clientsText(context, group)} to ${context.namedEnd(server)} ${cases.length === 1 ? 'was' : 'were'} answered with ${texts} ${whenText(group.since, group.until)}, ${waitText(waits)}.`,
    ),
    why: sentences(
      'The server says so itself.',
      ...kinds.slice(0, 3).map(([answer]) => `${answer}: ${SAYS[answer] ?? 'an error of the server'}.`),
    ),
    confidence: 0.95,
    blamed: whoseProxy
      ? `the program behind ${context.namedEnd(server)}; where that is a proxy, the server behind it`
      : `the program behind ${context.namedEnd(server)}, or what it depends on`,
    evidence: kinds
      .slice(0, 3)
      .flatMap(([answer, requests]) =>
        worst(requests, 3).flatMap(({ requestRow, responseRow }) => [
          { row: requestRow, role: 'the request' },
          ...(responseRow < 0 ? [] : [{ row: responseRow, role: `the answer, ${answer}` }]),
        ]),
      ),
    ruledOut: ['The network between here and the server: the requests arrived and were answered.'],
    settle: `The log of the server at these times${whoseProxy ? ', and a capture where it asks the one behind it' : ''}.`,
    confirm: [serviceOf(server.address), podOf(server.address)],
    filter: context.filter(ids, cases.every(({ protocol }) => protocol === 'http') ? 'http' : undefined),
  }
}

/** After how long; waits that are all alike are somebody's time-out. */
function waitText(waits: readonly number[]): string {
  const longest = most(waits)
  const shortest = least(waits)
  if (
    waits.length > 1 &&
    shortest >= THRESHOLDS.wait.value * 1e9 &&
    longest - shortest <= longest * THRESHOLDS.timer.value
  )
    return `each after ${nsText(median(waits))}, which is a time-out`
  return afterText(waits)
}
