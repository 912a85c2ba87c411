import { COUNT } from '../../kernel-tables.ts'
import { BIT_ZERO_WINDOW, BITS } from '../../tcp/directions.ts'
import { ZERO_WINDOW_ROW } from '../../tcp/recovery-table.ts'
import { INTERVALS, RESETS } from '../../tcp/trouble-table.ts'
import { lastRowOf } from '../columns/conversations.ts'
import { counts } from '../columns/counts.ts'
import { timeOf } from '../columns/packet-columns.ts'
import * as connections from './connection-table.ts'
import { directionAt } from './directions.ts'
import * as lostTime from './lost-time.ts'
import * as recovery from './recovery-table.ts'
import * as troubles from './trouble-table.ts'

// Who had trouble and what it cost, for those who ask outside. A window that is still closed counts up to the conversation's last packet.

/** The first conversation from `from` on of which anything was noted; -1 if there is none. */
export function nextTroubled(from: i32): i32 {
  const count = min(counts[COUNT.conversations], connections.capacity)
  for (let id = from; id < count; id++) if (connections.trouble[id] !== 0) return id
  return -1
}

/** The same of those with resets. */
export function nextReset(from: i32): i32 {
  let id = nextTroubled(from)
  while (id >= 0 && troubles.at(connections.trouble[id])[RESETS] === 0) id = nextTroubled(id + 1)
  return id
}

/** Nanoseconds that the conversation lost. */
export function lost(conversation: i32): f64 {
  let sum: f64 = 0
  for (let cause = 0; cause < lostTime.CAUSES; cause++) sum += lostTo(conversation, cause)
  return sum
}

/** Those of them that are charged to the cause, a number in LOST_TIME_CAUSES. */
export function lostTo(conversation: i32, cause: i32): f64 {
  const record = recordOf(conversation)
  if (record === 0) return 0
  const closed = troubles.lostTo(record, cause)
  if (cause !== lostTime.ZERO_WINDOW) return closed
  const intervals = troubles.at(record)[INTERVALS]
  return closed + lostTime.uncovered(intervals, closedSince(conversation), lastTime(conversation))
}

/** Those of them that lie in [from, to). */
export function lostWithin(conversation: i32, from: f64, to: f64): f64 {
  const record = recordOf(conversation)
  if (record === 0 || !(to > from)) return 0
  const intervals = troubles.at(record)[INTERVALS]
  const open = max<f64>(closedSince(conversation), from)
  return (
    to -
    from -
    lostTime.uncovered(intervals, from, to) +
    lostTime.uncovered(intervals, open, min<f64>(lastTime(conversation), to))
  )
}

function recordOf(conversation: i32): i32 {
  return conversation < connections.capacity ? connections.trouble[conversation] : 0
}

function lastTime(conversation: i32): f64 {
  return timeOf(lastRowOf(conversation))
}

/** The time from which a window is closed that still is; infinite if none is. If both are, the later interval lies within the earlier. */
function closedSince(conversation: i32): f64 {
  return min<f64>(closedSinceIn(conversation * 2), closedSinceIn(conversation * 2 + 1))
}

function closedSinceIn(found: i32): f64 {
  const direction = directionAt(found)
  if ((direction[BITS] & BIT_ZERO_WINDOW) === 0) return Infinity
  return timeOf(recovery.get(direction, ZERO_WINDOW_ROW) - 1)
}
