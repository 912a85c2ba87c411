import { PROTOCOL } from '../../decode/protocols.ts'
import { u16At } from '../bytes.ts'
import { packet } from '../packet.ts'
import { byEthertype } from './ethertype.ts'

const RECEIVER_ADDRESS = 40

/** LINKTYPE_IPOIB: the InfiniBand addresses (40), then RFC 4391: EtherType (2), reserved (2). */
export function decodeIpoib(): i32 {
  const at = packet.at
  if (!packet.layer(PROTOCOL.ipoib, at) || !packet.has(at, RECEIVER_ADDRESS + 4)) return 0
  packet.at = at + RECEIVER_ADDRESS + 4
  return byEthertype(u16At(at + RECEIVER_ADDRESS))
}
