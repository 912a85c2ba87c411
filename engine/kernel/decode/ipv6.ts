import { DECODE_ERROR, NETWORK, TRANSPORT } from '../../decode/packet-codes.ts'
import { PROTOCOL } from '../../decode/protocols.ts'
import { u16At, u8At } from '../bytes.ts'
import { packet } from '../packet.ts'
import { byIpProtocol } from './ip-protocol.ts'

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
export function decodeIpv6(): i32 {
  const at = packet.at
  if (packet.has(at, 1) && u8At(at) >> 4 !== 6) {
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
    packet.ttl = u8At(at + 7)
    packet.fragment = 0
  }
  const payloadLength = u16At(at + 4)
  // 0: a jumbogram (the hop-by-hop options have its length) or an offloaded packet; both are what the frame holds.
  if (payloadLength !== 0) packet.endAt(at + HEADER + payloadLength)
  packet.at = at + HEADER
  return byNextHeader(u8At(at + 6))
}

const NO_NEXT_HEADER = 59

/** The layer a next header number announces; 0 for "no next header". */
export function byNextHeader(number: i32): i32 {
  return number === NO_NEXT_HEADER ? 0 : byIpProtocol(number)
}
