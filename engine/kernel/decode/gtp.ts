import { PROTOCOL } from '../../decode/protocols.ts'
import { u16At, u8At } from '../bytes.ts'
import { packet } from '../packet.ts'

const EXTENSION = 0x04
const ANY_OPTIONAL = 0x07
const G_PDU = 255

/** Version 1 with the protocol type bit: what else goes to its port is something else. */
export function isGtp(): bool {
  return packet.at < packet.end && u8At(packet.at) >> 4 === 0x3
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
export function decodeGtp(): i32 {
  const at = packet.at
  if (!packet.layer(PROTOCOL.gtp, at) || !packet.has(at, 8)) return 0
  packet.endAt(at + 8 + u16At(at + 2))
  if (u8At(at + 1) !== G_PDU) return 0
  let next = at + 8
  if (u8At(at) & ANY_OPTIONAL) {
    if (!packet.has(next, 4)) return 0
    next += 4
    // Each extension starts with its length in units of four bytes and ends with the type of the next one.
    let more = u8At(at) & EXTENSION ? u8At(next - 1) : 0
    while (more !== 0) {
      if (!packet.has(next, 1)) return 0
      const length = u8At(next) << 2
      if (length === 0 || !packet.has(next, length)) return 0
      next += length
      more = u8At(next - 1)
    }
  }
  packet.at = next
  return innerProtocol(next)
}

/**
 * Nothing says what is inside, so it is IP only if it looks like it: version, header length, and a length that fits. In a first
 * fragment it does not fit, and then the inner packet is not looked into, as in Wireshark.
 */
function innerProtocol(at: i32): i32 {
  const length = packet.limit - at
  if (length < 20 || !packet.has(at, 6)) return 0
  if (u8At(at) >= 0x45 && u8At(at) <= 0x4f) {
    return u16At(at + 2) <= length ? PROTOCOL.ip : 0
  }
  if (u8At(at) >> 4 === 6) return u16At(at + 4) + 40 <= length ? PROTOCOL.ipv6 : 0
  return 0
}
