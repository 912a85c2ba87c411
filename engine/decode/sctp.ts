import { type Packet, TRANSPORT } from './packet.ts'
import { PROTOCOL } from './protocols.ts'
import { quotedPorts } from './udp.ts'

/**
 * RFC 9260: the common header; chunks follow, each with type, flags and length (2), padded to four bytes.
 *
 *      0             2                  4                  8                12
 *     +-------------+------------------+------------------+----------------+
 *     | source port | destination port | verification tag | checksum (CRC) |
 *     +-------------+------------------+------------------+----------------+
 */
export function decodeSctp(packet: Packet): number {
  const { at, bytes } = packet
  if (!packet.layer(PROTOCOL.sctp, at)) return 0
  if (packet.quoted) return quotedPorts(packet, TRANSPORT.sctp)
  if (!packet.has(at, 12)) return 0
  packet.sourcePort = (bytes[at] << 8) | bytes[at + 1]
  packet.destinationPort = (bytes[at + 2] << 8) | bytes[at + 3]
  if (!packet.fragment) packet.transport = TRANSPORT.sctp
  packet.payloadAt = at + 12
  packet.payloadLength = packet.limit - at - 12
  return 0
}
