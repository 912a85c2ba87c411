import { PROTOCOL } from '../../decode/protocols.ts'
import { u8At } from '../bytes.ts'
import { packet } from '../packet.ts'

/**
 * RFC 1661 in HDLC-like framing (RFC 1662): address ff and control 03 may be left out, and so may the first byte of the protocol
 * when it is 0; a protocol's last byte is always odd.
 *
 *     +------+------+------------+---------
 *     |  ff  |  03  | protocol   |
 *     +------+------+------------+---------
 */
export function decodePpp(): i32 {
  let at = packet.at
  if (!packet.layer(PROTOCOL.ppp, at) || !packet.has(at, 2)) return 0
  if (u8At(at) === 0xff && u8At(at + 1) === 0x03) {
    at += 2
    if (!packet.has(at, 1)) return 0
  }
  let protocol = u8At(at)
  if (protocol & 1) {
    packet.at = at + 1
  } else {
    if (!packet.has(at, 2)) return 0
    protocol = (protocol << 8) | u8At(at + 1)
    packet.at = at + 2
  }
  return byPppProtocol(protocol)
}

function byPppProtocol(protocol: i32): i32 {
  switch (protocol) {
    case 0x0021:
      return PROTOCOL.ip
    case 0x0057:
      return PROTOCOL.ipv6
    case 0x0281:
    case 0x0283:
      return PROTOCOL.mpls
    case 0x0023:
      return PROTOCOL.osi
    case 0x002b:
      return PROTOCOL.ipx
    default:
      return PROTOCOL.data
  }
}
