import { FLAG } from '../../columns/packet-columns.ts'
import { TABLE } from '../../kernel-tables.ts'
import { timeOf } from '../columns/packet-columns.ts'
import { F64s, I32s, newTable, U8s } from '../memory.ts'
import { packet } from '../packet.ts'

// Which packets were seen a moment ago, to tell the same packet seen twice from the same bytes sent twice: every transmission by Linux has its
// own IP ID (and most their own timestamp), a second sighting has the first one's. A fixed table: the newest packet of each slot, known by a
// second hash.

const SLOTS: i32 = 1 << 16
/** A network that duplicates does so within this time; an IP ID comes round again no sooner on one connection. */
const DUPLICATE_NS: f64 = 2e9
/** With neither IP ID nor timestamps a real repetition looks the same; only this close is it a copy. */
const TWIN_NS: f64 = 0.2e6
/** So is a SYN-ACK: no timer repeats it before this (RFC 6298 waits a second). */
export const HANDSHAKE_TIMER_NS: f64 = 0.9e9

const A: i32 = <i32>0x9e3779b1
const B: i32 = <i32>0x85ebca6b
const C: i32 = <i32>0xc2b2ae35
const D: i32 = 0x27d4eb2f
const E: i32 = 0x165667b1
const F: i32 = 0x2c1b3c6d
const G: i32 = 0x297a2d39
const WITHOUT_TIMESTAMPS: i32 = 0x5bd1e995

/**
 * For each slot the mark and 1 + row, 0 = none; negative once it was seen again, when that was is in `again` then. Each packet writes to a
 * place of it at random, which mostly is in no cache any more.
 */
const words = changetype<I32s>(newTable(TABLE.sightingWords, SLOTS * 2 * 4))
const again = changetype<F64s>(newTable(TABLE.sightingAgain, SLOTS * 8))
/** The low byte of each slot's mark. It stays in the cache, and mostly tells that nothing else need be read. */
const hints = changetype<U8s>(newTable(TABLE.sightingHints, SLOTS))

/** The row at which exactly this packet was seen before, or -1; from now on it is seen. */
export function see(ipId: i32, row: i32, time: f64): i32 {
  const hasTimestamps = packet.hasTimestamps !== 0
  let a = ((packet.seq ^ (ipId * A)) * B) ^ (packet.ack * C)
  const timestamps = hasTimestamps ? packet.tsval ^ (packet.tsecr * D) : WITHOUT_TIMESTAMPS
  a ^= ((packet.sourcePort << 16) ^ packet.destinationPort) * E
  a = (a ^ (a >>> 15)) * F
  let b = a ^ (timestamps * G) ^ (packet.payloadLength * A)
  b ^= ((packet.tcpFlags << 16) ^ packet.window) * B
  for (let i = 0; i < packet.sackBlocks * 2; i++) b = (b ^ packet.sack[i]) * F
  b = (b ^ (b >>> 13)) * C
  b = b ^ (b >>> 16)
  const slot = (a ^ (a >>> 16) ^ timestamps) & (SLOTS - 1)
  const isNew = hints[slot] !== (b & 0xff)
  const known = isNew ? 0 : words[slot * 2 + 1]
  if (known !== 0 && words[slot * 2] === b) {
    const before = (known > 0 ? known : -known) - 1
    const since = time - (known > 0 ? timeOf(before) : again[slot])
    const limit = ipId !== 0 || hasTimestamps ? DUPLICATE_NS : isSynAck() ? HANDSHAKE_TIMER_NS : TWIN_NS
    if (since >= -DUPLICATE_NS && since < limit) {
      words[slot * 2 + 1] = -(before + 1)
      again[slot] = time
      return before
    }
  }
  if (isNew) hints[slot] = b
  words[slot * 2] = b
  words[slot * 2 + 1] = row + 1
  return -1
}

function isSynAck(): bool {
  return (packet.tcpFlags & (FLAG.syn | FLAG.ack)) === (FLAG.syn | FLAG.ack)
}
