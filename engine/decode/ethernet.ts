import { byEthertype } from './ethertype.ts'
import { DECODE_ERROR, NETWORK, type Packet, TRANSPORT } from './packet.ts'
import { PROTOCOL } from './protocols.ts'

/**
 *      0                 6                12       14
 *     +-----------------+-----------------+--------+------
 *     | destination MAC | source MAC      | type   |          Ethernet II: type >= 0x0600
 *     |                 |                 | length | LLC      802.3: length <= 1500
 *     +-----------------+-----------------+--------+------
 */
export function decodeEthernet(packet: Packet): number {
  const at = packet.at
  if (!packet.layer(PROTOCOL.eth, at) || !packet.has(at, 14)) return 0
  // A frame inside a tunnel: what was learned of the packet around it no longer describes the innermost one.
  packet.network = NETWORK.none
  packet.transport = TRANSPORT.none
  packet.fragment = false
  packet.destinationAt = at
  packet.sourceAt = at + 6
  return decodeLengthOrType(packet, at + 12)
}

/** The two bytes at `at` that are an EtherType or the length of an LLC frame, as after MAC addresses and after a VLAN tag. */
export function decodeLengthOrType(packet: Packet, at: number): number {
  const { bytes } = packet
  const type = (bytes[at] << 8) | bytes[at + 1]
  packet.at = at + 2
  if (type >= 0x600) {
    return packet.layer(PROTOCOL.ethertype, at + 2) ? byEthertype(type) : 0
  }
  // 1501..1535 is neither a length nor a type.
  if (type > 1500) return packet.fail(DECODE_ERROR.malformed, at)
  const limit = at + 2 + type
  if (limit < packet.limit) packet.limit = limit
  // Novell's "raw 802.3": no LLC, the IPX checksum (always ffff) comes at once.
  if (at + 4 <= packet.end && bytes[at + 2] === 0xff && bytes[at + 3] === 0xff) return PROTOCOL.ipx
  return PROTOCOL.llc
}
