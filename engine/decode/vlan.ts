import { decodeLengthOrType } from './ethernet.ts'
import type { Packet } from './packet.ts'

/**
 * 802.1Q and 802.1ad, after their own EtherType.
 *
 *      0        3   4               16               32
 *     +--------+---+---------------+----------------+
 *     |priority|DEI| VLAN id (12)  | type or length |
 *     +--------+---+---------------+----------------+
 */
export function decodeVlan(packet: Packet, protocol: number): number {
  const { at, bytes } = packet
  if (!packet.layer(protocol, at) || !packet.has(at, 4)) return 0
  packet.vlan = ((bytes[at] << 8) | bytes[at + 1]) & 0xfff
  return decodeLengthOrType(packet, at + 2)
}
