import { PROTOCOL } from '../../decode/protocols.ts'
import { u8At } from '../bytes.ts'
import { packet } from '../packet.ts'

const NEXT_PROTOCOL_PRESENT = 0x04
/** UDP port of the generic protocol extension, where byte 3 counts whatever the flag says. */
const EXTENDED_PORT = 4790

/**
 * RFC 7348; with the P flag the generic protocol extension, whose byte 3 says what follows.
 *
 *      0               8               24              32
 *     +---------------+---------------+---------------+
 *   0 | R R R R I P R R| reserved     | next protocol |
 *     +---------------+---------------+---------------+
 *   4 | VXLAN network identifier      | reserved      |
 *     +-------------------------------+---------------+
 */
export function decodeVxlan(): i32 {
  const at = packet.at
  if (!packet.layer(PROTOCOL.vxlan, at) || !packet.has(at, 8)) return 0
  packet.vni = (u8At(at + 4) << 16) | (u8At(at + 5) << 8) | u8At(at + 6)
  packet.at = at + 8
  if (!(u8At(at) & NEXT_PROTOCOL_PRESENT) && packet.destinationPort !== EXTENDED_PORT) return PROTOCOL.eth
  switch (u8At(at + 3)) {
    case 1:
      return PROTOCOL.ip
    case 2:
      return PROTOCOL.ipv6
    case 0:
    case 3:
      return PROTOCOL.eth
    case 5:
      return PROTOCOL.mpls
    default:
      return PROTOCOL.data
  }
}
