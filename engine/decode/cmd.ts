import { byEthertype } from './ethertype.ts'
import type { Packet } from './packet.ts'
import { PROTOCOL } from './protocols.ts'

/**
 * Cisco metadata (TrustSec): version (1), length (1), option (2), security group tag (2), EtherType (2).
 * Inside GRE the EtherType comes first.
 */
export function decodeCiscoMetadata(packet: Packet): number {
  const { at, bytes } = packet
  if (!packet.layer(PROTOCOL.cmd, at) || !packet.has(at, 8)) return 0
  packet.at = at + 8
  if (packet.layers[packet.layerCount - 2] === PROTOCOL.gre) return byEthertype((bytes[at] << 8) | bytes[at + 1])
  return packet.layer(PROTOCOL.ethertype, at + 8) ? byEthertype((bytes[at + 6] << 8) | bytes[at + 7]) : 0
}
