import { EXCHANGE } from '../application/exchange-table.ts'
import { TRANSPORT } from '../decode/packet.ts'
import { ExchangeTiming } from '../query/exchange-timing.ts'
import type { FindingContext } from './context.ts'
import type { Case } from './groups.ts'

/** A request over TCP with what answered it, as a case of its conversation. */
export interface Request extends Case {
  readonly protocol: string
  readonly ask: string
  readonly answer: string
  readonly requestRow: number
  readonly requestEndRow: number
  /** -1 = none. */
  readonly responseRow: number
}

/** What is looked at before an object is made of it: there may be a million. */
export interface RawRequest {
  readonly protocol: string
  readonly failed: boolean
  readonly answered: boolean
  /** Nanoseconds from the end of the request to the begin of the response; NaN without. */
  readonly waited: number
}

/**
 * Requests in `protocols` for which `is` is true, of the conversations that the rule may look at, in the order of their beginnings. What a
 * request costs is its whole time, of one without an answer how long was waited for it.
 */
export function requestsOf(
  context: FindingContext,
  protocols: ReadonlySet<string>,
  is: (request: RawRequest) => boolean,
): readonly Request[] {
  const { exchanges, packets, conversations, tcp, roundTrips } = context.tables
  const wanted = exchanges.protocolNames.map((name) => protocols.has(name))
  if (!wanted.includes(true)) return []
  const timing = new ExchangeTiming({ packets, conversations, tcp, roundTrips, exchanges, lastTime: context.lastTime })
  const found: Request[] = []
  const raw = { protocol: '', failed: false, answered: false, waited: NaN }
  for (let id = 0; id < exchanges.count; id++) {
    if (!wanted[exchanges.protocol[id]]) continue
    const flags = exchanges.flags[id]
    if ((flags & (EXCHANGE.oneWay | EXCHANGE.unknown | EXCHANGE.approximate)) !== 0) continue
    const responseRow = exchanges.responseRow[id] - 1
    raw.protocol = exchanges.protocolNames[exchanges.protocol[id]]
    raw.failed = (flags & EXCHANGE.failed) !== 0
    raw.answered = responseRow >= 0
    raw.waited = raw.answered ? packets.time(responseRow) - packets.time(exchanges.requestEndRow[id]) : NaN
    if (!is(raw)) continue
    const conversation = exchanges.conversation[id]
    if (conversations.transport[conversation] !== TRANSPORT.tcp || !context.isOpen(conversation)) continue
    timing.measure(id)
    found.push({
      id: conversation,
      since: timing.begin,
      until: timing.begin + timing.total,
      costNs: timing.total,
      protocol: raw.protocol,
      ask: exchanges.ask(id),
      answer: exchanges.answer(id),
      requestRow: exchanges.requestRow[id],
      requestEndRow: exchanges.requestEndRow[id],
      responseRow,
    })
  }
  return found
}

/** How many requests in `protocols` each server was sent, by FindingContext.serverKey. */
export function requestCounts(context: FindingContext, protocols: ReadonlySet<string>): ReadonlyMap<number, number> {
  const { exchanges, conversations } = context.tables
  const wanted = exchanges.protocolNames.map((name) => protocols.has(name))
  const requests = new Uint32Array(conversations.count)
  for (let id = 0; id < exchanges.count; id++) {
    if (wanted[exchanges.protocol[id]]) requests[exchanges.conversation[id]]++
  }
  const counts = new Map<number, number>()
  for (const id of context.survey.tcp) {
    if (requests[id] === 0) continue
    const key = context.serverKey(id)
    counts.set(key, (counts.get(key) ?? 0) + requests[id])
  }
  return counts
}
