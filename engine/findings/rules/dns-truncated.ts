import { dnsOverTcp, podOf, policies } from '../commands.ts'
import { dnsClient, dnsClients, type DnsExchange, dnsFilter, dnsServer, exchangesByServer } from '../dns-exchanges.ts'
import { questionsOf, questionOf } from '../dns-waits.ts'
import { DNS_PORT } from '../../application/recognition.ts'
import type { FindingContext } from '../context.ts'
import type { Draft, Rule } from '../rule.ts'
import { capital, least, listOf, most, partOf, sentences, whenText } from '../words.ts'

const THRESHOLDS = {
  again: {
    value: 5,
    unit: 's until it is asked over TCP, or for less',
    source: 'ours: resolvers ask at once; resolv.conf(5) waits as long for a server',
  },
} as const

/** Answers that did not fit a datagram, and that nobody asked for over TCP: who asked knows a part of them at most. */
export const dnsTruncated: Rule = {
  kind: 'dns-truncated',
  title: 'DNS answers cut short, and not asked for over TCP',
  severity: 'medium',
  thresholds: THRESHOLDS,
  source: 'https://datatracker.ietf.org/doc/html/rfc7766#section-5',
  artefacts: { 'capture-drops': 'weaker', 'clock-step': 'off' },
  yieldsTo: [],
  find(context) {
    // Without any TCP its packets may have been left out by a capture filter.
    if (context.survey.tcp.length === 0) return []
    const overTcp = askedOverTcp(context)
    return Array.from(exchangesByServer(context), ([address, all]) => {
      const cut = all.filter((each) => isCutFor(context, each, overTcp))
      return cut.length === 0 ? undefined : draft(context, address, all, cut)
    }).filter((found) => found !== undefined)
  },
}

interface Span {
  readonly from: number
  readonly to: number
}

/** When an address sent to port 53 over TCP, of whichever server. */
function askedOverTcp(context: FindingContext): ReadonlyMap<string, readonly Span[]> {
  const { conversations } = context.tables
  const ids = Array.from(context.survey.tcp).filter((id) => context.server(id).port === DNS_PORT)
  const spans = ids.map((id) => ({
    client: context.client(id).address,
    from: context.time(conversations.firstRow(id)),
    to: context.time(conversations.lastRow(id)),
  }))
  return Map.groupBy(spans, ({ client }) => client)
}

/** It was cut short, and neither asked again, over TCP or not, nor so late that it may be yet. */
function isCutFor(context: FindingContext, each: DnsExchange, overTcp: ReadonlyMap<string, readonly Span[]>): boolean {
  if (!each.answer.endsWith(', truncated') || !context.isOpen(each.conversation)) return false
  const until = each.answered + THRESHOLDS.again.value * 1e9
  if (context.lastTime < until) return false
  const tcp = overTcp.get(dnsClient(context, each.conversation).address) ?? []
  if (tcp.some(({ from, to }) => from <= until && to >= each.answered)) return false
  const same = questionsOf(context).get(questionOf(context, each)) ?? []
  return !same.some(({ asked }) => asked > each.asked && asked <= until)
}

function draft(
  context: FindingContext,
  address: string,
  all: readonly DnsExchange[],
  cut: readonly DnsExchange[],
): Draft {
  const server = dnsServer(context, cut[0].conversation)
  const clients = dnsClients(context, cut)
  const since = least(cut.map(({ asked }) => asked))
  const until = most(cut.map(({ answered }) => answered))
  const ids = cut.map(({ conversation }) => conversation)
  const names = Array.from(new Set(cut.map(({ name }) => name)))
  const them = cut.length === 1 ? 'it' : 'them'
  return {
    subject: address,
    server,
    ...(clients.length === 1 && { client: { address: clients[0] } }),
    conversations: ids,
    since,
    until,
    count: cut.length,
    sentence: sentences(
      `${capital(partOf(cut.length, all.length, 'lookup'))} by ${listOf(clients.map((each) => context.named(each)))} at ${context.namedEnd(server)} got an answer that was cut short, as it did not fit a datagram, ${whenText(since, until)}; nobody asked for ${them} again over TCP.`,
      `Who asked knows a part of the records, or none. What was asked: ${listOf(names.map((name) => `"${name}"`))}.`,
    ),
    why: `The answer${cut.length === 1 ? ' says' : 's say'} that ${cut.length === 1 ? 'it was' : 'they were'} truncated (TC), and no connection of ${clients.length === 1 ? 'this client' : 'these clients'} to port 53 followed within ${THRESHOLDS.again.value} s.`,
    confidence: 0.75,
    blamed: `the resolver of ${listOf(clients.map((each) => context.named(each)))}, which does not ask over TCP (musl before 1.2.4 never does), or a rule between it and this capture point that drops TCP to port 53: cannot tell which from here`,
    evidence: cut.slice(0, 6).flatMap(({ lastRequestRow, responseRow }) => [
      { row: lastRequestRow, role: 'the question' },
      { row: responseRow, role: 'the answer, truncated' },
    ]),
    ruledOut: [
      'A retry over TCP that failed: no SYN to port 53 was captured.',
      'A capture without TCP: it has other connections.',
    ],
    settle: 'A capture in the client pod: whether a SYN to port 53 leaves it.',
    confirm: [dnsOverTcp(address), policies, ...clients.slice(0, 1).map(podOf)],
    filter: dnsFilter(context, ids),
  }
}
