import { LINK_TYPE } from '../../decode/link-type.ts'
import { PROTOCOL } from '../../decode/protocols.ts'
import { u8At } from '../bytes.ts'
import { packet } from '../packet.ts'

const EXCEPTION = 0xff

/**
 * LINKTYPE_ARCNET_LINUX; LINKTYPE_ARCNET_BSD is the same without the offset.
 *
 *      0        1             2        4          5
 *     +--------+-------------+--------+----------+----------------------------
 *     | source | destination | offset | protocol | RFC 1201: split flag, sequence (2)
 *     +--------+-------------+--------+----------+----------------------------
 */
export function decodeArcnet(): i32 {
  const at = packet.at
  const length = packet.linkType === LINK_TYPE.arcnetLinux ? 5 : 3
  if (!packet.layer(PROTOCOL.arcnet, at) || !packet.has(at, length)) return 0
  packet.at = at + length
  switch (u8At(at + length - 1)) {
    case 0xf0: // RFC 1051, without the header of RFC 1201
      return PROTOCOL.ip
    case 0xf1:
      return PROTOCOL.arp
    case 0xd4:
      return splitHeader() ? PROTOCOL.ip : 0
    case 0xd5:
    case 0xd6:
      return splitHeader() ? PROTOCOL.arp : 0
    default:
      return PROTOCOL.data
  }
}

/** A short packet that would collide with a control length is padded by a second, "exception" header before the real one. */
function splitHeader(): bool {
  const at = packet.at
  if (!packet.has(at, 3)) return false
  packet.at = at + (u8At(at) === EXCEPTION ? 7 : 3)
  return true
}
