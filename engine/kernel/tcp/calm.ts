import { FLAG } from '../../columns/packet-columns.ts'
import {
  ACK_ROW,
  BIT_BASE,
  BIT_BELOW_ACK,
  BIT_DATA,
  BIT_DISORDERED,
  BIT_DUPLICATES,
  BIT_FLIGHT_KNOWN,
  BIT_KEEP_ALIVE,
  BIT_MOVED_BY_ACK,
  BIT_SACK,
  BIT_SEEN,
  BIT_SETTLED,
  BIT_SYN_WINDOW,
  BIT_ZERO_WINDOW,
  BIT_ZERO_WINDOW_PROBE,
  BITS,
  CONTIGUOUS,
  LAST_ACK,
  LAST_ROW,
  NEXT_ROW,
  NEXT_SEQ,
  OLDEST,
  SCALE,
  TTL_SHIFT,
  WINDOW_AND_COUNT,
} from '../../tcp/directions.ts'
import { LABEL } from '../../tcp/labels.ts'
import { addRow } from '../columns/sparse-columns.ts'
import { setAcked, setBytesInFlight } from '../columns/packet-columns.ts'
import { packet } from '../packet.ts'
import { directionAt } from './directions.ts'
import { after } from './sequence.ts'
import { emptyRecords } from './tcp-state.ts'
import * as unacked from './unacked-segments.ts'

// What nearly every packet of an established connection is: the next payload, or the next acknowledgment, and nothing else (TCP's "header
// prediction"). analysis.ts would say the same of it, of which this is the short way: four fifths of the instructions less.

const FLAGS: i32 = FLAG.syn | FLAG.fin | FLAG.rst | FLAG.ack

const NEEDED: i32 = BIT_BASE | BIT_SEEN | BIT_SETTLED
const NEEDED_OR_NOT: i32 = NEEDED | BIT_DUPLICATES | BIT_SACK | BIT_ZERO_WINDOW
const REVERSE_NEEDED: i32 = BIT_BASE | BIT_FLIGHT_KNOWN
const REVERSE_NEEDED_OR_NOT: i32 = REVERSE_NEEDED | BIT_BELOW_ACK | BIT_SACK | BIT_SYN_WINDOW

/** The packet is not calm. */
export const NOT_CALM: i32 = -1

/** The labels of a plain packet (decodePlainTcp), or NOT_CALM: then nothing was changed. Writes what analysis.segment() would. */
export function segment(row: i32, found: i32): i32 {
  const f = directionAt(found)
  const r = directionAt(found ^ 1)
  let bits = f[BITS]
  const reverseBits = r[BITS]
  if ((packet.tcpFlags & FLAGS) !== FLAG.ack || (bits & NEEDED_OR_NOT) !== NEEDED) return NOT_CALM
  if ((reverseBits & REVERSE_NEEDED_OR_NOT) !== REVERSE_NEEDED || bits >>> TTL_SHIFT !== packet.ttl) return NOT_CALM
  const seq = packet.seq
  const window = packet.window
  if (seq !== f[NEXT_SEQ] || seq === 0 || window === 0) return NOT_CALM
  const ack = packet.ack
  const reverseContiguous = r[CONTIGUOUS]
  if (reverseContiguous !== 0 && after(ack, reverseContiguous)) return NOT_CALM
  const length = packet.payloadLength
  const end = seq + length
  const isNews = ack !== f[LAST_ACK]
  if (length === 0) {
    if (!isNews) return NOT_CALM
  } else {
    const reverseAck = r[LAST_ACK]
    if (end - reverseAck <= 0 || seq - reverseAck < 0 || unacked.isFull(f)) return NOT_CALM
    const reverseWindow = r[WINDOW_AND_COUNT] & 0xffff
    const scale = reverseBits & SCALE.mask
    const shift = scale > SCALE.shift ? scale - SCALE.shift : 0
    // The window is full, or may be.
    if (reverseWindow === 0 || end === reverseAck + (reverseWindow << shift)) return NOT_CALM
  }

  const contiguous = f[CONTIGUOUS]
  if (contiguous === 0 || seq === contiguous) f[CONTIGUOUS] = end
  f[LAST_ROW] = row + 1
  let flight = 0
  if (length !== 0) {
    flight = unacked.add(f, row, seq, end)
    f[NEXT_SEQ] = end
    f[NEXT_ROW] = row + 1
    bits = (bits & ~BIT_DISORDERED) | (f[BITS] & BIT_DISORDERED) | BIT_DATA
    // Wireshark keeps the length in eight bits.
    bits = (length & 0xff) === 0 ? bits | BIT_MOVED_BY_ACK : bits & ~BIT_MOVED_BY_ACK
  }
  f[WINDOW_AND_COUNT] = (f[WINDOW_AND_COUNT] & ~0xffff) | window
  f[BITS] = bits & ~(BIT_KEEP_ALIVE | BIT_ZERO_WINDOW_PROBE | BIT_SYN_WINDOW)
  let labels = 0
  if (isNews) {
    f[LAST_ACK] = ack
    f[ACK_ROW] = row + 1
    if (r[OLDEST] !== 0) {
      const acked = unacked.acknowledge(r, ack)
      if (acked !== 0) setAcked(acked)
      if (unacked.partial) labels = LABEL.partial_ack
    }
  }
  if (length !== 0 && (bits & BIT_FLIGHT_KNOWN) !== 0) {
    if (flight > 0 && flight < unacked.FLIGHT_LIMIT) setBytesInFlight(flight)
    else addRow(emptyRecords, row, 0, 0)
  }
  return labels
}
