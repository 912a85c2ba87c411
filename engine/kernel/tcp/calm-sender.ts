import { FLAG } from '../../columns/packet-columns.ts'
import { packet } from '../packet.ts'
import * as handshakes from './handshakes.ts'
import { isOlder, missingBefore, noteIpId } from './missing-ids.ts'
import * as needs from './needs.ts'
import {
  ACKED,
  LAST_FIN,
  LOSS,
  NO_SACK,
  noteRoundTrip,
  PROBED,
  RECOVERY,
  SACKED,
  SEEN,
  Sender,
} from './sender-table.ts'
import * as sent from './sent-segments.ts'

// The short way through judge.ts and follow-sender.ts, as calm.ts is of analysis.ts: of a packet that can be nothing but new, and answers nothing but
// what was sent in order, whose verdict so is none.

const FLAGS: i32 = FLAG.syn | FLAG.fin | FLAG.rst | FLAG.ack
/** No segment, no repetition. */
const NONE: i32 = 0

const NEEDED: i32 = SEEN
const NEEDED_OR_NOT: i32 = SEEN | LAST_FIN
const OTHER_NEEDED: i32 = SEEN | ACKED
const OTHER_NEEDED_OR_NOT: i32 = OTHER_NEEDED | SACKED | RECOVERY | LOSS | PROBED | LAST_FIN

/** Notes a plain packet (decodePlainTcp) of the direction `d`, which was not seen before, if it is calm. If not, false: then nothing was changed. */
export function note(row: i32, time: f64, d: Sender, other: Sender): bool {
  const state = d.state
  if ((packet.tcpFlags & FLAGS) !== FLAG.ack || (state & NEEDED_OR_NOT) !== NEEDED) return false
  const otherState = other.state
  if ((otherState & OTHER_NEEDED_OR_NOT) !== OTHER_NEEDED) return false
  if ((otherState & NO_SACK) !== 0 && other.arrived > 0) return false
  const seq = packet.seq
  const ipId = packet.ipId
  if (seq !== d.next || d.hidden !== 0 || isOlder(d, ipId) || missingBefore(d, ipId) !== 0) return false
  // The handshake still tells a round trip.
  if (other.senderSide === 0 && d.senderSide !== 0) return false
  const length = packet.payloadLength
  const end = seq + length
  const ack = packet.ack
  const una = other.una
  const advance = ack - una
  const lastRepetition = other.lastRepetition
  if (length === 0) {
    if (advance === 0) return false
  } else {
    if (advance === 0 && lastRepetition !== NONE) return false
    if ((state & ACKED) !== 0 && end - d.una <= 0) return false
  }

  noteIpId(d, ipId, length)
  const hasTimestamps = packet.hasTimestamps !== 0
  const tsval = hasTimestamps ? packet.tsval : 0
  if (hasTimestamps && tsval - d.lastTsval > 0) d.lastTsval = tsval
  if (d.provoked > 0) d.provoked--
  if (length !== 0) {
    d.sendTime = time
    d.next = end
    sent.add(d, seq, end, row, time, ipId, tsval, false)
  }
  if (advance > 0) {
    other.una = ack
    other.newsTime = time
    other.duplicateAcks = 0
    if (lastRepetition !== NONE) needs.acknowledged(other, d, una, ack, time, 0, false)
    const last = sent.acknowledge(other, d, ack)
    if (last !== NONE && sent.sentOnce(last)) {
      noteRoundTrip(other, sent.since(last, time))
      if ((lastRepetition | d.lastRepetition) !== NONE) handshakes.review(other, d)
    }
  }
  d.window = <u16>packet.window
  return true
}
