import { PROTOCOL } from '../../decode/protocols.ts'
import { packet } from '../packet.ts'

/** Protocols that end the layers by their nature: group membership, and what is encrypted from here on. */
export function decodeOpaque(protocol: i32): i32 {
  const at = packet.at
  if (!packet.layer(protocol, at)) return 0
  // ESP: SPI and sequence number; IGMP: its shortest message. A WireGuard message's length was looked at to recognise it.
  if (protocol !== PROTOCOL.wg) packet.has(at, 8)
  return 0
}
