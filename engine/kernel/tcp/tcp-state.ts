import { TABLE } from '../../kernel-tables.ts'
import { newColumns } from '../columns/sparse-columns.ts'
import * as connections from './connection-table.ts'
import * as directions from './directions.ts'
import * as troubles from './trouble-table.ts'

// What the analysis remembers besides its tables. All in all about 110 bytes a conversation that nothing happened to.

/** Of duplicate ACKs: their number, and 1 + the row of the original. */
export const duplicateAcks = newColumns(TABLE.duplicateAcks)
/** Of retransmissions: 1 + the row that `rto` counts from, or 0. */
export const retransmissions = newColumns(TABLE.retransmissions)
/** Segments whose length can't be told. */
export const withoutLength = newColumns(TABLE.withoutLength)

/**
 * Segments for which Wireshark keeps a record though there may be nothing to show in it: repeated SYNs, and those whose bytes in
 * flight came out as none because SACK blocks outweighed them.
 */
export const emptyRecords = newColumns(TABLE.emptyRecords)

/** Nanoseconds from 1970 to the capture's first frame; a very large number if nobody knows. */
export let epoch: f64 = f64.MAX_VALUE

export function setEpoch(nanoseconds: f64): void {
  epoch = nanoseconds
}

/** Makes room for the conversation. */
export function reserve(conversation: i32): void {
  if (conversation >= connections.capacity) growFor(conversation)
  directions.reserve(conversation * 2)
}

function growFor(conversation: i32): void {
  while (conversation >= connections.capacity) connections.grow()
}

/** The conversation's record in the trouble table, made if there is none. */
export function troubleOf(conversation: i32): i32 {
  const known = connections.trouble[conversation]
  if (known !== 0) return known
  const record = troubles.create()
  connections.trouble[conversation] = record
  return record
}
