import { NEED } from '../../tcp/verdict-codes.ts'
import { packet } from '../packet.ts'
import { isByTimer, LOOKED_AT, NONE, Repetition, repetitionAt as at } from './repetition-table.ts'
import { LAST_FIN, Sender } from './sender-table.ts'
import * as verdicts from './verdicts.ts'

// What the end of a connection tells of repetitions that nothing acknowledged: whether the receiver had the bytes, most likely.

/** How late a timer and what it sends may be. */
const SLACK_NS: f64 = 50e6
/** By how much two timers of the same time may differ: Linux's tick 100 times a second and more. */
const TICKS_NS: f64 = 10e6
/** Linux's timestamps tick once a millisecond. */
const TICK_NS: f64 = 1e6

/**
 * A FIN is repeated for the second time (`before` is the first), and nothing else acknowledged what the other side had sent. That
 * would have been sent again by now had no FIN come: both ends see the same round trip, and so wait about as long.
 */
export function isHeeded(d: Sender, other: Sender, before: i32, time: f64): bool {
  if ((d.state & LAST_FIN) === 0 || at(before).seq !== packet.seq || other.sendTime > at(before).time) return false
  const last = other.lastRepetition
  if (last === NONE || at(last).time < other.sendTime) return true
  // Repeated before, it waits twice as long (RFC 6298 section 5.5). What was first sent unseen was so since what came before, at the earliest.
  const cost = verdicts.cost(at(last).entry)
  const wait = cost > 0 ? cost : <f64>at(last).ticks * TICK_NS
  return wait > 0 && time - other.sendTime > wait * 2 + SLACK_NS
}

/** The newest repetitions, of the same bytes, that nothing is known of. */
export function setHeeded(d: Sender, other: Sender): void {
  let name = d.lastRepetition
  const seq = at(name).seq
  for (let n = 0; n < LOOKED_AT && name !== NONE && at(name).seq === seq; n++) {
    const repetition = at(name)
    name = repetition.before
    const isFirst = name === NONE || at(name).seq !== seq
    if (isFirst && !isLate(d, other, repetition)) return
    const need = verdicts.need(repetition.entry)
    if (need === NEED.unknown || need === NEED.likely) verdicts.setNeed(repetition.entry, NEED.heeded)
  }
}

/** When the first repetition came to the other side, that would have begun to send again what the one before was lost with. */
function isLate(d: Sender, other: Sender, first: Repetition): bool {
  const wait = verdicts.cost(first.entry)
  return wait > 0 && first.time - wait - other.sendTime + d.senderSide + d.roundTrip > TICKS_NS
}

/** The other side does send again what the repetitions of `d` acknowledged. */
export function takeBackHeeded(d: Sender): void {
  let name = d.lastRepetition
  for (let n = 0; n < LOOKED_AT && name !== NONE && verdicts.need(at(name).entry) === NEED.heeded; n++) {
    verdicts.setNeed(at(name).entry, NEED.unknown)
    name = at(name).before
  }
}

/**
 * A reset with the sequence number `seq` answers the newest repetition at an end whose connection is gone, which did not say so here. If it had
 * acknowledged what was sent along with the first transmission, that had most likely come as well: an ACK of it was still delayed, or was lost
 * with what ended the connection.
 */
export function ended(d: Sender, seq: i32): void {
  let first = d.lastRepetition
  if (at(first).ack !== seq) return
  const begin = at(first).seq
  for (let n = 0; n < LOOKED_AT; n++) {
    const entry = at(first).entry
    if (verdicts.need(entry) !== NEED.unknown || !isByTimer(at(first)) || verdicts.cost(entry) === 0) return
    const before = at(first).before
    if (before === NONE || at(before).seq !== begin) break
    first = before
  }
  if (d.newsTime <= at(first).time - verdicts.cost(at(first).entry)) return
  for (let name = d.lastRepetition; name !== at(first).before; name = at(name).before) {
    verdicts.setNeed(at(name).entry, NEED.ended)
  }
}
