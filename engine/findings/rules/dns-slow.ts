import { podOf, serviceOf } from '../commands.ts'
import { dnsClients, type DnsExchange, dnsFilter, dnsServer, exchangesByServer } from '../dns-exchanges.ts'
import type { FindingContext } from '../context.ts'
import type { Draft, Rule } from '../rule.ts'
import { countOf, least, listOf, median, most, msText, nsText, numberText, sentences, whenText } from '../words.ts'

const THRESHOLDS = {
  slow: {
    value: 500,
    unit: 'ms',
    source: 'ours: a cached answer takes less than one, an upstream on another continent 300',
  },
  lookups: { value: 3, unit: 'lookups', source: 'ours' },
} as const

/** A DNS server answers, but late. */
export const dnsSlow: Rule = {
  kind: 'dns-slow',
  title: 'DNS answers come late',
  severity: 'medium',
  thresholds: THRESHOLDS,
  source: 'https://kubernetes.io/docs/tasks/administer-cluster/dns-debugging-resolution/',
  artefacts: { 'clock-step': 'off' },
  yieldsTo: ['dns-race', 'dns-black-hole', 'dns-unanswered', 'dns-failed'],
  find(context) {
    return Array.from(exchangesByServer(context), ([address, all]) => {
      // Of what was asked twice, the first may have been lost: the answer to the last counts.
      const late = all.filter(
        ({ answered, askedLast, conversation }) =>
          answered - askedLast > THRESHOLDS.slow.value * 1e6 && context.isOpen(conversation),
      )
      return late.length < THRESHOLDS.lookups.value ? undefined : draft(context, address, all, late)
    }).filter((found) => found !== undefined)
  },
}

function draft(
  context: FindingContext,
  address: string,
  all: readonly DnsExchange[],
  late: readonly DnsExchange[],
): Draft {
  const server = dnsServer(context, late[0].conversation)
  const clients = dnsClients(context, late)
  const since = least(late.map(({ asked }) => asked))
  const until = most(late.map(({ answered }) => answered))
  const costMs = late.reduce((sum, { askedLast, answered }) => sum + answered - askedLast, 0) / 1e6
  const usual = median(
    all.filter(({ answered }) => !Number.isNaN(answered)).map((each) => each.answered - each.askedLast),
  )
  const ids = late.map(({ conversation }) => conversation)
  return {
    subject: address,
    server,
    ...(clients.length === 1 && { client: { address: clients[0] } }),
    conversations: ids,
    since,
    until,
    costMs,
    count: late.length,
    sentence: sentences(
      `${numberText(late.length)} of ${countOf(all.length, 'lookup')} by ${listOf(clients.map((each) => context.named(each)))} at ${context.namedEnd(server)} took longer than ${THRESHOLDS.slow.value} ms ${whenText(since, until)} (half of all at most ${nsText(usual)}): ${msText(costMs)} in all.`,
    ),
    why: 'The time from the last question to its answer, so no repetition is in it.',
    confidence: 0.8,
    blamed: `${context.named(address)} or the servers it asks`,
    evidence: late
      .toSorted((a, b) => b.answered - b.askedLast - (a.answered - a.askedLast))
      .slice(0, 6)
      .flatMap(({ lastRequestRow, responseRow, askedLast, answered }, i) => [
        {
          row: lastRequestRow,
          role: i === 0 ? `the slowest, ${nsText(answered - askedLast)}: the question` : 'the question',
        },
        { row: responseRow, role: 'its late answer' },
      ]),
    ruledOut: ['A lost packet: the answer came to this very question.'],
    settle: 'CoreDNS’s own metrics of its upstream (coredns_forward_request_duration_seconds) at that time.',
    confirm: [serviceOf(address), podOf(address)],
    filter: dnsFilter(context, ids),
  }
}
