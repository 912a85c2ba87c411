import { byIpProtocol } from './ip-protocol.ts'
import { DECODE_ERROR, NETWORK, type Packet, TRANSPORT } from './packet.ts'
import { PROTOCOL } from './protocols.ts'

const MORE_FRAGMENTS = 0x2000
const FRAGMENT_OFFSET = 0x1fff

/**
 * RFC 791
 *
 *      0       4       8               16                              32
 *     +-------+-------+---------------+-------------------------------+
 *   0 |version| IHL   | DSCP/ECN      | total length                  |
 *     +-------+-------+---------------+-----+-------------------------+
 *   4 | identification                | 0DM | fragment offset         |
 *     +---------------+---------------+-----+-------------------------+
 *   8 | time to live  | protocol      | checksum                      |
 *     +---------------+---------------+-------------------------------+
 *  12 | source                                                        |
 *     +---------------------------------------------------------------+
 *  16 | destination                                                   |
 *     +---------------------------------------------------------------+
 *  20 | options, to IHL * 4                                           |
 */
export function decodeIpv4(packet: Packet): number {
  const { at, bytes } = packet
  if (!packet.layer(PROTOCOL.ip, at) || !packet.has(at, 1)) return 0
  const version = bytes[at] >> 4
  if (version !== 4) {
    // Some senders announce IPv6 by IPv4's number.
    return version === 6 ? PROTOCOL.ipv6 : packet.fail(DECODE_ERROR.malformed, at)
  }
  const headerLength = (bytes[at] & 0x0f) << 2
  if (headerLength < 20) return packet.fail(DECODE_ERROR.malformed, at)
  if (!packet.has(at, 20)) return 0
  const totalLength = (bytes[at + 2] << 8) | bytes[at + 3]
  if (totalLength < headerLength) {
    // 0: left to the network card to fill in (TSO), or too long for the field (BIG TCP): the packet is what the frame holds.
    if (totalLength !== 0) return packet.fail(DECODE_ERROR.malformed, at + 2)
  } else if (at + totalLength < packet.limit) {
    packet.limit = at + totalLength
  }
  const fragment = ((bytes[at + 6] << 8) | bytes[at + 7]) & (MORE_FRAGMENTS | FRAGMENT_OFFSET)

  if (packet.quoted) {
    packet.quotedNetwork = NETWORK.ipv4
    packet.quotedSourceAt = at + 12
    packet.quotedDestinationAt = at + 16
    packet.quotedIpId = (bytes[at + 4] << 8) | bytes[at + 5]
  } else {
    packet.network = NETWORK.ipv4
    packet.transport = TRANSPORT.none
    packet.sourceAt = at + 12
    packet.destinationAt = at + 16
    packet.source = (bytes[at + 12] << 24) | (bytes[at + 13] << 16) | (bytes[at + 14] << 8) | bytes[at + 15]
    packet.destination = (bytes[at + 16] << 24) | (bytes[at + 17] << 16) | (bytes[at + 18] << 8) | bytes[at + 19]
    packet.ipId = (bytes[at + 4] << 8) | bytes[at + 5]
    packet.ttl = bytes[at + 8]
    packet.fragment = fragment !== 0
  }
  if (!packet.has(at, headerLength)) return 0
  packet.at = at + headerLength
  return fragment & FRAGMENT_OFFSET ? PROTOCOL.data : byIpProtocol(bytes[at + 9])
}
