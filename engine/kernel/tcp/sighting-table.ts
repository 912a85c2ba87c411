import { FLAG } from '../../columns/packet-columns.ts'
import { TABLE } from '../../kernel-tables.ts'
import { newTable, U16s, U8s } from '../memory.ts'
import { packet } from '../packet.ts'
import { LINUX_TTL } from './missing-ids.ts'

// Which packets were seen a moment ago, to tell the same packet seen twice from the same bytes sent twice: every transmission by Linux has its
// own IP ID (and most their own timestamp), a second sighting has the first one's. A fixed table: the newest packet of each slot, known by a
// second hash, if it is among the last 65,536.

const SLOTS: i32 = 1 << 16
/** A network that duplicates does so within this time; an IP ID comes round again no sooner on one connection. */
export const DUPLICATE_NS: f64 = 2e9
/** With neither IP ID nor timestamps a real repetition looks the same; only this close is it a copy. */
export const TWIN_NS: f64 = 0.2e6
/**
 * A host may keep the IP ID of what it sends again (RFC 1122 section 3.2.1.5): Linux does not, of others it looks the same where there are no timestamps,
 * and then only sooner than any timer (mechanism.ts) it is a copy.
 */
const RETAINED_NS: f64 = 150e6
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

@unmanaged
class Sighting {
  mark: i32
  /** 1 + row of the first one of the packet; 0 = none yet. */
  row: i32
  /** Of the last one. */
  time: f64
}

/** The last packets, one behind the other, in a ring. */
const RING: i32 = 1 << 16
const ring: usize = newTable(TABLE.sightings, RING * <i32>offsetof<Sighting>())
let newest: i32 = 0

// Where each packet writes to a place at random: as little as can be, so that it stays in the cache.

/** The low byte of each slot's mark: mostly it tells that nothing else need be read. */
const hints = changetype<U8s>(newTable(TABLE.sightingHints, SLOTS))
/** Where in the ring each slot's packet is, or was. */
const places = changetype<U16s>(newTable(TABLE.sightingPlaces, SLOTS * 2))

function at(place: i32): Sighting {
  return changetype<Sighting>(ring + <usize>(place * <i32>offsetof<Sighting>()))
}

export const UNSEEN: i32 = -1
/** Seen before, but so long ago that its sender may have sent it again, with the IP ID that it had. */
export const RETAINED: i32 = -2

/** The row at which exactly this packet was seen before, UNSEEN or RETAINED; from now on it is seen. */
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
  if (hints[slot] === (b & 0xff)) {
    const known = at(places[slot])
    if (known.row !== 0 && known.mark === b) {
      const since = time - known.time
      const mayRetain = ipId !== 0 && !hasTimestamps && packet.ttl > LINUX_TTL
      if (mayRetain && since >= RETAINED_NS) {
        known.time = time
        known.row = row + 1
        return RETAINED
      }
      const limit = ipId !== 0 || hasTimestamps ? DUPLICATE_NS : isSynAck() ? HANDSHAKE_TIMER_NS : TWIN_NS
      if (since >= -DUPLICATE_NS && since < limit) {
        known.time = time
        return known.row - 1
      }
    }
  }
  newest = (newest + 1) & (RING - 1)
  hints[slot] = b
  places[slot] = newest
  const sighting = at(newest)
  sighting.mark = b
  sighting.row = row + 1
  sighting.time = time
  return UNSEEN
}

function isSynAck(): bool {
  return (packet.tcpFlags & (FLAG.syn | FLAG.ack)) === (FLAG.syn | FLAG.ack)
}
