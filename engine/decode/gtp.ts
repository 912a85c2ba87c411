import type { Packet } from './packet.ts'
import { PROTOCOL } from './protocols.ts'

const EXTENSION = 0x04
const ANY_OPTIONAL = 0x07
const G_PDU = 255

/** Version 1 with the protocol type bit: what else goes to its port is something else. */
export function isGtp(packet: Packet): boolean {
  return packet.at < packet.end && packet.bytes[packet.at] >> 4 === 0x3
}

/**
 * GTP-U, 3GPP TS 29.281. If any of E, S, PN is set, sequence number (2), N-PDU number (1) and next extension type (1) follow.
 *
 *      0      3    4   5   6   7    8              16                     32
 *     +------+----+---+---+---+----+--------------+----------------------+
 *   0 | ver 1| PT | - | E | S | PN | message type | length after byte 8   |
 *     +------+----+---+---+---+----+--------------+----------------------+
 *   4 | tunnel endpoint identifier                                       |
 *     +------------------------------------------------------------------+
 */
export function decodeGtp(packet: Packet): number {
  const { at, bytes } = packet
  if (!packet.layer(PROTOCOL.gtp, at) || !packet.has(at, 8)) return 0
  const limit = at + 8 + ((bytes[at + 2] << 8) | bytes[at + 3])
  if (limit < packet.limit) packet.limit = limit
  if (bytes[at + 1] !== G_PDU) return 0
  let next = at + 8
  if (bytes[at] & ANY_OPTIONAL) {
    if (!packet.has(next, 4)) return 0
    next += 4
    // Each extension starts with its length in units of four bytes and ends with the type of the next one.
    let more = bytes[at] & EXTENSION ? bytes[next - 1] : 0
    while (more !== 0) {
      if (!packet.has(next, 1)) return 0
      const length = bytes[next] << 2
      if (length === 0 || !packet.has(next, length)) return 0
      next += length
      more = bytes[next - 1]
    }
  }
  packet.at = next
  return innerProtocol(packet, next)
}

/**
 * Nothing says what is inside, so it is IP only if it looks like it: version, header length, and a length that fits. In a first
 * fragment it does not fit, and then the inner packet is not looked into, as in Wireshark.
 */
function innerProtocol(packet: Packet, at: number): number {
  const { bytes } = packet
  const length = packet.limit - at
  if (length < 20 || !packet.has(at, 6)) return 0
  if (bytes[at] >= 0x45 && bytes[at] <= 0x4f) {
    return ((bytes[at + 2] << 8) | bytes[at + 3]) <= length ? PROTOCOL.ip : 0
  }
  if (bytes[at] >> 4 === 6) return ((bytes[at + 4] << 8) | bytes[at + 5]) + 40 <= length ? PROTOCOL.ipv6 : 0
  return 0
}
