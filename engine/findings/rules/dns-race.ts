import { conntrackDrops, inPod } from '../commands.ts'
import { dnsClient, type DnsExchange, dnsExchanges, dnsFilter, dnsServer } from '../dns-exchanges.ts'
import type { FindingContext } from '../context.ts'
import { waitsFor } from '../dns-waits.ts'
import { costMsOf } from '../groups.ts'
import { lookupsLostOnHops } from '../lost-on-hops.ts'
import type { Draft, Rule } from '../rule.ts'
import { countOf, least, listOf, most, msText, nsText, sentences, whenText } from '../words.ts'

const THRESHOLDS = {
  together: {
    value: 5,
    unit: 'ms between the two questions',
    source: 'ours: glibc and musl send them with one call after the other',
  },
  retry: {
    value: 5,
    unit: 's until the resolver asks again',
    source: 'resolv.conf(5): timeout; musl: 2.5 s, half of it',
  },
  jitter: { value: 0.15, unit: 's', source: 'ours' },
} as const

interface Stall {
  readonly lost: DnsExchange
  readonly other: DnsExchange
  /** When it was asked again, and by which exchange. */
  readonly again: DnsExchange | undefined
  readonly costNs: number
}

/** A and AAAA leave one socket at once; connection tracking drops one of the two (a race of two inserts), and the resolver waits 5 s. */
export const dnsRace: Rule = {
  kind: 'dns-race',
  title: 'Name lookups that stall for five seconds',
  severity: 'high',
  thresholds: THRESHOLDS,
  source: 'https://github.com/kubernetes/kubernetes/issues/56903',
  artefacts: { 'capture-drops': 'weaker', 'clock-step': 'off' },
  yieldsTo: [],
  find(context) {
    const groups = Map.groupBy(stalls(context), ({ lost }) => {
      return `${dnsClient(context, lost.conversation).address} ${dnsServer(context, lost.conversation).address}`
    })
    return Array.from(groups, ([key, cases]) => draft(context, key, cases))
  },
}

function stalls(context: FindingContext): Stall[] {
  const found: Stall[] = []
  const byConversation = Map.groupBy(dnsExchanges(context), ({ conversation }) => conversation)
  for (const exchanges of byConversation.values()) {
    for (const lost of exchanges) {
      if (lost.type !== 'A' && lost.type !== 'AAAA') continue
      const other = exchanges.find(
        (each) =>
          each.type !== lost.type &&
          (each.type === 'A' || each.type === 'AAAA') &&
          each.name === lost.name &&
          Math.abs(each.asked - lost.asked) < THRESHOLDS.together.value * 1e6,
      )
      // Exactly one of the two is lost.
      if (!other || Number.isNaN(other.answered) || other.answered - other.asked > 1e9) continue
      if (isRetry(lost.askedLast - lost.asked)) {
        found.push({ lost, other, again: undefined, costNs: lost.askedLast - lost.asked })
        continue
      }
      if (!Number.isNaN(lost.answered)) continue
      const again = exchanges.find(
        (each) => each.type === lost.type && each.name === lost.name && isRetry(each.asked - lost.asked),
      )
      if (again) found.push({ lost, other, again, costNs: again.asked - lost.asked })
    }
  }
  return found
}

function isRetry(ns: number): boolean {
  const { retry, jitter } = THRESHOLDS
  return [retry.value, retry.value / 2].some((seconds) => Math.abs(ns / 1e9 - seconds) < jitter.value)
}

function draft(context: FindingContext, key: string, cases: readonly Stall[]): Draft {
  const id = cases[0].lost.conversation
  const client = dnsClient(context, id)
  const server = dnsServer(context, id)
  const since = least(cases.map(({ lost }) => lost.asked))
  const until = most(cases.map(({ lost, again }) => again?.asked ?? lost.askedLast))
  const costMs = costMsOf(cases)
  const ids = cases.map(({ lost }) => lost.conversation)
  const names = Array.from(new Set(cases.map(({ lost }) => JSON.stringify(lost.name))))
  const inVain = cases.map(({ lost, again }) => again ?? lost).filter(({ answered }) => Number.isNaN(answered))
  const { failed } = waitsFor(context, inVain)
  const died = lookupsLostOnHops(context, ids)
  return {
    subject: key,
    server,
    client: { address: client.address },
    conversations: ids,
    since,
    until,
    costMs,
    count: cases.length,
    ...(failed > 0 && { failed }),
    sentence: sentences(
      `${countOf(cases.length, 'lookup')} by ${context.named(client.address)} at ${context.namedEnd(server)} stalled for ${nsText(cases[0].costNs)} ${whenText(since, until)}, ${msText(costMs)} in all: of the questions for A and AAAA, sent at once, one got no answer and was asked again after the resolver’s time-out (${listOf(names)}).`,
    ),
    why: 'The other question left the same socket within milliseconds and was answered at once, so the server was well.',
    confidence: cases.length > 1 ? 0.9 : 0.75,
    blamed:
      died === undefined
        ? 'most likely connection tracking on the client’s node, which drops one of two packets that create the same entry at once; the loss of one packet looks the same from here'
        : `the way ${died}; most likely connection tracking, if the service’s address is translated there: it drops one of two packets that create the same entry at once`,
    evidence: cases.slice(0, 4).flatMap(({ lost, other, again }) =>
      [
        { row: lost.requestRow, role: `the question for ${lost.type} that was lost` },
        { row: other.requestRow, role: `the question for ${other.type}` },
        { row: other.responseRow, role: 'its answer' },
        { row: again?.requestRow ?? lost.lastRequestRow, role: 'asked again' },
      ].sort((a, b) => a.row - b.row),
    ),
    ruledOut: ['A slow or overloaded server: it answered the other question at once.'],
    settle:
      died === undefined
        ? 'insert_failed of conntrack on the node, or a capture on the node: the question is in the pod and not at the node’s interface.'
        : 'insert_failed of conntrack on the node between these points: it grows with each.',
    confirm: [
      conntrackDrops,
      inPod('cat /etc/resolv.conf', 'in the client pod: single-request-reopen, or a local DNS cache, avoids the race'),
    ],
    filter: dnsFilter(context, ids),
  }
}
