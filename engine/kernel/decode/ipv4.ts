import { DECODE_ERROR, NETWORK, TRANSPORT } from '../../decode/packet-codes.ts'
import { PROTOCOL } from '../../decode/protocols.ts'
import { u16At, u32At, u8At } from '../bytes.ts'
import { packet } from '../packet.ts'
import { byIpProtocol, TCP } from './ip-protocol.ts'

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
export function decodeIpv4(): i32 {
  const at = packet.at
  if (!packet.layer(PROTOCOL.ip, at) || !packet.has(at, 1)) return 0
  const version = u8At(at) >> 4
  if (version !== 4) {
    // Some senders announce IPv6 by IPv4's number.
    return version === 6 ? PROTOCOL.ipv6 : packet.fail(DECODE_ERROR.malformed, at)
  }
  const headerLength = (u8At(at) & 0x0f) << 2
  if (headerLength < 20) return packet.fail(DECODE_ERROR.malformed, at)
  if (!packet.has(at, 20)) return 0
  const totalLength = u16At(at + 2)
  if (totalLength < headerLength) {
    // 0: left to the network card to fill in (TSO), or too long for the field (BIG TCP): the packet is what the frame holds.
    if (totalLength !== 0) return packet.fail(DECODE_ERROR.malformed, at + 2)
  } else packet.endAt(at + totalLength)
  const fragment = u16At(at + 6) & (MORE_FRAGMENTS | FRAGMENT_OFFSET)

  if (packet.quoted) {
    packet.quotedNetwork = NETWORK.ipv4
    packet.quotedSourceAt = at + 12
    packet.quotedDestinationAt = at + 16
    packet.quotedIpId = u16At(at + 4)
  } else {
    packet.network = NETWORK.ipv4
    packet.transport = TRANSPORT.none
    packet.sourceAt = at + 12
    packet.destinationAt = at + 16
    packet.source = u32At(at + 12)
    packet.destination = u32At(at + 16)
    packet.ipId = u16At(at + 4)
    packet.ttl = u8At(at + 8)
    packet.fragment = fragment !== 0
  }
  if (!packet.has(at, headerLength)) return 0
  packet.at = at + headerLength
  if (fragment & FRAGMENT_OFFSET) return PROTOCOL.data
  const protocol = u8At(at + 9)
  return protocol === TCP ? PROTOCOL.tcp : byIpProtocol(protocol)
}
