import { byEthertype } from './ethertype.ts'
import { DECODE_ERROR, type Packet } from './packet.ts'
import { PROTOCOL } from './protocols.ts'

const CHECKSUM = 0x8000
const ROUTING = 0x4000
const KEY = 0x2000
const SEQUENCE = 0x1000
const ACKNOWLEDGMENT = 0x0080
const VERSION = 0x0007

/**
 * RFC 2784 and 2890; version 1 (RFC 2637, PPTP) adds the acknowledgment. Each optional field is four bytes, in the order of the flags.
 *
 *      0 1 2 3         9       13  16                              32
 *     +-+-+-+-+-------+-------+---+-------------------------------+
 *   0 |C|R|K|S|       | A     |ver| protocol type (EtherType)     |
 *     +-+-+-+-+-------+-------+---+-------------------------------+
 *     [ checksum, offset ] [ key ] [ sequence ] [ acknowledgment ]
 */
export function decodeGre(packet: Packet): number {
  const { at, bytes } = packet
  if (!packet.layer(PROTOCOL.gre, at) || !packet.has(at, 4)) return 0
  const flags = (bytes[at] << 8) | bytes[at + 1]
  const type = (bytes[at + 2] << 8) | bytes[at + 3]
  let length = 4
  if (flags & (CHECKSUM | ROUTING)) length += 4
  if (flags & KEY) length += 4
  if (flags & SEQUENCE) length += 4
  if ((flags & VERSION) === 1 && flags & ACKNOWLEDGMENT) length += 4
  if (!packet.has(at, length)) return 0
  packet.at = at + length
  // Source routes (RFC 1701) are of variable length and long gone.
  if (flags & ROUTING) return packet.fail(DECODE_ERROR.notDecoded, at)
  if (packet.at >= packet.limit) return 0
  switch (type) {
    case 0x88be:
    case 0x22eb:
      return PROTOCOL.erspan
    case 0x883e:
      // WCCP may put its redirect header (4 bytes) before the packet.
      if (packet.has(packet.at, 1) && bytes[packet.at] !== 0x45) packet.at += 4
      return PROTOCOL.ip
    default:
      // Aruba's access points number their radios from 8200 on.
      return type >= 0x8200 && type <= 0x8210 ? PROTOCOL.wlan : byEthertype(type)
  }
}
