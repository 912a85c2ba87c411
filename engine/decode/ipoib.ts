import { byEthertype } from './ethertype.ts'
import type { Packet } from './packet.ts'
import { PROTOCOL } from './protocols.ts'

const RECEIVER_ADDRESS = 40

/** LINKTYPE_IPOIB: the InfiniBand addresses (40), then RFC 4391: EtherType (2), reserved (2). */
export function decodeIpoib(packet: Packet): number {
  const { at, bytes } = packet
  if (!packet.layer(PROTOCOL.ipoib, at) || !packet.has(at, RECEIVER_ADDRESS + 4)) return 0
  packet.at = at + RECEIVER_ADDRESS + 4
  return byEthertype((bytes[at + RECEIVER_ADDRESS] << 8) | bytes[at + RECEIVER_ADDRESS + 1])
}
