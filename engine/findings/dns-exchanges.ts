import type { FindingEnd } from '../../common/model/finding.ts'
import { TRANSPORT } from '../decode/packet.ts'
import { EXCHANGE } from '../application/exchange-table.ts'
import { DNS_PORT } from '../application/recognition.ts'
import type { FindingContext } from './context.ts'
import { answerDied } from './lost-on-hops.ts'

/** A query and its answer; with its repetitions, which have the same id. */
export interface DnsExchange {
  readonly conversation: number
  readonly type: string
  readonly name: string
  readonly answer: string
  /** When it was asked first and last. */
  readonly asked: number
  readonly askedLast: number
  /** NaN = never, as far as was captured. */
  readonly answered: number
  readonly requestRow: number
  readonly lastRequestRow: number
  /** -1 = none. */
  readonly responseRow: number
}

const cache = new WeakMap<object, readonly DnsExchange[]>()

/** All lookups over UDP, in the order of their beginnings. */
export function dnsExchanges(context: FindingContext): readonly DnsExchange[] {
  const known = cache.get(context.survey)
  if (known) return known
  const { exchanges, packets, conversations } = context.tables
  const dns = exchanges.protocolNames.indexOf('dns')
  const found: DnsExchange[] = []
  for (let id = 0; id < exchanges.count; id++) {
    if (exchanges.protocol[id] !== dns || (exchanges.flags[id] & (EXCHANGE.oneWay | EXCHANGE.unknown)) !== 0) continue
    const conversation = exchanges.conversation[id]
    if (conversations.transport[conversation] !== TRANSPORT.udp) continue
    const ask = exchanges.texts.text(exchanges.asks[id])
    const space = ask.indexOf(' ')
    // A NOTIFY or an UPDATE is no lookup: it asks for no name.
    if (space < 0 || ask.startsWith('opcode ')) continue
    const responseRow = exchanges.responseRow[id] - 1
    found.push({
      conversation,
      type: ask.slice(0, space),
      name: ask.slice(space + 1).toLowerCase(),
      answer: exchanges.texts.text(exchanges.answers[id]),
      asked: packets.time(exchanges.requestRow[id]),
      askedLast: packets.time(exchanges.requestEndRow[id]),
      answered: responseRow < 0 ? NaN : packets.time(responseRow),
      requestRow: exchanges.requestRow[id],
      lastRequestRow: exchanges.requestEndRow[id],
      responseRow,
    })
  }
  const all = wereAskedAgain(found) ? found.map((each) => asItCame(context, each)) : found
  cache.set(context.survey, all)
  return all
}

/** So long a resolver waits at least before it asks again. */
const SHORTEST_WAIT_NS = 0.5e9

/** Some port asked the same again that was answered: as far as it knows, it was not. */
function wereAskedAgain(exchanges: readonly DnsExchange[]): boolean {
  const last = new Map<string, DnsExchange>()
  return exchanges.some((each) => {
    const key = `${each.conversation} ${each.type} ${each.name}`
    const before = last.get(key)
    last.set(key, each)
    return before !== undefined && before.responseRow >= 0 && each.asked - before.asked > SHORTEST_WAIT_NS
  })
}

/** Of an answer that one capture point saw, and that died on its way to the next, who asked knows nothing. */
function asItCame(context: FindingContext, exchange: DnsExchange): DnsExchange {
  if (exchange.responseRow < 0 || !answerDied(context, exchange.responseRow)) return exchange
  return { ...exchange, answer: '', answered: NaN, responseRow: -1 }
}

/** The end that was asked: it has the port of DNS. */
export function dnsServer({ tables: { conversations } }: FindingContext, id: number): Required<FindingEnd> {
  const b = conversations.portA[id] !== DNS_PORT
  return { address: conversations.addressText(id, b), port: b ? conversations.portB[id] : conversations.portA[id] }
}

export function dnsClient({ tables: { conversations } }: FindingContext, id: number): Required<FindingEnd> {
  const b = conversations.portA[id] === DNS_PORT
  return { address: conversations.addressText(id, b), port: b ? conversations.portB[id] : conversations.portA[id] }
}

/** By the address that was asked. */
export const exchangesByServer = (context: FindingContext): Map<string, DnsExchange[]> =>
  Map.groupBy(dnsExchanges(context), ({ conversation }) => dnsServer(context, conversation).address)

/** The addresses that asked. */
export const dnsClients = (context: FindingContext, exchanges: readonly DnsExchange[]): readonly string[] =>
  Array.from(new Set(exchanges.map(({ conversation }) => dnsClient(context, conversation).address)))

const MOST_STREAMS = 60

/** A display filter that shows these conversations. */
export function dnsFilter({ tables: { conversations } }: FindingContext, ids: readonly number[]): string {
  const streams = Array.from(new Set(ids.slice(0, MOST_STREAMS))).map((id) => conversations.stream[id])
  return streams.length === 1 ? `udp.stream == ${streams[0]}` : `udp.stream in {${streams.join(', ')}}`
}
