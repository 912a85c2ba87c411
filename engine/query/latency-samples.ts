import type { ExchangeScope, LatencyMeasure } from '../answers.ts'
import { EXCHANGE } from '../application/exchange-table.ts'
import { CHUNK_ROWS, type PacketChunk } from '../columns/packet-table.ts'
import { exchangesWithin } from './exchange-scope.ts'
import type { ExchangeSources, ExchangeTiming } from './exchange-timing.ts'
import { ANSWERED, leftOut, ROUND_TRIP, type RoundTrips } from '../tcp/round-trips.ts'

/** Both halves of the path. */
const RTT = 'rtt'
/** The halves: between the capture point and the client, or the server. */
export const RTT_CLIENT = 'rtt client'
export const RTT_SERVER = 'rtt server'

/** Takes samples one by one; what they are is in the fields while `take` runs. */
export interface SampleTaker {
  /**
   * A time of `ns`, or longer if `unanswered`, that began at `time`. `id` is the exchange, or the row of the ACK that ended a round trip.
   */
  take(time: number, ns: number, unanswered: boolean, failed: boolean, id: number): void
  /** An ACK that ends no round trip of the network alone: it was delayed, or came with data. */
  leftOut?(withData: boolean): void
}

export function isRoundTrip(measure: LatencyMeasure): boolean {
  return measure === RTT || measure === RTT_CLIENT || measure === RTT_SERVER
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
  if (measure === RTT) eachRoundTrip(sources, scope, taker, taker)
  else if (measure === RTT_CLIENT) eachRoundTrip(sources, scope, taker, undefined)
  else if (measure === RTT_SERVER) eachRoundTrip(sources, scope, undefined, taker)
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
  { packets, roundTrips }: Pick<ExchangeSources, 'packets' | 'roundTrips'>,
  scope: ExchangeScope,
  client: SampleTaker | undefined,
  server: SampleTaker | undefined,
): void {
  const { rows } = scope
  if (rows) {
    for (const row of rows) {
      const i = row % CHUNK_ROWS
      roundTripsAt(packets.chunk(row), i, i + 1, roundTrips, scope, client, server)
    }
    return
  }
  for (const chunk of packets.chunks) {
    const end = Math.min(CHUNK_ROWS, packets.rows - chunk.first)
    roundTripsAt(chunk, 0, end, roundTrips, scope, client, server)
  }
}

/** Those that end at places [begin, end) of the chunk. */
function roundTripsAt(
  chunk: PacketChunk,
  begin: number,
  end: number,
  roundTrips: RoundTrips,
  { from = -Infinity, to = Infinity, conversation }: ExchangeScope,
  client: SampleTaker | undefined,
  server: SampleTaker | undefined,
): void {
  const count = roundTrips.list(chunk, begin, end)
  const { places, times } = roundTrips
  for (let n = 0; n < count; n++) {
    const i = places[n]
    if (conversation !== undefined && chunk.conversation[i] !== conversation) continue
    const taker = (chunk.roundTrip[i] & ROUND_TRIP.client) === 0 ? server : client
    const time = chunk.time[i]
    if (!taker || time < from || time >= to) continue
    const ns = times[n]
    if (ns !== 0) taker.take(time, ns, false, false, chunk.first + i)
    else taker.leftOut?.(leftOut(chunk, i) === ANSWERED.withData)
  }
}
