import type { ConversationHarm, ConversationRow, ConversationSort, PairHalf, Talker } from '../answers.ts'
import { TRANSPORT } from '../decode/packet.ts'
import { ROUND_TRIP } from '../tcp/round-trips.ts'
import { addressOrder, ConversationSearch } from './conversation-names.ts'
import { ConversationTallies } from './conversation-tallies.ts'
import type { CaptureTables } from './capture-tables.ts'
import { groupedRoundTrips, type GroupedRoundTrips, halfOf } from './grouped-round-trips.ts'
import { connectionFacts, harmMs, harmOf, type HarmSpan, mostHarmed } from './harmed-conversations.ts'
import { RowList } from './row-list.ts'
import { topTalkers } from './talkers.ts'

/** Which conversations, and what of them counts. */
export interface ConversationScope extends HarmSpan {
  /** Only these packets count, and only conversations that have any of them. */
  readonly rows?: Uint32Array
  /** Words that all must occur in a conversation's addresses, ports or transport. */
  readonly text?: string
}

type Sources = Pick<CaptureTables, 'packets' | 'conversations' | 'tcp' | 'roundTrips'>

/** Lists of conversations. What all packets count for is kept and extended as the capture grows; for a selection it is kept while its rows are. */
export class ConversationLists {
  readonly #sources: Sources
  #all: ConversationTallies | undefined
  readonly #selected = new WeakMap<Uint32Array, ConversationTallies>()

  constructor(sources: Sources) {
    this.#sources = sources
  }

  /**
   * Numbers of the conversations in order. Ties keep the order of appearance, what is not known comes last either way: of what
   * was lost, all but TCP.
   * By packets and by bytes means those of both directions.
   */
  order(sort: ConversationSort, descending: boolean, scope: ConversationScope = {}): Uint32Array {
    const { conversations } = this.#sources
    let ids = scope.rows ? this.#tallies(scope).ids() : allOf(conversations.count)
    if (scope.text?.trim()) {
      const search = new ConversationSearch(conversations, scope.text)
      ids = ids.filter((id) => search.finds(id))
    }
    if (sort === 'id') return descending ? ids.reverse() : ids
    const keys =
      sort === 'addressA' || sort === 'addressB'
        ? addressOrder(conversations, sort === 'addressB')
        : this.#keys(ids, sort, scope)
    return sorted(ids, keys, descending ? -1 : 1)
  }

  /** The rows of some conversations. */
  rows(ids: Uint32Array, scope: ConversationScope = {}): ConversationRow[] {
    const tallies = this.#tallies(scope)
    const toClient = this.#roundTrips(ids, scope, 'client')
    const toServer = this.#roundTrips(ids, scope, 'server')
    return Array.from(ids, (id, i) =>
      this.#row(id, tallies, scope, { toClient: halfOf(toClient, i), toServer: halfOf(toServer, i) }),
    )
  }

  /** Those that lost most time, the most harmed first, at most `count`; none that lost nothing. Ties keep the order of appearance. */
  mostHarmed(count: number, scope: ConversationScope = {}): ConversationHarm[] {
    return mostHarmed(this.#sources, count, scope, scope.rows && this.#tallies(scope).ids())
  }

  /** Rows of the packets of some conversations, ascending. */
  rowsOf(ids: Uint32Array): Uint32Array {
    const { conversations, packets } = this.#sources
    const wanted = new Uint8Array(conversations.count)
    let count = 0
    for (const id of ids) {
      wanted[id] = 1
      count += conversations.packets(id)
    }
    const found = new RowList()
    for (const { conversation, first } of packets.chunks) {
      if (found.count === count) break
      addWanted(conversation.subarray(0, packets.rows - first), wanted, first, found)
    }
    return found.view()
  }

  /** The addresses with most traffic. */
  talkers(count: number, scope: ConversationScope = {}): Talker[] {
    return topTalkers(this.#sources.conversations, this.#tallies(scope), count)
  }

  #tallies({ rows }: ConversationScope): ConversationTallies {
    if (!rows) {
      this.#all ??= this.#noTallies()
      this.#all.advance()
      return this.#all
    }
    let tallies = this.#selected.get(rows)
    if (!tallies) {
      tallies = this.#noTallies()
      tallies.addRows(rows)
      this.#selected.set(rows, tallies)
    }
    return tallies
  }

  #noTallies(): ConversationTallies {
    const { packets, conversations } = this.#sources
    return new ConversationTallies(packets, conversations.count)
  }

  /** By conversation; NaN where it is not known. */
  #keys(
    ids: Uint32Array,
    sort: Exclude<ConversationSort, 'id' | 'addressA' | 'addressB'>,
    scope: ConversationScope,
  ): ArrayLike<number> {
    if (sort === 'harmMs') {
      const { conversations, tcp } = this.#sources
      // Nothing is known of what others than TCP lose: they come behind those that are known to lose nothing.
      const keys = new Float64Array(conversations.count)
      const { transport } = conversations
      for (let id = 0; id < keys.length; id++) if (transport[id] !== TRANSPORT.tcp) keys[id] = NaN
      for (const id of tcp.troubled()) keys[id] = harmMs(this.#sources, id, scope)
      return keys
    }
    if (sort === 'initialRttNs') return this.#keysOf(ids, (id) => this.#initialRtt(id) ?? NaN)
    const tallies = this.#tallies(scope)
    switch (sort) {
      case 'firstTime':
        return tallies.firstTime
      case 'packetsAB':
        return tallies.packetsAB.map((packets, id) => packets + tallies.packetsBA[id])
      case 'bytesAB':
        return tallies.bytesAB.map((bytes, id) => bytes + tallies.bytesBA[id])
      case 'retransmissions':
        return tallies.retransmissions
      case 'outOfOrder':
        return tallies.outOfOrder
      case 'zeroWindows':
        return tallies.zeroWindows
      case 'resets':
        return tallies.resets
      case 'toClient':
      case 'toServer': {
        const { p99 } = this.#roundTrips(ids, scope, sort === 'toClient' ? 'client' : 'server')
        const keys = new Float64Array(this.#sources.conversations.count)
        for (const [i, id] of ids.entries()) keys[id] = p99[i]
        return keys
      }
    }
  }

  /** Percentiles of the round trips of some conversations to one end, in their order. */
  #roundTrips(ids: Uint32Array, { rows }: ConversationScope, end: 'client' | 'server'): GroupedRoundTrips {
    // From 1: zeros that are not written take no memory.
    const place = new Uint32Array(this.#sources.conversations.count)
    for (const [i, id] of ids.entries()) place[id] = i + 1
    const client = end === 'client' ? ROUND_TRIP.client : 0
    return groupedRoundTrips(this.#sources, rows, ids.length, ({ conversation, roundTrip }, i) =>
      (roundTrip[i] & ROUND_TRIP.client) === client ? place[conversation[i]] - 1 : -1,
    )
  }

  #keysOf(ids: Uint32Array, key: (id: number) => number): Float64Array {
    const keys = new Float64Array(this.#sources.conversations.count)
    for (const id of ids) keys[id] = key(id)
    return keys
  }

  #initialRtt(id: number): number | undefined {
    const { conversations, tcp } = this.#sources
    return (conversations.transport[id] === TRANSPORT.tcp && tcp.initialRtt(id)) || undefined
  }

  #row(
    id: number,
    tallies: ConversationTallies,
    scope: ConversationScope,
    { toClient, toServer }: { readonly toClient: PairHalf | undefined; readonly toServer: PairHalf | undefined },
  ): ConversationRow {
    const facts = connectionFacts(this.#sources, id)
    const known = tallies.has(id)
    const count = (column: ArrayLike<number>): number => (known ? column[id] : 0)
    const { packets, conversations } = this.#sources
    return {
      ...harmOf(this.#sources, id, scope, facts),
      firstTime: known ? tallies.firstTime[id] : packets.time(conversations.firstRow(id)),
      lastTime: known ? tallies.lastTime[id] : packets.time(conversations.lastRow(id)),
      packetsAB: count(tallies.packetsAB),
      packetsBA: count(tallies.packetsBA),
      bytesAB: count(tallies.bytesAB),
      bytesBA: count(tallies.bytesBA),
      retransmissions: count(tallies.retransmissions),
      outOfOrder: count(tallies.outOfOrder),
      lost: count(tallies.lost),
      duplicateAcks: count(tallies.duplicateAcks),
      zeroWindows: count(tallies.zeroWindows),
      resets: count(tallies.resets),
      synRetransmissions: facts?.synRetransmissions ?? 0,
      ...(facts?.initialRttNs !== undefined && { initialRttNs: facts.initialRttNs }),
      ...(toClient && { toClient }),
      ...(toServer && { toServer }),
    }
  }
}

function allOf(count: number): Uint32Array {
  const ids = new Uint32Array(count)
  for (let id = 0; id < count; id++) ids[id] = id
  return ids
}

/** By their keys, in order of appearance where these are equal, NaN last. Most have none of what is counted: these need no sorting. */
function sorted(ids: Uint32Array, keys: ArrayLike<number>, sign: 1 | -1): Uint32Array {
  const zeros = new Uint32Array(ids.length)
  const unknown = new Uint32Array(ids.length)
  let none = 0
  let untold = 0
  let rest = 0
  for (const id of ids) {
    const key = keys[id]
    if (key === 0) zeros[none++] = id
    else if (Number.isNaN(key)) unknown[untold++] = id
    else ids[rest++] = id
  }
  const some = ids.slice(0, rest).sort((x, y) => (keys[x] === keys[y] ? x - y : (keys[x] - keys[y]) * sign))
  const behind = some.findIndex((id) => keys[id] * sign > 0)
  const place = behind < 0 ? rest : behind
  ids.set(some.subarray(0, place))
  ids.set(zeros.subarray(0, none), place)
  ids.set(some.subarray(place), place + none)
  ids.set(unknown.subarray(0, untold), rest + none)
  return ids
}

/** "No conversation" is a number beyond all of them. */
function addWanted(conversation: Uint32Array, wanted: Uint8Array, first: number, found: RowList): void {
  for (let i = 0; i < conversation.length; i++) {
    const id = conversation[i]
    if (id < wanted.length && wanted[id] !== 0) found.add(first + i)
  }
}
