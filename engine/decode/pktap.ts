import { byLinkType } from './link-type.ts'
import { DECODE_ERROR, type Packet } from './packet.ts'
import { PROTOCOL } from './protocols.ts'

/** LINKTYPE_PKTAP, macOS: header length (4), record type (4), link type of the frame that follows (4), ...; all little-endian. */
export function decodePktap(packet: Packet): number {
  const { at, bytes } = packet
  if (!packet.layer(PROTOCOL.pktap, at) || !packet.has(at, 12)) return 0
  const length = bytes[at] | (bytes[at + 1] << 8)
  if (length < 12) return packet.fail(DECODE_ERROR.malformed, at)
  if (!packet.has(at, length)) return 0
  packet.at = at + length
  return packet.layer(PROTOCOL.pcap_pktdata, packet.at) ? byLinkType(bytes[at + 8] | (bytes[at + 9] << 8)) : 0
}
