import { inPod } from '../commands.ts'
import { dnsClient, type DnsExchange, dnsExchanges, dnsFilter, dnsServer } from '../dns-exchanges.ts'
import type { FindingContext } from '../context.ts'
import { costMsOf } from '../groups.ts'
import type { Draft, Rule } from '../rule.ts'
import { countOf, least, listOf, most, msText, sentences, whenText } from '../words.ts'

const THRESHOLDS = {
  suffixes: { value: 2, unit: 'suffixes tried in vain', source: 'ours: one may be a typing error' },
  together: { value: 10, unit: 's', source: 'ours: two of the resolver’s time-outs' },
  dots: { value: 5, unit: 'dots', source: 'Kubernetes sets ndots:5: names with fewer are searched for first' },
} as const

interface Lookup {
  readonly found: DnsExchange
  /** Questions with a suffix that do not exist, of both types. */
  readonly vain: readonly DnsExchange[]
  readonly costNs: number
}

/** A name with few dots is first asked with every suffix of the search list; each costs a round trip. */
export const dnsNdots: Rule = {
  kind: 'dns-ndots',
  title: 'Names are searched for in vain first (ndots)',
  severity: 'low',
  thresholds: THRESHOLDS,
  source: 'https://man7.org/linux/man-pages/man5/resolv.conf.5.html',
  artefacts: { 'clock-step': 'off' },
  yieldsTo: [],
  find(context) {
    const byClient = Map.groupBy(dnsExchanges(context), ({ conversation }) => dnsClient(context, conversation).address)
    return Array.from(byClient, ([client, exchanges]) => {
      const cases = lookups(exchanges)
      return cases.length === 0 ? undefined : draft(context, client, exchanges, cases)
    }).filter((found) => found !== undefined)
  },
}

function lookups(exchanges: readonly DnsExchange[]): Lookup[] {
  const vain = exchanges.filter(({ answer }) => answer === 'NXDOMAIN')
  // Each in vain counts for one name: the longest that it begins with.
  const used = new Set<DnsExchange>()
  const found: Lookup[] = []
  let from = 0
  for (const each of exchanges) {
    if (each.answer !== 'NOERROR' || each.name.split('.').length > THRESHOLDS.dots.value) continue
    const earliest = each.asked - THRESHOLDS.together.value * 1e9
    while (from < vain.length && vain[from].asked < earliest) from++
    const mine: DnsExchange[] = []
    for (let n = from; n < vain.length && vain[n].asked < each.asked; n++) {
      if (!used.has(vain[n]) && vain[n].name.startsWith(`${each.name}.`)) mine.push(vain[n])
    }
    if (new Set(mine.map(({ name }) => name)).size < THRESHOLDS.suffixes.value) continue
    for (const one of mine) used.add(one)
    found.push({ found: each, vain: mine, costNs: each.asked - mine[0].asked })
  }
  return found
}

function draft(context: FindingContext, address: string, all: readonly DnsExchange[], cases: readonly Lookup[]): Draft {
  const id = cases[0].found.conversation
  const server = dnsServer(context, id)
  const since = least(cases.map(({ vain }) => vain[0].asked))
  const until = most(cases.map(({ found }) => found.asked))
  const costMs = costMsOf(cases)
  const questions = cases.reduce((sum, { vain }) => sum + vain.length, 0)
  const names = Array.from(new Set(cases.map(({ found }) => JSON.stringify(found.name))))
  const ids = cases.flatMap(({ found, vain }) => [...vain.map(({ conversation }) => conversation), found.conversation])
  return {
    subject: address,
    server,
    client: { address },
    severity: costMs >= 1000 ? 'medium' : 'low',
    conversations: Array.from(new Set(ids)),
    since,
    until,
    costMs,
    count: cases.length,
    sentence: sentences(
      `${context.named(address)} asked ${countOf(questions, 'question')} in vain before ${countOf(cases.length, 'lookup')} ${cases.length === 1 ? 'was' : 'were'} successful ${whenText(since, until)}, of ${countOf(all.length, 'question')} in all: ${listOf(names)} ${names.length === 1 ? 'was' : 'were'} first asked with each suffix of the search list.`,
      `That took ${msText(costMs)}.`,
    ),
    why: 'The names that do not exist are those that do with a suffix behind them, asked one after the other.',
    confidence: 0.95,
    blamed: 'the resolver’s settings of the pod: options ndots and search in /etc/resolv.conf',
    evidence: cases
      .slice(0, 3)
      .flatMap(({ vain, found }) => [
        ...vain.slice(0, 6).map(({ requestRow }) => ({ row: requestRow, role: 'a question with a suffix, in vain' })),
        { row: found.requestRow, role: 'the name as it is' },
      ]),
    ruledOut: ['A missing name: it exists without the suffix.'],
    settle: 'The same lookup with a dot at the end of the name: it asks once.',
    confirm: [inPod('cat /etc/resolv.conf', 'in the pod: ndots and the search list (dnsConfig of the pod sets them)')],
    filter: dnsFilter(context, ids),
  }
}
