import { podOf, serviceOf } from '../commands.ts'
import { dnsClients, type DnsExchange, dnsFilter, dnsServer, exchangesByServer } from '../dns-exchanges.ts'
import type { FindingContext } from '../context.ts'
import type { Draft, Rule } from '../rule.ts'
import { afterText, capital, least, listOf, most, nsText, partOf, sentences, whenText } from '../words.ts'

const THRESHOLDS = {
  lookups: { value: 3, unit: 'lookups', source: 'ours: fewer are of medium severity where others are answered' },
  asked: { value: 1.5, unit: 's to the answer', source: 'ours: forwarders wait 2 s for their upstream and more' },
} as const

/** By which a server says that it failed or does not want to; that a name does not exist is an answer. */
const SAYS: Readonly<Record<string, string>> = {
  SERVFAIL: 'it could not find out, most often as a server that it asks did not answer or its zone is broken',
  REFUSED: 'it does not want to answer: an access list, or a zone that it does not serve',
}

/** A DNS server answers that it can't, or won't. */
export const dnsFailed: Rule = {
  kind: 'dns-failed',
  title: 'DNS answers that say an error',
  severity: 'high',
  thresholds: THRESHOLDS,
  source: 'https://datatracker.ietf.org/doc/html/rfc1035#section-4.1.1',
  artefacts: {},
  yieldsTo: [],
  find(context) {
    return Array.from(exchangesByServer(context), ([address, all]) => {
      const failed = all.filter(({ answer, conversation }) => answer in SAYS && context.isOpen(conversation))
      return failed.length === 0 ? undefined : draft(context, address, all, failed)
    }).filter((found) => found !== undefined)
  },
}

function draft(
  context: FindingContext,
  address: string,
  all: readonly DnsExchange[],
  failed: readonly DnsExchange[],
): Draft {
  const server = dnsServer(context, failed[0].conversation)
  const clients = dnsClients(context, failed)
  const since = least(failed.map(({ asked }) => asked))
  const until = most(failed.map(({ answered }) => answered))
  const waits = failed.map(({ asked, answered }) => answered - asked)
  const ids = failed.map(({ conversation }) => conversation)
  const codes = Array.from(new Set(failed.map(({ answer }) => answer)))
  const names = Array.from(new Set(failed.map(({ name }) => name)))
  const late = least(waits) >= THRESHOLDS.asked.value * 1e9
  return {
    subject: address,
    title: `${context.shortEnd({ address })} answers ${listOf(codes)}`,
    severity: failed.length >= THRESHOLDS.lookups.value || failed.length === all.length ? 'high' : 'medium',
    server,
    ...(clients.length === 1 && { client: { address: clients[0] } }),
    conversations: ids,
    since,
    until,
    costMs: waits.reduce((sum, wait) => sum + wait, 0) / 1e6,
    count: failed.length,
    failed: failed.length,
    sentence: sentences(
      `${capital(partOf(failed.length, all.length, 'lookup'))} by ${listOf(clients.map((each) => context.named(each)))} at ${context.namedEnd(server)} ${failed.length === 1 ? 'was' : 'were'} answered with ${listOf(codes)} ${whenText(since, until)}, ${afterText(waits)}.`,
      `What was asked: ${listOf(names.map((name) => `"${name}"`))}.`,
    ),
    why: sentences(
      'The server says so itself.',
      ...codes.map((code) => `${code}: ${SAYS[code]}.`),
      late ? `It took ${nsText(least(waits))} at least to say so: it waited for somebody in vain.` : '',
    ),
    confidence: 0.95,
    blamed: late
      ? `the servers that ${context.named(address)} asks itself, or the way to them`
      : `${context.named(address)}: its zones, its access lists, or the servers that it asks`,
    evidence: failed.slice(0, 6).flatMap(({ lastRequestRow, responseRow, answer }) => [
      { row: lastRequestRow, role: 'the question' },
      { row: responseRow, role: `the answer, ${answer}` },
    ]),
    ruledOut: [
      'A name that does not exist: the answer to that is NXDOMAIN.',
      'The network up to the server: the questions arrived and were answered.',
    ],
    settle: 'The log of the DNS server, and its metrics of its upstream (coredns_forward_responses_total).',
    confirm: [serviceOf(address), podOf(address)],
    filter: dnsFilter(context, ids),
  }
}
