import { TRANSPORT } from '../../decode/packet-codes.ts'
import { PROTOCOL } from '../../decode/protocols.ts'
import { u16At } from '../bytes.ts'
import { packet } from '../packet.ts'
import { quotedPorts } from './udp.ts'

/**
 * RFC 9260: the common header; chunks follow, each with type, flags and length (2), padded to four bytes.
 *
 *      0             2                  4                  8                12
 *     +-------------+------------------+------------------+----------------+
 *     | source port | destination port | verification tag | checksum (CRC) |
 *     +-------------+------------------+------------------+----------------+
 */
export function decodeSctp(): i32 {
  const at = packet.at
  if (!packet.layer(PROTOCOL.sctp, at)) return 0
  if (packet.quoted) return quotedPorts(TRANSPORT.sctp)
  if (!packet.has(at, 12)) return 0
  packet.sourcePort = u16At(at)
  packet.destinationPort = u16At(at + 2)
  if (!packet.fragment) packet.transport = TRANSPORT.sctp
  packet.payloadAt = at + 12
  packet.payloadLength = packet.limit - at - 12
  return 0
}
