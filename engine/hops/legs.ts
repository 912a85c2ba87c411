import { FLAG } from '../columns/packet-table.ts'
import { NETWORK } from '../decode/packet.ts'
import { addressKey } from '../query/conversation-names.ts'
import type { Member } from './connections.ts'
import type { HopTables } from './points.ts'

/** Addresses and ports under which a connection is seen: one leg on each side of a NAT. */
export interface Leg {
  readonly number: number
  readonly flipped: boolean
}

/** By conversation. One that began anew is on the same leg. */
export function legsOf(own: readonly Member[], tables: HopTables): ReadonlyMap<number, Leg> {
  const numbers = new Map<string, number>()
  const legs = new Map<number, Leg>()
  for (const { conversation, flipped } of own) {
    const key = own.length === 1 ? '' : legOf(tables, conversation, flipped)
    if (!numbers.has(key)) numbers.set(key, numbers.size)
    legs.set(conversation, { number: numbers.get(key) ?? 0, flipped })
  }
  return legs
}

/** Addresses and ports of a conversation, as text: another on each side of a NAT. */
export function legOf({ conversations }: HopTables, conversation: number, flipped: boolean): string {
  const { portA, portB } = conversations
  // An address of IPv6 has another key in each capture.
  const isV4 = conversations.network[conversation] === NETWORK.ipv4
  const addressOf = isV4 ? addressKey : (_: unknown, id: number, b: boolean) => conversations.addressText(id, b)
  const ends = [
    `${addressOf(conversations, conversation, false)} ${portA[conversation]}`,
    `${addressOf(conversations, conversation, true)} ${portB[conversation]}`,
  ]
  return (flipped ? ends.toReversed() : ends).join(' ')
}

/** Directions of a connection: from its end A to its end B, and back. */
export const TO_B = 0
export const TO_A = 1

export function directionOf(flags: number, { flipped }: Leg): number {
  return ((flags & FLAG.reverse) !== 0) === flipped ? TO_B : TO_A
}

/** Rows of conversations of one capture, in file order. */
export function rowsOf(own: readonly Member[]): Uint32Array {
  const parts = own.map(({ rows, conversation }) => rows.of(conversation))
  if (parts.length === 1) return parts[0]
  const all = new Uint32Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all.sort()
}
