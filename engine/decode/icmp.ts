import { type Packet, TRANSPORT } from './packet.ts'
import { PROTOCOL } from './protocols.ts'

export const ICMP = { unreachable: 3, sourceQuench: 4, redirect: 5, timeExceeded: 11, parameterProblem: 12 } as const

const FRAGMENTATION_NEEDED = 4

/**
 * RFC 792. Errors quote the packet they are about from byte 8 on.
 *
 *      0      1      2          4                      8
 *     +------+------+----------+----------------------+
 *     | type | code | checksum | depends on type      |     type 3, code 4: next-hop MTU in bytes 6-7 (RFC 1191)
 *     +------+------+----------+----------------------+
 */
export function decodeIcmp(packet: Packet): number {
  const { at, bytes } = packet
  // An error about an error is never sent (RFC 1122 section 3.2.2); what looks like one is not followed.
  if (!packet.layer(PROTOCOL.icmp, at) || packet.quoted || !packet.has(at, 4)) return 0
  const type = bytes[at]
  packet.sourcePort = 0
  packet.destinationPort = 0
  packet.icmpType = type
  packet.icmpCode = bytes[at + 1]
  packet.nextHopMtu = 0
  if (!packet.fragment) packet.transport = TRANSPORT.icmp
  if (!packet.has(at, 8)) return 0
  packet.payloadAt = packet.at = at + 8
  packet.payloadLength = packet.limit - at - 8
  switch (type) {
    case ICMP.unreachable:
    case ICMP.sourceQuench:
    case ICMP.redirect:
    case ICMP.timeExceeded:
    case ICMP.parameterProblem:
      break
    default:
      return 0
  }
  if (type === ICMP.unreachable && bytes[at + 1] === FRAGMENTATION_NEEDED) {
    packet.nextHopMtu = (bytes[at + 6] << 8) | bytes[at + 7]
  }
  return quote(packet, PROTOCOL.ip)
}

/** The packet at the cursor is quoted: from here on the `quoted...` fields are filled, and lengths beyond the quote are no error. */
export function quote(packet: Packet, protocol: number): number {
  if (packet.at >= packet.limit) return 0
  packet.quoted = true
  packet.quotedNetwork = 0
  packet.quotedSourceAt = -1
  packet.quotedDestinationAt = -1
  packet.quotedIpId = 0
  packet.quotedTransport = 0
  packet.quotedSourcePort = 0
  packet.quotedDestinationPort = 0
  packet.quotedSeq = 0
  return protocol
}
