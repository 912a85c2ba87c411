import type { ExchangeRow, ExchangeScope, ExchangeSort } from '../answers.ts'
import { EXCHANGE } from '../application/exchange-table.ts'
import { addressOrder, hasPorts } from './conversation-names.ts'
import { exchangesWithin } from './exchange-scope.ts'
import type { ExchangeSources, ExchangeTiming } from './exchange-timing.ts'

/** Lists of requests with what answered them, in any order, with where their time went. */
export class ExchangeLists {
  readonly #sources: ExchangeSources
  readonly #timing: ExchangeTiming

  constructor(sources: ExchangeSources, timing: ExchangeTiming) {
    this.#sources = sources
    this.#timing = timing
  }

  /** Numbers of the exchanges in the scope. Ties keep the order of appearance, what is not known comes last either way. */
  order(sort: ExchangeSort, descending: boolean, scope: ExchangeScope = {}): Uint32Array {
    const ids = exchangesWithin(this.#sources, this.#timing, scope)
    const keys = this.#keys(ids, sort)
    const sign = descending ? -1 : 1
    const places = Uint32Array.from(ids, (_, place) => place)
    places.sort((x, y) => {
      const left = keys[x]
      const right = keys[y]
      if (left === right) return x - y
      if (Number.isNaN(left)) return Number.isNaN(right) ? x - y : 1
      if (Number.isNaN(right)) return -1
      return (left - right) * sign
    })
    return places.map((place) => ids[place])
  }

  rows(ids: ArrayLike<number>): ExchangeRow[] {
    return Array.from(ids, (id) => this.#row(id))
  }

  #row(id: number): ExchangeRow {
    const { conversations, exchanges } = this.#sources
    const timing = this.#timing
    timing.measure(id)
    const conversation = exchanges.conversation[id]
    const clientIsB = timing.clientIsB(id)
    const { portA, portB } = conversations
    const { responseRow, responseEndRow } = exchanges
    return {
      id,
      conversation,
      time: timing.begin,
      client: conversations.addressText(conversation, clientIsB),
      server: conversations.addressText(conversation, !clientIsB),
      ...(hasPorts(conversations, conversation) && {
        clientPort: clientIsB ? portB[conversation] : portA[conversation],
        serverPort: clientIsB ? portA[conversation] : portB[conversation],
      }),
      protocol: exchanges.protocolNames[exchanges.protocol[id]],
      ask: exchanges.ask(id),
      answer: exchanges.answer(id),
      outcome: timing.outcome,
      approximate: (exchanges.flags[id] & EXCHANGE.approximate) !== 0,
      totalNs: timing.total,
      ...(!Number.isNaN(timing.network) && { networkNs: timing.network }),
      ...(!Number.isNaN(timing.server) && { serverNs: timing.server }),
      ...(!Number.isNaN(timing.transfer) && { transferNs: timing.transfer }),
      ...(!Number.isNaN(timing.stall) && { stallNs: timing.stall }),
      ...(!Number.isNaN(timing.clientHalf) && { clientHalfNs: timing.clientHalf }),
      ...(!Number.isNaN(timing.serverHalf) && { serverHalfNs: timing.serverHalf }),
      requestRow: exchanges.requestRow[id],
      requestEndRow: exchanges.requestEndRow[id],
      ...(responseRow[id] > 0 && { responseRow: responseRow[id] - 1, responseEndRow: responseEndRow[id] - 1 }),
    }
  }

  /** By place in `ids`; NaN where it is not known. */
  #keys(ids: Uint32Array, sort: ExchangeSort): Float64Array {
    const { conversations, exchanges, packets } = this.#sources
    const keys = new Float64Array(ids.length)
    switch (sort) {
      case 'time':
        for (let i = 0; i < ids.length; i++) keys[i] = packets.time(exchanges.requestRow[ids[i]])
        return keys
      case 'client':
      case 'server': {
        const orders = [addressOrder(conversations, false), addressOrder(conversations, true)]
        for (let i = 0; i < ids.length; i++) {
          const wantsB = this.#timing.clientIsB(ids[i]) === (sort === 'client')
          keys[i] = orders[wantsB ? 1 : 0][exchanges.conversation[ids[i]]]
        }
        return keys
      }
      case 'protocol':
        return textKeys(keys, ids, exchanges.protocol, (number) => exchanges.protocolNames[number])
      case 'ask':
        return textKeys(keys, ids, exchanges.asks, (number) => exchanges.texts.text(number))
      case 'answer':
        return textKeys(keys, ids, exchanges.answers, (number) => exchanges.texts.text(number))
      default: {
        const field = TIMES[sort]
        for (let i = 0; i < ids.length; i++) {
          this.#timing.measure(ids[i])
          keys[i] = this.#timing[field]
        }
        return keys
      }
    }
  }
}

const TIMES = {
  totalNs: 'total',
  networkNs: 'network',
  serverNs: 'server',
  transferNs: 'transfer',
  stallNs: 'stall',
} as const

/** Places of the texts in their alphabet; there are far fewer of them than exchanges. */
function textKeys(
  keys: Float64Array,
  ids: Uint32Array,
  column: ArrayLike<number>,
  text: (number: number) => string,
): Float64Array {
  const texts = new Map<number, string>()
  for (const id of ids) if (!texts.has(column[id])) texts.set(column[id], text(column[id]))
  const sorted = [...texts].sort((a, b) => (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0))
  const ranks = new Map(sorted.map(([number, value], rank) => [number, value === '' ? NaN : rank]))
  for (let i = 0; i < ids.length; i++) keys[i] = ranks.get(column[ids[i]]) ?? NaN
  return keys
}
