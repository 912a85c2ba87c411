import { DECODE_ERROR, type Packet, TRANSPORT } from './packet.ts'
import { PROTOCOL } from './protocols.ts'
import { decodeTcpOptions } from './tcp-options.ts'

/**
 * RFC 9293
 *
 *      0       4     7                 16                              32
 *     +-------------------------------+-------------------------------+
 *   0 | source port                   | destination port              |
 *     +-------------------------------+-------------------------------+
 *   4 | sequence number                                               |
 *     +---------------------------------------------------------------+
 *   8 | acknowledgment number                                         |
 *     +-------+-----+-----------------+-------------------------------+
 *  12 | offset| 0   |A C E U A P R S F| window                        |
 *     +-------+-----+-----------------+-------------------------------+
 *  16 | checksum                      | urgent pointer                |
 *     +-------------------------------+-------------------------------+
 *  20 | options, to offset * 4                                        |
 */
export function decodeTcp(packet: Packet): number {
  const { at, bytes } = packet
  if (!packet.layer(PROTOCOL.tcp, at)) return 0
  if (packet.quoted) return quotedTcp(packet)
  if (!packet.has(at, 4)) return 0
  packet.sourcePort = (bytes[at] << 8) | bytes[at + 1]
  packet.destinationPort = (bytes[at + 2] << 8) | bytes[at + 3]
  // What identifies and orders a segment ends with the window; checksum and urgent pointer may be missing.
  if (!packet.has(at, 16)) return 0
  packet.seq = (bytes[at + 4] << 24) | (bytes[at + 5] << 16) | (bytes[at + 6] << 8) | bytes[at + 7]
  packet.ack = (bytes[at + 8] << 24) | (bytes[at + 9] << 16) | (bytes[at + 10] << 8) | bytes[at + 11]
  packet.tcpFlags = ((bytes[at + 12] << 8) | bytes[at + 13]) & 0xfff
  packet.window = (bytes[at + 14] << 8) | bytes[at + 15]
  const headerLength = (bytes[at + 12] >> 4) << 2
  packet.tcpHeaderLength = headerLength
  const payloadLength = packet.limit - at - headerLength
  packet.payloadAt = at + headerLength
  packet.payloadLength = payloadLength > 0 ? payloadLength : 0
  packet.optionsCut = false
  packet.mss = 0
  packet.windowShift = -1
  packet.sackPermitted = false
  packet.sackBlocks = 0
  packet.hasSack = false
  packet.hasTimestamps = false
  if (packet.fragment) {
    // The ports of a first fragment are known, but its conversation is that of the other pieces: by address.
    packet.hasPayloadLength = false
  } else {
    packet.transport = TRANSPORT.tcp
    packet.hasPayloadLength = payloadLength >= 0
  }
  if (headerLength < 20) {
    packet.optionsCut = true
    return packet.fail(DECODE_ERROR.malformed, at + 12)
  }
  if (!packet.has(at, 20)) {
    packet.optionsCut = true
    return 0
  }
  if (headerLength > 20) decodeTcpOptions(packet, at + 20, at + headerLength)
  return 0
}

/** An ICMP error need not quote more than 8 bytes of the segment (RFC 792): ports and sequence number. */
function quotedTcp(packet: Packet): 0 {
  const { at, bytes } = packet
  const available = Math.min(packet.end, packet.limit) - at
  if (available < 4) return 0
  packet.quotedTransport = TRANSPORT.tcp
  packet.quotedSourcePort = (bytes[at] << 8) | bytes[at + 1]
  packet.quotedDestinationPort = (bytes[at + 2] << 8) | bytes[at + 3]
  if (available < 8) return 0
  packet.quotedSeq = ((bytes[at + 4] << 24) | (bytes[at + 5] << 16) | (bytes[at + 6] << 8) | bytes[at + 7]) >>> 0
  return 0
}
