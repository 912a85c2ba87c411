import { DECODE_ERROR } from '../../decode/packet-codes.ts'
import { PROTOCOL } from '../../decode/protocols.ts'
import { u16At, u8At } from '../bytes.ts'
import { packet } from '../packet.ts'
import { byEthertype } from './ethertype.ts'

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
export function decodeGre(): i32 {
  const at = packet.at
  if (!packet.layer(PROTOCOL.gre, at) || !packet.has(at, 4)) return 0
  const flags = u16At(at)
  const type = u16At(at + 2)
  let length = 4
  if (flags & (CHECKSUM | ROUTING)) length += 4
  if (flags & KEY) length += 4
  if (flags & SEQUENCE) length += 4
  if ((flags & VERSION) === 1 && (flags & ACKNOWLEDGMENT) !== 0) length += 4
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
      if (packet.has(packet.at, 1) && u8At(packet.at) !== 0x45) packet.at += 4
      return PROTOCOL.ip
    default:
      // Aruba's access points number their radios from 8200 on.
      return type >= 0x8200 && type <= 0x8210 ? PROTOCOL.wlan : byEthertype(type)
  }
}
