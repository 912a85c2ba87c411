import type { ExchangeScope, LatencyMeasure } from '../answers.ts'
import { EXCHANGE } from '../application/exchange-table.ts'
import { clientIsB } from '../application/turn-taking.ts'
import { CHUNK_ROWS, FLAG } from '../columns/packet-table.ts'
import { TRANSPORT } from '../decode/packet.ts'
import { exchangesWithin } from './exchange-scope.ts'
import type { ExchangeSources, ExchangeTiming } from './exchange-timing.ts'

/** The halves of the path: between the capture point and the client, or the server. */
export const RTT_CLIENT = 'rtt client'
export const RTT_SERVER = 'rtt server'

/** Takes samples one by one; what they are is in the fields while `take` runs. */
export interface SampleTaker {
  /**
   * A time of `ns`, or longer if `unanswered`, that began at `time`. `id` is the exchange, or the row of the ACK that ended a round trip.
   */
  take(time: number, ns: number, unanswered: boolean, failed: boolean, id: number): void
  /** A round trip that a delayed ACK has made longer. */
  delayed?(id: number): void
}

export function isRoundTrip(measure: LatencyMeasure): boolean {
  return measure === RTT_CLIENT || measure === RTT_SERVER
}

/** The measures that have samples: the halves of the path, then the protocols. */
export function measuresOf({ exchanges }: ExchangeSources): LatencyMeasure[] {
  const seen = new Uint8Array(exchanges.protocolNames.length)
  for (let id = 0; id < exchanges.count; id++) {
    if ((exchanges.flags[id] & EXCHANGE.oneWay) === 0) seen[exchanges.protocol[id]] = 1
  }
  return [RTT_CLIENT, RTT_SERVER, ...exchanges.protocolNames.filter((_, number) => seen[number] === 1)]
}

/** All samples of the measure within the scope. */
export function eachSample(
  sources: ExchangeSources,
  timing: ExchangeTiming,
  measure: LatencyMeasure,
  scope: ExchangeScope,
  taker: SampleTaker,
): void {
  if (measure === RTT_CLIENT) eachRoundTrip(sources, timing, scope, taker, undefined)
  else if (measure === RTT_SERVER) eachRoundTrip(sources, timing, scope, undefined, taker)
  else {
    for (const id of exchangesWithin(sources, timing, { ...scope, protocol: measure })) {
      timing.measure(id)
      const { outcome } = timing
      if (outcome === 'one-way' || outcome === 'unknown') continue
      taker.take(timing.begin, timing.total, outcome === 'unanswered', outcome === 'failed', id)
    }
  }
}

/** Round trips of either half of the path. Of a scope, packets, time and conversation count here. */
export function eachRoundTrip(
  { packets, conversations }: ExchangeSources,
  { path }: ExchangeTiming,
  { rows, from = -Infinity, to = Infinity, conversation }: ExchangeScope,
  client: SampleTaker | undefined,
  server: SampleTaker | undefined,
): void {
  // By conversation: 1 + whether the client is B.
  const clients = new Uint8Array(conversations.count)
  const count = rows?.length ?? packets.rows
  for (let n = 0; n < count; n++) {
    const row = rows ? rows[n] : n
    const chunk = packets.chunk(row)
    const i = row % CHUNK_ROWS
    if (chunk.acked[i] === 0) continue
    const id = chunk.conversation[i]
    if (conversation !== undefined && id !== conversation) continue
    const time = chunk.time[i]
    if (time < from || time >= to) continue
    if (clients[id] === 0) clients[id] = clientIsB({ packets, conversations }, id) ? 2 : 1
    const fromB = (chunk.flags[i] & FLAG.reverse) !== 0
    const taker = fromB === (clients[id] === 2) ? client : server
    if (!taker || conversations.transport[id] !== TRANSPORT.tcp) continue
    const ns = path.roundTrip(row)
    if (ns === 0) continue
    if (path.isDelayedAck(chunk, i, ns)) taker.delayed?.(row)
    else taker.take(time, ns, false, false, row)
  }
}
