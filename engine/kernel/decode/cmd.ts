import { PROTOCOL } from '../../decode/protocols.ts'
import { u16At } from '../bytes.ts'
import { packet } from '../packet.ts'
import { byEthertype } from './ethertype.ts'

/**
 * Cisco metadata (TrustSec): version (1), length (1), option (2), security group tag (2), EtherType (2).
 * Inside GRE the EtherType comes first.
 */
export function decodeCiscoMetadata(): i32 {
  const at = packet.at
  if (!packet.layer(PROTOCOL.cmd, at) || !packet.has(at, 8)) return 0
  packet.at = at + 8
  if (packet.layers[packet.layerCount - 2] === PROTOCOL.gre) return byEthertype(u16At(at))
  return packet.layer(PROTOCOL.ethertype, at + 8) ? byEthertype(u16At(at + 6)) : 0
}
