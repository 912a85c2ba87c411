import { CHUNK_ROWS, COLUMN } from '../../columns/packet-columns.ts'
import { TABLE } from '../../kernel-tables.ts'
import { ANSWERED, ROUND_TRIP } from '../../tcp/round-trips.ts'
import { chunkOf, timeOf } from '../columns/packet-columns.ts'
import { placeOf, rowAt, firstAt } from '../columns/sparse-columns.ts'
import { F64s, newTable, U16s } from '../memory.ts'

const places = changetype<U16s>(newTable(TABLE.roundTripPlaces, CHUNK_ROWS * 2))
const times = changetype<F64s>(newTable(TABLE.roundTripTimes, CHUNK_ROWS * 8))

/**
 * Lists the packets of rows [from, to), all of one chunk, that end a round trip: their places in it, and nanoseconds; 0 of those whose round trip
 * is left out, as somebody waited. Returns how many; RoundTrips.time outside says the same of one.
 */
export function listRoundTrips(from: i32, to: i32): i32 {
  const chunk = chunkOf(from)
  let echo = placeOf(TABLE.echoes, from)
  const echoes = placeOf(TABLE.echoes, to)
  let count = 0
  for (let row = from; row < to; row++) {
    const place = row & (CHUNK_ROWS - 1)
    const bits: i32 = load<u8>(chunk + place, COLUMN.roundTrip)
    if (bits === 0) continue
    const answered = bits & ROUND_TRIP.ack
    let start = -1
    if (answered === ANSWERED.prompt || (bits & ROUND_TRIP.same) !== 0) {
      start = load<i32>(chunk + ((<usize>place) << 2), COLUMN.acked) - 1
    } else if ((bits & ROUND_TRIP.echo) !== 0) {
      while (echo < echoes && rowAt(TABLE.echoes, echo) < row) echo++
      if (echo < echoes && rowAt(TABLE.echoes, echo) === row) start = firstAt(TABLE.echoes, echo)
    }
    const isRoundTrip =
      answered === ANSWERED.prompt ||
      (bits & (ROUND_TRIP.ack | ROUND_TRIP.echo)) === ANSWERED.prompt << ROUND_TRIP.echoShift
    const ns = isRoundTrip && start >= 0 ? timeOf(row) - timeOf(start) : 0
    if (ns === 0 && (answered === ANSWERED.none || answered === ANSWERED.prompt)) continue
    places[count] = place
    times[count++] = ns
  }
  return count
}
