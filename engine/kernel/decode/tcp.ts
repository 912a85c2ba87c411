import { DECODE_ERROR, TRANSPORT } from '../../decode/packet-codes.ts'
import { PROTOCOL } from '../../decode/protocols.ts'
import { u16At, u32At, u8At } from '../bytes.ts'
import { packet } from '../packet.ts'
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
export function decodeTcp(): i32 {
  const at = packet.at
  if (!packet.layer(PROTOCOL.tcp, at)) return 0
  if (packet.quoted) return quotedTcp()
  if (!packet.has(at, 4)) return 0
  packet.sourcePort = u16At(at)
  packet.destinationPort = u16At(at + 2)
  // What identifies and orders a segment ends with the window; checksum and urgent pointer may be missing.
  if (!packet.has(at, 16)) return 0
  packet.seq = u32At(at + 4)
  packet.ack = u32At(at + 8)
  packet.tcpFlags = u16At(at + 12) & 0xfff
  packet.window = u16At(at + 14)
  const headerLength = (u8At(at + 12) >> 4) << 2
  packet.tcpHeaderLength = headerLength
  const payloadLength = packet.limit - at - headerLength
  packet.payloadAt = at + headerLength
  packet.payloadLength = payloadLength > 0 ? payloadLength : 0
  packet.noTcpOptions()
  if (packet.fragment) {
    // The ports of a first fragment are known, but its conversation is that of the other pieces: by address.
    packet.hasPayloadLength = 0
  } else {
    packet.transport = TRANSPORT.tcp
    packet.hasPayloadLength = payloadLength >= 0
  }
  if (headerLength < 20) {
    packet.optionsCut = 1
    return packet.fail(DECODE_ERROR.malformed, at + 12)
  }
  if (!packet.has(at, 20)) {
    packet.optionsCut = 1
    return 0
  }
  if (headerLength > 20) decodeTcpOptions(at + 20, at + headerLength)
  return 0
}

/** An ICMP error need not quote more than 8 bytes of the segment (RFC 792): ports and sequence number. */
function quotedTcp(): i32 {
  const at = packet.at
  const available = min(packet.end, packet.limit) - at
  if (available < 4) return 0
  packet.quotedTransport = TRANSPORT.tcp
  packet.quotedSourcePort = u16At(at)
  packet.quotedDestinationPort = u16At(at + 2)
  if (available < 8) return 0
  packet.quotedSeq = u32At(at + 4)
  return 0
}
