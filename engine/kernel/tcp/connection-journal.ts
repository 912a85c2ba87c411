import { FLAG } from '../../columns/packet-columns.ts'
import { SEEN } from '../../tcp/connection-table.ts'
import { BIT_SETTLED, BIT_ZERO_WINDOW, BITS, LAST_ROW, NEXT_ROW, NEXT_SEQ } from '../../tcp/directions.ts'
import { LABEL } from '../../tcp/labels.ts'
import { ZERO_WINDOW_ROW } from '../../tcp/recovery-table.ts'
import {
  INTERVALS,
  RESET_CAUSE,
  RESET_DIRECTION,
  RESET_ROW,
  RESET_SEQ,
  RESETS,
  SYN_ACK_RETRANSMISSIONS,
  SYN_RETRANSMISSIONS,
} from '../../tcp/trouble-table.ts'
import { VERDICT } from '../../tcp/verdict-codes.ts'
import { timeOf } from '../columns/packet-columns.ts'
import { I32s } from '../memory.ts'
import * as connections from './connection-table.ts'
import { directionAt } from './directions.ts'
import * as lostTime from './lost-time.ts'
import * as recovery from './recovery-table.ts'
import { goesOn, INJECTED, isOpen, REFUSED, resetCause } from './resets.ts'
import { atOrAfter } from './sequence.ts'
import { troubleOf } from './tcp-state.ts'
import * as troubles from './trouble-table.ts'
import * as unacked from './unacked-segments.ts'

// Notes what happened to each connection and what it cost. It reads the state as it was before the packet, so it is told of a
// packet before the packet becomes part of the state. `found` is conversation * 2 + direction; `f` and `r` are the records of its
// direction and the other.

/** Whether a packet can change what is noted; nearly none does. `bits` are its direction's. */
export function concernsJournal(flags: i32, window: i32, bits: i32): bool {
  if ((flags & (FLAG.syn | FLAG.fin | FLAG.rst)) !== 0 || (bits & BIT_SETTLED) === 0) return true
  return (window === 0) === ((bits & BIT_ZERO_WINDOW) === 0)
}

export function note(found: i32, flags: i32, seq: i32, ack: i32, window: i32, labels: i32, row: i32, time: f64): void {
  const conversation = found >>> 1
  const f = directionAt(found)
  const r = directionAt(found ^ 1)
  const isAck = (flags & FLAG.ack) !== 0

  if ((flags & FLAG.syn) !== 0) {
    if ((labels & LABEL.retransmission) !== 0) synAgain(f, conversation, isAck, row)
    if (!isAck && connections.rttRow[conversation] === 0) {
      connections.synRow[conversation] = row + 1
      connections.seen[conversation] |= SEEN.rttOpen
    }
  } else if (isAck && (connections.seen[conversation] & SEEN.rttOpen) !== 0) {
    endRtt(conversation, row, time)
  }
  if ((flags & FLAG.rst) !== 0) reset(found, flags, seq, window, row, time)
  else if (connections.wasReset(conversation)) afterReset(found, flags, seq, time)

  if ((f[BITS] & BIT_ZERO_WINDOW) !== 0) {
    if (window !== 0 || (flags & FLAG.rst) !== 0) reopenWindow(f, conversation, time)
  } else if ((labels & LABEL.zero_window) !== 0) {
    f[BITS] |= BIT_ZERO_WINDOW
    recovery.recordOf(f)[ZERO_WINDOW_ROW] = row + 1
  }

  const acksAll = r[NEXT_SEQ] !== 0 && atOrAfter(ack, r[NEXT_SEQ])
  connections.note(conversation, found & 1, flags, acksAll)
  const settled = connections.isSettled(conversation) ? BIT_SETTLED : 0
  f[BITS] = (f[BITS] & ~BIT_SETTLED) | settled
  r[BITS] = (r[BITS] & ~BIT_SETTLED) | settled
}

/** By its label a segment of the direction was sent again: what it carries was due since it was first sent. */
export function resent(f: I32s, seq: i32): void {
  // Where the first copy was not seen, the wait is at least since what was sent after it.
  openSince = unacked.oldestBeyond(f, seq) || f[NEXT_ROW]
  if (openSince !== 0) openCause = lostTime.RETRANSMISSION
}

const NOTHING: i32 = -1
/** What the packet that was told of costs, if it was sent again indeed, by cause; negative = nothing. See `settle`. */
export let openCause: i32 = NOTHING
/** 1 + the row since when; 0 = not known. */
let openSince: i32 = 0
/** Of a SYN that was sent again. */
let isSynAck: bool = false

/** The end goes on although it was reset in its name, if the packet was sent after that. */
let isForeign: bool = false

/** To be called, where there is an `openCause`, once it is known what the packet is: one that was captured twice cost nothing. */
export function settle(conversation: i32, verdict: i32, time: f64): void {
  if (isForeign && verdict !== VERDICT.copy && verdict !== VERDICT.reordered) {
    const trouble = troubles.at(troubleOf(conversation))
    trouble[RESET_CAUSE] = INJECTED
    trouble[RESET_ROW] = 0
  }
  isForeign = false
  if (verdict !== VERDICT.copy) {
    if (openCause === lostTime.SYN_TIMEOUT) {
      troubles.at(troubleOf(conversation))[isSynAck ? SYN_ACK_RETRANSMISSIONS : SYN_RETRANSMISSIONS]++
    }
    if (openSince !== 0) lose(conversation, openCause, timeOf(openSince - 1), time)
  }
  openCause = NOTHING
}

function lose(conversation: i32, cause: i32, from: f64, to: f64): void {
  const record = troubleOf(conversation)
  const trouble = troubles.at(record)
  trouble[INTERVALS] = lostTime.add(trouble[INTERVALS], from, to)
  troubles.addLost(record, cause, lostTime.added)
}

function synAgain(f: I32s, conversation: i32, isAck: bool, row: i32): void {
  const since = unacked.oldest(f) || (isAck ? f[LAST_ROW] : connections.synRow[conversation])
  openSince = since === row + 1 ? 0 : since
  openCause = lostTime.SYN_TIMEOUT
  isSynAck = isAck
}

function endRtt(conversation: i32, row: i32, time: f64): void {
  // A difference of nothing counts as none yet.
  if (timeOf(connections.synRow[conversation] - 1) === time) return
  connections.rttRow[conversation] = row + 1
  connections.seen[conversation] &= ~SEEN.rttOpen
}

function reopenWindow(f: I32s, conversation: i32, time: f64): void {
  const record = recovery.recordOf(f)
  const since = record[ZERO_WINDOW_ROW]
  record[ZERO_WINDOW_ROW] = 0
  f[BITS] &= ~BIT_ZERO_WINDOW
  lose(conversation, lostTime.ZERO_WINDOW, timeOf(since - 1), time)
}

function reset(found: i32, flags: i32, seq: i32, window: i32, row: i32, time: f64): void {
  const conversation = found >>> 1
  const trouble = troubles.at(troubleOf(conversation))
  trouble[RESETS]++
  if (trouble[RESET_CAUSE] !== 0) return
  const cause = resetCause(found, flags, seq, window, time)
  trouble[RESET_CAUSE] = cause
  if (isOpen(cause) && !connections.isOpening(conversation, found & 1)) {
    trouble[RESET_ROW] = row + 1
    trouble[RESET_SEQ] = seq
    trouble[RESET_DIRECTION] = found & 1
  }
  // What the peer had sent and nobody took was waited for in vain.
  const since = cause === REFUSED ? connections.synRow[conversation] : unacked.oldest(directionAt(found ^ 1))
  if (since !== 0) lose(conversation, lostTime.RESET, timeOf(since - 1), time)
}

/** A packet behind the reset may tell that the end did not send that, unless it was sent before: see `settle`. */
function afterReset(found: i32, flags: i32, seq: i32, time: f64): void {
  const trouble = troubles.at(troubleOf(found >>> 1))
  const since = trouble[RESET_ROW]
  if (since === 0) return
  if ((flags & FLAG.syn) !== 0) trouble[RESET_ROW] = 0
  else if (trouble[RESET_DIRECTION] === (found & 1)) {
    isForeign = goesOn(trouble[RESET_CAUSE], seq, trouble[RESET_SEQ], time - timeOf(since - 1))
    if (!isForeign || openCause >= 0) return
    openCause = lostTime.RETRANSMISSION
    openSince = 0
  }
}
