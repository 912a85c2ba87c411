import type { Points } from '../answers.ts'
import { clientIsB } from '../application/turn-taking.ts'
import { CHUNK_ROWS, FLAG } from '../columns/packet-table.ts'
import { decodeFrame } from '../decode/decode.ts'
import { Packet } from '../decode/packet.ts'
import { LABEL } from '../tcp/labels.ts'
import type { CaptureTables } from './filter-field.ts'
import { eachFrame, type ReadBytes } from './frame-bytes.ts'
import { DEFAULT_MSS, LONGEST_DELAYED_ACK_NS, SHORTEST_DELAYED_ACK_NS } from './path-times.ts'
import { Sketch } from './sketch.ts'

/** Kind of the option, and of those that are one byte long (RFC 9293 section 3.1). */
const TIMESTAMPS = 8
const [END, NOP] = [0, 1]
/** A receiver that waited for another segment that much of the time did not answer at once. */
const WAITED = 0.1

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

/**
 * Round trips of a TCP conversation by its timestamps (RFC 7323 section 3): from a segment to the first packet that echoes its TSval.
 * The echo names the copy that was answered, so that Karn's rule does not exclude what was sent again (section 4 there), as long as no
 * two copies bear the same TSval. The timestamps are not in the columns: the packets of `rows` (ascending) are read. Throws what `read`
 * throws.
 */
export async function timestampRoundTrips(
  tables: CaptureTables,
  conversation: number,
  rows: ArrayLike<number>,
  read: ReadBytes,
): Promise<TimestampRoundTrips> {
  const { packets, interfaces } = tables
  const packet = new Packet()
  const directions = [new Echoes(tables), new Echoes(tables)] as const
  await eachFrame(packets, rows, read, (row, frame) => {
    const chunk = packets.chunk(row)
    const i = row % CHUNK_ROWS
    if ((chunk.flags[i] & FLAG.tcp) === 0) return
    decodeFrame(packet, frame, 0, frame.length, chunk.length[i], interfaces[chunk.interface[i]]?.linkType ?? -1)
    if (!packet.hasTimestamps || (chunk.flags[i] & FLAG.rst) !== 0) return
    const own = (chunk.flags[i] & FLAG.reverse) === 0 ? 0 : 1
    if ((chunk.flags[i] & FLAG.ack) !== 0) directions[1 - own].echo(row, echoed(packet))
    directions[own].sent(row, packet.tsval)
  })
  // Who answers A's segments is B.
  const [byB, byA] = directions.map((echoes) => echoes.half())
  return clientIsB(tables, conversation) ? { client: byB, server: byA } : { client: byA, server: byB }
}

/** TSecr, as a signed 32-bit number. The option is there. */
function echoed({ bytes, payloadAt, tcpHeaderLength }: Packet): number {
  for (let at = payloadAt - tcpHeaderLength + 20; at + 10 <= payloadAt && bytes[at] !== END;) {
    if (bytes[at] === NOP) at++
    else if (bytes[at] === TIMESTAMPS) {
      return (bytes[at + 6] << 24) | (bytes[at + 7] << 16) | (bytes[at + 8] << 8) | bytes[at + 9]
    } else at += Math.max(2, bytes[at + 1])
  }
  return 0
}

interface Sent {
  readonly tsval: number
  readonly row: number
  /** Copies of the same bytes bear this value: the echo does not tell them apart. */
  ambiguous: boolean
}

/** The segments of one direction that are to be answered, and when that was. */
class Echoes {
  readonly #tables: CaptureTables
  /** Ascending by TSval; those before `#next` were echoed, or will not be any more. */
  readonly #sent: Sent[] = []
  #next = 0
  #longest = 0
  readonly #samples: { readonly segment: number; readonly ack: number }[] = []
  #resent = 0

  constructor(tables: CaptureTables) {
    this.#tables = tables
  }

  sent(row: number, tsval: number): void {
    const chunk = this.#tables.packets.chunk(row)
    const i = row % CHUNK_ROWS
    const length = chunk.payloadLength[i]
    // What is not acknowledged is echoed whenever the other side speaks next.
    if (length === 0 && (chunk.flags[i] & (FLAG.syn | FLAG.fin)) === 0) return
    if (length > this.#longest) this.#longest = length
    const last = this.#sent.at(-1)
    const since = last ? (tsval - last.tsval) | 0 : 1
    if (since > 0) this.#sent.push({ tsval, row, ambiguous: false })
    else if (last && since === 0 && (chunk.labels[i] & LABEL.retransmission) !== 0) last.ambiguous = true
  }

  echo(row: number, tsecr: number): void {
    const sent = this.#sent
    while (this.#next < sent.length && ((sent[this.#next].tsval - tsecr) | 0) < 0) this.#next++
    if (this.#next === sent.length || sent[this.#next].tsval !== tsecr) return
    const { row: segment, ambiguous } = sent[this.#next++]
    if (!ambiguous) this.#samples.push({ segment, ack: row })
  }

  half(): RoundTripHalf {
    const { packets } = this.#tables
    let shortest = Infinity
    for (const { segment, ack } of this.#samples) {
      const time = packets.time(ack) - packets.time(segment)
      if (time > 0 && time < shortest) shortest = time
    }
    const [prompt, late] = [new PointsMade(), new PointsMade()]
    const sketch = new Sketch()
    for (const { segment, ack } of this.#samples) {
      const time = packets.time(ack) - packets.time(segment)
      if (time <= 0) continue
      const isLate = this.#waited(segment, ack, time, shortest)
      ;(isLate ? late : prompt).add(packets.time(ack), time, ack)
      if (isLate) continue
      sketch.add(time)
      if ((packets.chunk(segment).labels[segment % CHUNK_ROWS] & LABEL.retransmission) !== 0) this.#resent++
    }
    return {
      prompt: prompt.points(),
      late: late.points(),
      resent: this.#resent,
      shortestNs: sketch.count > 0 ? sketch.min : 0,
      p50Ns: sketch.count > 0 ? sketch.quantile(0.5) : 0,
      p99Ns: sketch.count > 0 ? sketch.quantile(0.99) : 0,
    }
  }

  /** Whether the receiver did not answer at once: for an answer of its program, for another segment, or as a delayed ACK. */
  #waited(segment: number, ack: number, time: number, shortest: number): boolean {
    const { packets } = this.#tables
    const chunk = packets.chunk(ack)
    const i = ack % CHUNK_ROWS
    if (chunk.payloadLength[i] > 0) return true
    const acked = chunk.acked[i] - 1
    if (acked > segment && packets.time(acked) - packets.time(segment) > WAITED * time) return true
    const later = time - shortest
    const length = packets.chunk(segment).payloadLength[segment % CHUNK_ROWS]
    return (
      length > 0 &&
      length < Math.max(DEFAULT_MSS, this.#longest) &&
      later >= SHORTEST_DELAYED_ACK_NS &&
      later <= LONGEST_DELAYED_ACK_NS
    )
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
