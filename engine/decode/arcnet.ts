import { LINK_TYPE } from './link-type.ts'
import type { Packet } from './packet.ts'
import { PROTOCOL } from './protocols.ts'

const EXCEPTION = 0xff

/**
 * LINKTYPE_ARCNET_LINUX; LINKTYPE_ARCNET_BSD is the same without the offset.
 *
 *      0        1             2        4          5
 *     +--------+-------------+--------+----------+----------------------------
 *     | source | destination | offset | protocol | RFC 1201: split flag, sequence (2)
 *     +--------+-------------+--------+----------+----------------------------
 */
export function decodeArcnet(packet: Packet): number {
  const { at, bytes } = packet
  const length = packet.linkType === LINK_TYPE.arcnetLinux ? 5 : 3
  if (!packet.layer(PROTOCOL.arcnet, at) || !packet.has(at, length)) return 0
  packet.at = at + length
  switch (bytes[at + length - 1]) {
    case 0xf0: // RFC 1051, without the header of RFC 1201
      return PROTOCOL.ip
    case 0xf1:
      return PROTOCOL.arp
    case 0xd4:
      return splitHeader(packet) ? PROTOCOL.ip : 0
    case 0xd5:
    case 0xd6:
      return splitHeader(packet) ? PROTOCOL.arp : 0
    default:
      return PROTOCOL.data
  }
}

/** A short packet that would collide with a control length is padded by a second, "exception" header before the real one. */
function splitHeader(packet: Packet): boolean {
  const { at, bytes } = packet
  if (!packet.has(at, 3)) return false
  packet.at = at + (bytes[at] === EXCEPTION ? 7 : 3)
  return true
}
