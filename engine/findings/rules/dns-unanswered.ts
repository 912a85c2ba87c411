import { podOf, serviceOf } from '../commands.ts'
import { dnsClient, dnsClients, type DnsExchange, dnsFilter, dnsServer, exchangesByServer } from '../dns-exchanges.ts'
import { TRANSPORT } from '../../decode/packet.ts'
import type { IcmpError } from '../headers.ts'
import type { Draft, Rule } from '../rule.ts'
import type { FindingContext } from '../context.ts'
import { questionOf, waitsFor } from '../dns-waits.ts'
import { lookupsLostOnHops, unansweredOnHops } from '../lost-on-hops.ts'
import { countOf, least, listOf, most, msText, numberText, sentences, share, whenText } from '../words.ts'

const THRESHOLDS = {
  lookups: { value: 3, unit: 'lookups', source: 'ours' },
  waited: { value: 2, unit: 's before the capture ends', source: 'ours: what was asked last may be answered yet' },
} as const

/** An error comes that soon after the question. */
const SAID_NS = 5e9

/** A DNS server does not answer, at all or now and then. */
export const dnsUnanswered: Rule = {
  kind: 'dns-unanswered',
  title: 'DNS questions without an answer',
  severity: 'high',
  thresholds: THRESHOLDS,
  source: 'https://kubernetes.io/docs/tasks/administer-cluster/dns-debugging-resolution/',
  artefacts: { 'capture-drops': 'weaker', 'clock-step': 'off' },
  yieldsTo: ['dns-race', 'dns-black-hole'],
  find(context) {
    const end = context.tables.packets.rows === 0 ? 0 : context.time(context.tables.packets.rows - 1)
    const silent = Array.from(exchangesByServer(context), ([address, all]) => {
      // What was asked last may be answered yet.
      const known = all.filter(
        ({ answered, askedLast }) => !Number.isNaN(answered) || end - askedLast > THRESHOLDS.waited.value * 1e9,
      )
      const lost = known.filter(({ answered, conversation }) => Number.isNaN(answered) && context.isOpen(conversation))
      // Every resolver asks again; where none does, answers went a way that was not captured.
      const questions = new Set(lost.map((each) => questionOf(context, each)))
      const isRepeated = questions.size < lost.length || lost.some(({ asked, askedLast }) => askedLast > asked)
      const errors = lost.flatMap((each) => errorOf(context, each) ?? [])
      // Who is told that his question was dropped asks another server at once.
      const isOne = lost.length >= THRESHOLDS.lookups.value && (isRepeated || errors.length > 0)
      return isOne ? { address, all: known, lost, errors } : undefined
    }).filter((found) => found !== undefined)
    if (silent.length === 0) return []
    return silent.map((each) => draft(context, each))
  },
}

/** The ICMP error (unreachable: RFC 792, RFC 4443) by which somebody said that the question was dropped. */
function errorOf(context: FindingContext, { asked, askedLast, conversation }: DnsExchange): IcmpError | undefined {
  const [client, server] = [dnsClient(context, conversation), dnsServer(context, conversation)]
  return context.icmpErrors.find(
    (error) =>
      error.transport === TRANSPORT.udp &&
      error.type === (error.v6 ? 1 : 3) &&
      error.sourcePort === client.port &&
      error.source === client.address &&
      error.destination === server.address &&
      error.time >= asked &&
      error.time <= askedLast + SAID_NS,
  )
}

interface Silent {
  readonly address: string
  readonly all: readonly DnsExchange[]
  readonly lost: readonly DnsExchange[]
  readonly errors: readonly IcmpError[]
}

function draft(context: FindingContext, { address, all, lost, errors }: Silent): Draft {
  const server = dnsServer(context, lost[0].conversation)
  const clients = dnsClients(context, lost)
  const since = least(lost.map(({ asked }) => asked))
  const until = most(lost.map(({ askedLast }) => askedLast))
  const { costMs, failed } = waitsFor(context, lost)
  const ids = lost.map(({ conversation }) => conversation)
  const none = all.every(({ answered }) => Number.isNaN(answered))
  const died = lookupsLostOnHops(context, ids)
  const silent = unansweredOnHops(context, ids)
  return {
    subject: address,
    server,
    ...(clients.length === 1 && { client: { address: clients[0] } }),
    conversations: ids,
    since,
    until,
    costMs,
    count: lost.length,
    ...(failed > 0 && { failed }),
    sentence: sentences(
      `${lost.length === all.length ? 'None' : `${numberText(lost.length)} (${share(lost.length, all.length)})`} of ${countOf(all.length, 'lookup')} by ${listOf(clients.map((each) => context.named(each)))} at ${context.namedEnd(server)} ${lost.length === 1 ? 'was' : 'were'} ${lost.length === all.length ? 'answered' : 'not answered'} ${whenText(since, until)}${costMs > 0 ? `; those who asked again had waited ${msText(costMs)}` : ''}${failed > 0 ? `; ${failed < lost.length ? numberText(failed) : failed === 1 ? 'it' : 'all'} ${failed === 1 ? 'was' : 'were'} given up` : ''}.`,
    ),
    // An answer that died on its way to who asked is in the capture.
    why: `The questions are in the capture, and no answer with their id came back to ${died === undefined ? 'it' : 'who asked'}.`,
    confidence: errors.length > 0 ? 0.95 : none ? 0.8 : 0.7,
    blamed:
      errors.length > 0
        ? `${listOf(Array.from(new Set(errors.map(({ from }) => from)), (from) => context.named(from)))}, which dropped ${errors.length === lost.length ? 'the questions' : `${numberText(errors.length)} of these questions`} and said so with an ICMP error: nobody listens there, the service has no ready endpoint, or a rule rejects`
        : died !== undefined || silent !== undefined
          ? [
              died === undefined ? '' : `the network ${died}`,
              silent === undefined ? '' : `${context.named(address)}, or the way behind ${silent}`,
            ]
              .filter((text) => text !== '')
              .join('; ')
          : none
            ? `cannot tell the server ${context.named(address)} from the way to it`
            : `${context.named(address)}, overloaded or waiting for its upstream, or loss on the way: cannot tell from here`,
    evidence: [
      ...errors.slice(0, 2).map(({ row }) => ({ row, role: 'the ICMP error' })),
      ...lost.slice(0, 12).map(({ requestRow }) => ({ row: requestRow, role: 'a question without an answer' })),
    ],
    ruledOut: [none ? '' : 'A server that is down: it answers others.'].filter((text) => text !== ''),
    settle:
      died !== undefined
        ? 'Captures at points between these: they narrow down where.'
        : 'A capture at the DNS pod: whether the questions arrive and are answered there.',
    confirm: [serviceOf(address), podOf(address)],
    filter: dnsFilter(context, ids),
  }
}
