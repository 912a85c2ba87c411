import { NETWORK, type Packet, TRANSPORT } from './packet.ts'
import { PROTOCOL } from './protocols.ts'

/**
 * LINKTYPE_FDDI: frame control (1), destination (6), source (6), then LLC when the frame control is 0101 .rrr.
 * The bits of the addresses may be in the order of the wire, the reverse of the usual; nobody can tell from the file.
 */
export function decodeFddi(packet: Packet): number {
  const { at, bytes } = packet
  if (!packet.layer(PROTOCOL.fddi, at) || !packet.has(at, 13)) return 0
  packet.network = NETWORK.none
  packet.transport = TRANSPORT.none
  packet.fragment = false
  packet.destinationAt = at + 1
  packet.sourceAt = at + 7
  packet.at = at + 13
  return (bytes[at] & 0xf0) === 0x50 ? PROTOCOL.llc : PROTOCOL.data
}
