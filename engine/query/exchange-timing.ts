import type { ExchangeOutcome } from '../answers.ts'
import { EXCHANGE, type ExchangeTable } from '../application/exchange-table.ts'
import type { ConversationTable } from '../columns/conversation-table.ts'
import { CHUNK_ROWS, FLAG, type PacketTable } from '../columns/packet-table.ts'
import { TRANSPORT } from '../decode/packet.ts'
import type { TcpAnalysis } from '../tcp/analysis.ts'
import type { RoundTrips } from '../tcp/round-trips.ts'

export interface ExchangeSources {
  readonly packets: PacketTable
  readonly conversations: ConversationTable
  readonly tcp: TcpAnalysis
  readonly roundTrips: RoundTrips
  readonly exchanges: ExchangeTable
  /** Time of the latest packet. */
  readonly lastTime: number
}

/** After these nobody answers any more. */
const ENDED: ReadonlySet<string> = new Set(['closed', 'reset', 'refused'])

/** So long who asks by datagram waits for the answer to its last try: the default of resolv.conf(5). What comes later finds nobody. */
const DATAGRAM_PATIENCE_NS = 5e9

/**
 * Where the time of one exchange went, in nanoseconds. `measure` fills the fields, so that sorting a million exchanges makes no objects.
 *
 *     request                    wait                     response
 *     |-----------|--------------------------------|------------------|
 *      transfer     network (point - server - point) + server           transfer
 *
 * with what a connection stood still taken out of each part and called stall. All of it as it was at the capture point: the client
 * waited longer by `clientHalf`.
 */
export class ExchangeTiming {
  readonly #sources: ExchangeSources
  outcome: ExchangeOutcome = 'answered'
  begin = 0
  /** From the first byte of the request to the last of the response; of an unanswered one how long was waited for it at least. */
  total = 0
  /** NaN where it can't be told apart: then it is part of `server`. */
  network = NaN
  server = NaN
  transfer = NaN
  stall = NaN
  /** Round trip between the capture point and the client; NaN if it is not known. */
  clientHalf = NaN
  /** Round trip between the capture point and the server; NaN if it is not known. */
  serverHalf = NaN

  constructor(sources: ExchangeSources) {
    this.#sources = sources
  }

  /** Whether the client is the conversation's end B. */
  clientIsB(id: number): boolean {
    const row = this.#sources.exchanges.requestRow[id]
    return (this.#sources.packets.chunk(row).flags[row % CHUNK_ROWS] & FLAG.reverse) !== 0
  }

  measure(id: number): void {
    const { packets, conversations, exchanges, roundTrips } = this.#sources
    const conversation = exchanges.conversation[id]
    this.begin = packets.time(exchanges.requestRow[id])
    this.outcome = this.#outcomeOf(id)
    this.network = this.server = this.transfer = this.stall = NaN
    const clientDirection = this.clientIsB(id) ? 1 : 0
    this.clientHalf = roundTrips.shortest(conversation, clientDirection) ?? NaN
    this.serverHalf = roundTrips.shortest(conversation, clientDirection ^ 1) ?? NaN
    const isTcp = conversations.transport[conversation] === TRANSPORT.tcp
    if (exchanges.responseRow[id] === 0) {
      const until = this.#waitedUntil(conversation, isTcp)
      const gaveUp = isTcp ? until : packets.time(exchanges.requestEndRow[id]) + DATAGRAM_PATIENCE_NS
      this.total = Math.max(0, Math.min(until, gaveUp) - this.begin)
      return
    }
    // A clock that was set back must not make times negative.
    const asked = Math.max(this.begin, packets.time(exchanges.requestEndRow[id]))
    const answered = Math.max(asked, packets.time(exchanges.responseRow[id] - 1))
    const end = Math.max(answered, packets.time(exchanges.responseEndRow[id] - 1))
    this.total = end - this.begin
    if (isTcp) this.#splitTcp(conversation, asked, answered, end)
    else {
      // Without a connection, what was sent again is the query: everything before its last try was waiting in vain.
      this.stall = asked - this.begin
      this.transfer = end - answered
      this.server = answered - asked
    }
  }

  #splitTcp(conversation: number, asked: number, answered: number, end: number): void {
    const { tcp } = this.#sources
    const stalled = tcp.lostWithin(conversation, this.begin, end)
    const stalledWaiting = stalled === 0 ? 0 : tcp.lostWithin(conversation, asked, answered)
    const waited = Math.max(0, answered - asked - stalledWaiting)
    this.stall = stalled
    this.transfer = Math.max(0, this.total - (answered - asked) - (stalled - stalledWaiting))
    if (!Number.isNaN(this.serverHalf)) this.network = Math.min(this.serverHalf, waited)
    this.server = waited - (this.network || 0)
  }

  #outcomeOf(id: number): ExchangeOutcome {
    const { exchanges } = this.#sources
    const flags = exchanges.flags[id]
    if (exchanges.responseRow[id] !== 0) return (flags & EXCHANGE.failed) !== 0 ? 'failed' : 'answered'
    if ((flags & EXCHANGE.oneWay) !== 0) return 'one-way'
    // A guess is no proof that something was asked.
    return (flags & (EXCHANGE.unknown | EXCHANGE.approximate)) !== 0 ? 'unknown' : 'unanswered'
  }

  /** Up to when an answer would have been seen. */
  #waitedUntil(conversation: number, isTcp: boolean): number {
    const { packets, conversations, exchanges, tcp, lastTime } = this.#sources
    const watched = exchanges.watchedUntil(conversation)
    if (watched !== undefined && watched < packets.rows) return packets.time(watched)
    if (isTcp && ENDED.has(tcp.state(conversation))) return packets.time(conversations.lastRow(conversation))
    return lastTime
  }
}
