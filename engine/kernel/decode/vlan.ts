import { u16At } from '../bytes.ts'
import { packet } from '../packet.ts'
import { decodeLengthOrType } from './ethernet.ts'

/**
 * 802.1Q and 802.1ad, after their own EtherType.
 *
 *      0        3   4               16               32
 *     +--------+---+---------------+----------------+
 *     |priority|DEI| VLAN id (12)  | type or length |
 *     +--------+---+---------------+----------------+
 */
export function decodeVlan(protocol: i32): i32 {
  const at = packet.at
  if (!packet.layer(protocol, at) || !packet.has(at, 4)) return 0
  packet.vlan = u16At(at) & 0xfff
  return decodeLengthOrType(at + 2)
}
