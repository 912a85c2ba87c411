import { CHUNK_ROWS, FLAG } from '../columns/packet-table.ts'
import type { FindingContext } from './context.ts'

/** Of one conversation, as even more tell no more. */
const MOST_SAMPLES = 20_000

/** A round trip that the network alone took. Nanoseconds. */
export interface Sample {
  /** When the segment was sent and when its ACK came, and their rows. */
  readonly sent: number
  readonly acked: number
  readonly sentRow: number
  readonly ackRow: number
  /** Bytes that its sender had in flight with it. */
  readonly flight: number
}

export const roundTrip = ({ sent, acked }: Sample): number => acked - sent
export const inFlight = ({ flight }: Sample): number => flight

/** Those that end with ACKs of end B (`acker` 1) or A, in the order of the ACKs. */
export function samplesOf(context: FindingContext, id: number, acker: number): readonly Sample[] {
  const { packets, roundTrips } = context.tables
  const found: Sample[] = []
  for (const row of context.survey.rowsOf(id)) {
    const chunk = packets.chunk(row)
    const i = row % CHUNK_ROWS
    if (chunk.roundTrip[i] === 0 || ((chunk.flags[i] & FLAG.reverse) !== 0) !== (acker === 1)) continue
    const sentRow = roundTrips.start(chunk, i)
    if (sentRow < 0) continue
    const segment = packets.chunk(sentRow)
    const flight = segment.bytesInFlight[sentRow % CHUNK_ROWS]
    if (flight === 0) continue
    found.push({ sent: segment.time[sentRow % CHUNK_ROWS], acked: chunk.time[i], sentRow, ackRow: row, flight })
    if (found.length === MOST_SAMPLES) break
  }
  return found
}

/** Of round trips that overlap the first: what whoever waits for each answer goes through. */
export function oneAfterTheOther(samples: readonly Sample[]): readonly Sample[] {
  let until = -Infinity
  return samples.filter(({ sent, acked }) => {
    if (sent < until) return false
    until = acked
    return true
  })
}
