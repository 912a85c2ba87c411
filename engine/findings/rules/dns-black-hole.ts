import { CHUNK_ROWS, FLAG } from '../../columns/packet-table.ts'
import { conntrackOf, inPod, serviceOf } from '../commands.ts'
import { dnsClient, type DnsExchange, dnsExchanges, dnsFilter, dnsServer } from '../dns-exchanges.ts'
import type { FindingContext } from '../context.ts'
import { waitsFor } from '../dns-waits.ts'
import { lookupsLostOnHops } from '../lost-on-hops.ts'
import type { Draft, Rule } from '../rule.ts'
import { countOf, least, most, msText, sentences, whenText } from '../words.ts'

const THRESHOLDS = {
  questions: { value: 3, unit: 'questions from one port', source: 'ours' },
  lasting: { value: 10, unit: 's', source: 'ours: longer than a resolver waits before it takes another port' },
} as const

interface Hole {
  readonly id: number
  readonly rows: readonly number[]
}

/** Questions from one source port vanish while those from others are answered: a stale entry of connection tracking leads them nowhere. */
export const dnsBlackHole: Rule = {
  kind: 'dns-black-hole',
  title: 'A source port whose DNS questions vanish',
  severity: 'high',
  thresholds: THRESHOLDS,
  source: 'https://github.com/kubernetes/kubernetes/issues/125467',
  artefacts: { 'capture-drops': 'weaker', 'clock-step': 'off' },
  yieldsTo: [],
  find(context) {
    const exchanges = dnsExchanges(context)
    const answered = new Map<string, DnsExchange>()
    for (const each of exchanges)
      if (!Number.isNaN(each.answered)) answered.set(pairOf(context, each.conversation), each)
    const holes: Hole[] = []
    for (const id of new Set(exchanges.map(({ conversation }) => conversation))) {
      const found = holeOf(context, id)
      if (found && answered.has(pairOf(context, id))) holes.push(found)
    }
    const groups = Map.groupBy(holes, ({ id }) => pairOf(context, id))
    return Array.from(groups, ([pair, cases]) => draft(context, pair, cases))
  },
}

const pairOf = (context: FindingContext, id: number) =>
  `${dnsClient(context, id).address} ${dnsServer(context, id).address}`

function holeOf(context: FindingContext, id: number): Hole | undefined {
  const rows = Array.from(context.survey.rowsOf(id))
  if (rows.length < THRESHOLDS.questions.value) return undefined
  const { packets } = context.tables
  const direction = (row: number) => packets.chunk(row).flags[row % CHUNK_ROWS] & FLAG.reverse
  if (rows.some((row) => direction(row) !== direction(rows[0]))) return undefined
  const lasted = context.time(rows[rows.length - 1]) - context.time(rows[0])
  return lasted >= THRESHOLDS.lasting.value * 1e9 ? { id, rows } : undefined
}

function draft(context: FindingContext, pair: string, holes: readonly Hole[]): Draft {
  const [{ id }] = holes
  const client = dnsClient(context, id)
  const server = dnsServer(context, id)
  const questions = holes.reduce((sum, { rows }) => sum + rows.length, 0)
  const since = least(holes.map(({ rows }) => context.time(rows[0])))
  const until = most(holes.map(({ rows }) => context.time(rows[rows.length - 1])))
  const costMs =
    holes.reduce((sum, { rows }) => sum + context.time(rows[rows.length - 1]) - context.time(rows[0]), 0) / 1e6
  const ids = holes.map((hole) => hole.id)
  const inHoles = new Set(ids)
  const lost = dnsExchanges(context).filter(({ conversation }) => inHoles.has(conversation))
  const { failed } = waitsFor(context, lost)
  const died = lookupsLostOnHops(context, ids)
  return {
    subject: pair,
    server,
    client: holes.length === 1 ? client : { address: client.address },
    conversations: ids,
    since,
    until,
    costMs,
    count: questions,
    ...(failed > 0 && { failed }),
    sentence: sentences(
      `None of ${countOf(questions, 'DNS question')} that ${context.named(client.address)} sent from ${holes.length === 1 ? `port ${client.port}` : countOf(holes.length, 'port')} to ${context.namedEnd(server)} was answered ${whenText(since, until)} (${msText(costMs)}), while those from its other ports were.`,
    ),
    why: 'Only the source port differs between what is answered and what is not.',
    confidence: 0.85,
    blamed: `most likely a stale entry of connection tracking on the client’s node, which sends them to a DNS pod that is gone; each question keeps it alive${died === undefined ? '' : `. They vanish ${died}`}`,
    evidence: holes
      .slice(0, 3)
      .flatMap(({ rows }) => rows.slice(0, 6).map((row) => ({ row, role: 'a question without an answer' }))),
    ruledOut: ['A DNS server that is down, and loss: other questions of the same client to it are answered.'],
    settle: 'The entry of this port in conntrack: the address it leads to is no endpoint of the DNS service.',
    confirm: [
      conntrackOf(server.address),
      serviceOf(server.address),
      inPod('kubectl get endpointslices -n kube-system -l k8s-app=kube-dns -o wide', 'the DNS pods there are now'),
    ],
    filter: dnsFilter(context, ids),
  }
}
