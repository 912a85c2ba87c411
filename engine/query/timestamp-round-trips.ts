import type { Points } from '../answers.ts'
import { CHUNK_ROWS } from '../columns/packet-table.ts'
import { ANSWERED, ROUND_TRIP } from '../tcp/round-trips.ts'
import type { LaneSources } from './lane-index.ts'
import { Sketch } from './sketch.ts'

/** Round trips of a conversation by its timestamps, apart for the two halves of the path; nanoseconds, at the packets that ended them. */
export interface TimestampRoundTrips {
  /** Between the capture point and the client. */
  readonly client: RoundTripHalf
  readonly server: RoundTripHalf
}

export interface RoundTripHalf {
  /** Answered at once. */
  readonly prompt: Points
  /** The receiver waited: for what its program answers, for another segment, or as delayed ACKs do. */
  readonly late: Points
  /** How many of the prompt ones are of segments that were sent again, which Karn's rule would leave out. */
  readonly resent: number
  /** Of the prompt ones; 0 if there are none. */
  readonly shortestNs: number
  readonly p50Ns: number
  readonly p99Ns: number
}

/** Round trips by timestamps (see RoundTrips) that end with any of the packets `rows`, ascending, of one TCP conversation. */
export function timestampRoundTrips(
  { packets, roundTrips }: LaneSources,
  rows: ArrayLike<number>,
): TimestampRoundTrips {
  const [client, server] = [new Half(), new Half()]
  for (let n = 0; n < rows.length; n++) {
    const chunk = packets.chunk(rows[n])
    const i = rows[n] % CHUNK_ROWS
    const segment = roundTrips.echoed(chunk, i)
    if (segment < 0) continue
    const half = (chunk.roundTrip[i] & ROUND_TRIP.client) === 0 ? server : client
    half.add(chunk.time[i], chunk.time[i] - packets.time(segment), rows[n], chunk.roundTrip[i])
  }
  return { client: client.result(), server: server.result() }
}

class Half {
  readonly #prompt = new PointsMade()
  readonly #late = new PointsMade()
  readonly #sketch = new Sketch()
  #resent = 0

  add(time: number, ns: number, row: number, bits: number): void {
    if ((bits & ROUND_TRIP.echo) !== ANSWERED.prompt << ROUND_TRIP.echoShift) return this.#late.add(time, ns, row)
    this.#prompt.add(time, ns, row)
    this.#sketch.add(ns)
    if ((bits & ROUND_TRIP.resent) !== 0) this.#resent++
  }

  result(): RoundTripHalf {
    const sketch = this.#sketch
    return {
      prompt: this.#prompt.points(),
      late: this.#late.points(),
      resent: this.#resent,
      shortestNs: sketch.count > 0 ? sketch.min : 0,
      p50Ns: sketch.count > 0 ? sketch.quantile(0.5) : 0,
      p99Ns: sketch.count > 0 ? sketch.quantile(0.99) : 0,
    }
  }
}

class PointsMade {
  readonly #time: number[] = []
  readonly #value: number[] = []
  readonly #row: number[] = []

  add(time: number, value: number, row: number): void {
    this.#time.push(time)
    this.#value.push(value)
    this.#row.push(row)
  }

  points(): Points {
    return {
      time: Float64Array.from(this.#time),
      value: Float64Array.from(this.#value),
      row: Uint32Array.from(this.#row),
    }
  }
}
