import { PROTOCOL } from '../../decode/protocols.ts'
import { u16At, u8At } from '../bytes.ts'
import { packet } from '../packet.ts'
import { byEthertype } from './ethertype.ts'

/**
 * IEEE 802.2, and SNAP (RFC 1042) in it.
 *
 *     +------+------+---------+
 *     | DSAP | SSAP | control |           control: 2 bytes in information and supervisory frames, 1 in unnumbered ones
 *     +------+------+---------+---------+-------------+
 *     | aa   | aa   | 03      | OUI (3) | protocol (2)|       OUI 00 00 00: an EtherType
 *     +------+------+---------+---------+-------------+
 */
export function decodeLlc(): i32 {
  const at = packet.at
  if (!packet.layer(PROTOCOL.llc, at) || !packet.has(at, 3)) return 0
  const dsap = u8At(at)
  const control = u8At(at + 2)
  const headerLength = (control & 3) === 3 ? 3 : 4
  if (!packet.has(at, headerLength)) return 0
  packet.at = at + headerLength
  if (dsap === 0xaa && u8At(at + 1) === 0xaa && control === 3) {
    if (!packet.has(at, 8)) return 0
    packet.at = at + 8
    const oui = (u8At(at + 3) << 16) | (u8At(at + 4) << 8) | u8At(at + 5)
    const type = u16At(at + 6)
    // Cisco's own numbers; the bridged frame (0x00000c with 0x2000) is the discovery protocol.
    if (oui === 0x00000c) return type === 0x2000 ? PROTOCOL.cdp : PROTOCOL.data
    // 0x0000f8 is the bridge tunnel encapsulation of IEEE 802.1H: also an EtherType.
    return oui === 0 || oui === 0x0000f8 ? byEthertype(type) : PROTOCOL.data
  }
  switch (dsap) {
    case 0x06:
      return PROTOCOL.ip
    case 0x42:
      return PROTOCOL.stp
    case 0xe0:
      return PROTOCOL.ipx
    case 0xf0:
      return PROTOCOL.netbios
    case 0xfe:
      return PROTOCOL.osi
    default:
      return PROTOCOL.data
  }
}
