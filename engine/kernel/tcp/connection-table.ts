import { FLAG } from '../../columns/packet-columns.ts'
import { TABLE } from '../../kernel-tables.ts'
import { SEEN } from '../../tcp/connection-table.ts'
import { doubleTable, I32s, newTable, U16s } from '../memory.ts'

// How far each connection got, its initial round-trip time, and where its troubles are noted; one row a conversation.

const BOTH: i32 = 3

/** How many conversations there is room for. */
export let capacity: i32 = 64
/** See SEEN. */
export let seen = changetype<U16s>(newTable(TABLE.connectionSeen, capacity * 2))
/** 1 + row of the newest SYN (without ACK). */
export let synRow = changetype<I32s>(newTable(TABLE.connectionSynRow, capacity * 4))
/** 1 + row of the first ACK without SYN after it, which ends the initial round-trip time. */
export let rttRow = changetype<I32s>(newTable(TABLE.connectionRttRow, capacity * 4))
/** 1 + record in the trouble table. */
export let trouble = changetype<I32s>(newTable(TABLE.connectionTrouble, capacity * 4))

/** Twice the capacity. */
export function grow(): void {
  seen = changetype<U16s>(doubleTable(TABLE.connectionSeen))
  synRow = changetype<I32s>(doubleTable(TABLE.connectionSynRow))
  rttRow = changetype<I32s>(doubleTable(TABLE.connectionRttRow))
  trouble = changetype<I32s>(doubleTable(TABLE.connectionTrouble))
  capacity *= 2
}

/** The old connection is over, so that a SYN begins another one even with the same sequence number. */
export function isEnding(conversation: i32): bool {
  return (seen[conversation] & SEEN.ending) !== 0
}

/** The first SYN of a direction: what ended before it was another connection. */
export function begin(conversation: i32): void {
  seen[conversation] &= ~SEEN.ending
}

/**
 * Notes a segment of the direction (0 = from A) whose flags may move the connection on. `acksAll`: it acknowledges everything
 * seen from the other end, and so its FIN if there was one.
 */
export function note(conversation: i32, direction: i32, flags: i32, acksAll: bool): void {
  let bits = seen[conversation]
  const other = direction ^ 1
  const acks = (flags & FLAG.ack) !== 0
  if ((flags & FLAG.syn) !== 0) bits |= (acks ? SEEN.synAck : SEEN.syn) << direction
  else if (acks && (bits & (SEEN.synAck << other)) !== 0) bits |= SEEN.handshake
  if ((flags & FLAG.fin) !== 0) bits |= SEEN.fin << direction
  if ((flags & FLAG.rst) !== 0 || (acks && (flags & FLAG.fin) !== 0)) bits |= SEEN.ending
  if ((flags & FLAG.rst) !== 0) bits |= SEEN.rst << direction
  else if (acks && acksAll && (bits & (SEEN.fin << other)) !== 0) bits |= SEEN.finAcked << other
  seen[conversation] = bits
}

export function wasReset(conversation: i32): bool {
  return (seen[conversation] & (BOTH * SEEN.rst)) !== 0
}

/** The end has sent a SYN and not yet answered the SYN-ACK: the system of a scanner that brings its own TCP resets what that goes on with. */
export function isOpening(conversation: i32, direction: i32): bool {
  return (seen[conversation] & ((SEEN.syn << direction) | SEEN.handshake)) === SEEN.syn << direction
}

/** Nothing but payload and ACKs is to be expected for now. */
export function isSettled(conversation: i32): bool {
  const bits = seen[conversation]
  if ((bits & (SEEN.rttOpen | (BOTH * (SEEN.fin | SEEN.rst)))) !== 0) return false
  return (bits & (BOTH * SEEN.synAck)) === 0 || (bits & SEEN.handshake) !== 0
}
