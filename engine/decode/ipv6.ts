import { byIpProtocol } from './ip-protocol.ts'
import { DECODE_ERROR, NETWORK, type Packet, TRANSPORT } from './packet.ts'
import { PROTOCOL } from './protocols.ts'

const HEADER = 40

/**
 * RFC 8200
 *
 *      0       4               12      16              24              32
 *     +-------+---------------+---------------------------------------+
 *   0 |version| traffic class | flow label                            |
 *     +-------+---------------+-------+---------------+---------------+
 *   4 | payload length                | next header   | hop limit     |
 *     +-------------------------------+---------------+---------------+
 *   8 | source (16 bytes)                                             |
 *  24 | destination (16 bytes)                                        |
 *     +---------------------------------------------------------------+
 */
export function decodeIpv6(packet: Packet): number {
  const { at, bytes } = packet
  if (packet.has(at, 1) && bytes[at] >> 4 !== 6) {
    packet.fail(DECODE_ERROR.malformed, at)
    return PROTOCOL.data
  }
  if (!packet.layer(PROTOCOL.ipv6, at) || !packet.has(at, HEADER)) return 0
  if (packet.quoted) {
    packet.quotedNetwork = NETWORK.ipv6
    packet.quotedSourceAt = at + 8
    packet.quotedDestinationAt = at + 24
    packet.quotedIpId = 0
  } else {
    packet.network = NETWORK.ipv6
    packet.transport = TRANSPORT.none
    packet.sourceAt = at + 8
    packet.destinationAt = at + 24
    packet.ipId = 0
    packet.ttl = bytes[at + 7]
    packet.fragment = false
  }
  const payloadLength = (bytes[at + 4] << 8) | bytes[at + 5]
  // 0: a jumbogram (the hop-by-hop options have its length) or an offloaded packet; both are what the frame holds.
  if (payloadLength !== 0 && at + HEADER + payloadLength < packet.limit) packet.limit = at + HEADER + payloadLength
  packet.at = at + HEADER
  return byNextHeader(bytes[at + 6])
}

const NO_NEXT_HEADER = 59

/** The layer a next header number announces; 0 for "no next header". */
export function byNextHeader(number: number): number {
  return number === NO_NEXT_HEADER ? 0 : byIpProtocol(number)
}
