import { DECODE_ERROR } from '../../decode/packet-codes.ts'
import { PROTOCOL } from '../../decode/protocols.ts'
import { u16At, u8At } from '../bytes.ts'
import { packet } from '../packet.ts'
import { byEthertype, IPV4 } from './ethertype.ts'

/**
 *      0                 6                12       14
 *     +-----------------+-----------------+--------+------
 *     | destination MAC | source MAC      | type   |          Ethernet II: type >= 0x0600
 *     |                 |                 | length | LLC      802.3: length <= 1500
 *     +-----------------+-----------------+--------+------
 */
export function decodeEthernet(): i32 {
  const at = packet.at
  if (!packet.layer(PROTOCOL.eth, at) || !packet.has(at, 14)) return 0
  packet.beginFrame(at + 6, at)
  return decodeLengthOrType(at + 12)
}

/** The two bytes at `at` that are an EtherType or the length of an LLC frame, as after MAC addresses and after a VLAN tag. */
export function decodeLengthOrType(at: i32): i32 {
  const type = u16At(at)
  packet.at = at + 2
  if (type < 0x600) return decodeLength(at, type)
  if (!packet.layer(PROTOCOL.ethertype, at + 2)) return 0
  return type === IPV4 ? PROTOCOL.ip : byEthertype(type)
}

function decodeLength(at: i32, length: i32): i32 {
  // 1501..1535 is neither a length nor a type.
  if (length > 1500) return packet.fail(DECODE_ERROR.malformed, at)
  packet.endAt(at + 2 + length)
  // Novell's "raw 802.3": no LLC, the IPX checksum (always ffff) comes at once.
  if (at + 4 <= packet.end && u8At(at + 2) === 0xff && u8At(at + 3) === 0xff) return PROTOCOL.ipx
  return PROTOCOL.llc
}
