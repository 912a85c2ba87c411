import { FLAG } from '../columns/packet-table.ts'
import { BIT_MOVED_BY_ACK, BITS, LAST_ACK, LAST_ROW, NEXT_SEQ } from './directions.ts'
import { LABEL } from './labels.ts'
import { DUPLICATE_ACKS, SACK_BLOCKS, SACK_EDGES } from './recovery-table.ts'
import type { TcpState } from './tcp-state.ts'

/** A fast retransmission comes within this time of the last packet of the other side. */
const FAST_NS = 20e6
/** A late segment does so too, if the initial round-trip time, which serves else, is not known. */
const LATE_NS = 3e6

/**
 * What a segment is that begins below the highest sequence number seen and is not wholly acknowledged: a fast retransmission,
 * one that was only late, or another retransmission. `f` and `r` are the records of its direction and the other.
 */
export function labelOfResent(
  state: TcpState,
  f: number,
  r: number,
  conversation: number,
  seq: number,
  length: number,
  flags: number,
  time: number,
): number {
  const { words } = state.directions
  const reverseRow = words[r + LAST_ROW]
  // Where the clock was set back an interval passes for a moment, and a negative round-trip time for one without end.
  // A side that never spoke counts as having spoken in 1970, which some captures without a clock make "just now".
  const since = reverseRow === 0 ? state.epoch + time : time - state.packets.time(reverseRow - 1)
  const isFast =
    since < FAST_NS &&
    state.recovery.get(state.directions, r, DUPLICATE_ACKS) >>> 0 >= 2 &&
    (words[r + LAST_ACK] === seq || isHole(state, r, seq, length))
  if (isFast) return LABEL.fast_retransmission | LABEL.retransmission
  if (since < lateWithin(state, conversation) && !state.unacked.holds(f, seq, (seq + length) | 0)) {
    const end = (seq + length + ((flags & (FLAG.syn | FLAG.fin)) !== 0 ? 1 : 0)) | 0
    // The last segment sent can't have been overtaken by data, only by an ACK that was sent after it.
    if (end !== words[f + NEXT_SEQ] || (words[f + BITS] & BIT_MOVED_BY_ACK) !== 0) return LABEL.out_of_order
  }
  return LABEL.retransmission
}

/** The other side's last packet has SACK blocks and none of them holds the segment. */
function isHole(state: TcpState, r: number, seq: number, length: number): boolean {
  const blocks = state.recovery.get(state.directions, r, SACK_BLOCKS)
  if (blocks === 0) return false
  const first = state.recovery.of(state.directions, r) + SACK_EDGES
  const { words } = state.recovery
  const from = seq >>> 0
  const to = (seq + length) >>> 0
  for (let i = 0; i < blocks; i++) {
    if (from >= words[first + 2 * i] >>> 0 && to <= words[first + 2 * i + 1] >>> 0) return false
  }
  return true
}

function lateWithin(state: TcpState, conversation: number): number {
  const rttRow = state.connections.rttRow[conversation]
  if (rttRow === 0) return LATE_NS
  const rtt = state.packets.time(rttRow - 1) - state.packets.time(state.connections.synRow[conversation] - 1)
  return rtt < 0 ? Infinity : rtt
}
