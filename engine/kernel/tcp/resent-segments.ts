import { BIT_MOVED_BY_ACK, BITS, LAST_ACK, LAST_ROW, NEXT_SEQ } from '../../tcp/directions.ts'
import { LABEL } from '../../tcp/labels.ts'
import { DUPLICATE_ACKS, SACK_BLOCKS, SACK_EDGES } from '../../tcp/recovery-table.ts'
import { timeOf } from '../columns/packet-columns.ts'
import { I32s } from '../memory.ts'
import * as connections from './connection-table.ts'
import * as recovery from './recovery-table.ts'
import { lengthOf } from './sequence.ts'
import { epoch } from './tcp-state.ts'
import * as unacked from './unacked-segments.ts'

/** A fast retransmission comes within this time of the last packet of the other side. */
const FAST_NS: f64 = 20e6
/** A late segment does so too, if the initial round-trip time, which serves else, is not known. */
const LATE_NS: f64 = 3e6

/**
 * What a segment is that begins below the highest sequence number seen and is not wholly acknowledged: a fast retransmission,
 * one that was only late, or another retransmission. `f` and `r` are the records of its direction and the other.
 */
export function labelOfResent(f: I32s, r: I32s, conversation: i32, seq: i32, length: i32, flags: i32, time: f64): i32 {
  const reverseRow = r[LAST_ROW]
  // Where the clock was set back an interval passes for a moment, and a negative round-trip time for one without end.
  // A side that never spoke counts as having spoken in 1970, which some captures without a clock make "just now".
  const since = reverseRow === 0 ? epoch + time : time - timeOf(reverseRow - 1)
  if (since < FAST_NS && <u32>recovery.get(r, DUPLICATE_ACKS) >= 2 && (r[LAST_ACK] === seq || isHole(r, seq, length))) {
    return LABEL.fast_retransmission | LABEL.retransmission
  }
  if (since < lateWithin(conversation) && !unacked.holds(f, seq, seq + length)) {
    const end = seq + lengthOf(flags, length)
    // The last segment sent can't have been overtaken by data, only by an ACK that was sent after it.
    if (end !== f[NEXT_SEQ] || (f[BITS] & BIT_MOVED_BY_ACK) !== 0) return LABEL.out_of_order
  }
  return LABEL.retransmission
}

/** The other side's last packet has SACK blocks and none of them holds the segment. */
function isHole(r: I32s, seq: i32, length: i32): bool {
  const record = recovery.recordOf(r)
  const blocks = record[SACK_BLOCKS]
  if (blocks === 0) return false
  const from = <u32>seq
  const to = <u32>(seq + length)
  for (let i = 0; i < blocks; i++) {
    if (from >= <u32>record[SACK_EDGES + 2 * i] && to <= <u32>record[SACK_EDGES + 2 * i + 1]) return false
  }
  return true
}

function lateWithin(conversation: i32): f64 {
  const rttRow = connections.rttRow[conversation]
  if (rttRow === 0) return LATE_NS
  const syn = timeOf(connections.synRow[conversation] - 1)
  // A time of nothing is none to Wireshark: of a SYN that opens a capture whose clock begins at 0.
  if (epoch + syn === 0) return LATE_NS
  const rtt = timeOf(rttRow - 1) - syn
  return rtt < 0 ? Infinity : rtt
}
