import { TRANSPORT } from '../../decode/packet-codes.ts'
import { PROTOCOL } from '../../decode/protocols.ts'
import { u16At, u8At } from '../bytes.ts'
import { packet } from '../packet.ts'

enum ICMP {
  unreachable = 3,
  sourceQuench = 4,
  redirect = 5,
  timeExceeded = 11,
  parameterProblem = 12,
}

const FRAGMENTATION_NEEDED = 4

/**
 * RFC 792. Errors quote the packet they are about from byte 8 on.
 *
 *      0      1      2          4                      8
 *     +------+------+----------+----------------------+
 *     | type | code | checksum | depends on type      |     type 3, code 4: next-hop MTU in bytes 6-7 (RFC 1191)
 *     +------+------+----------+----------------------+
 */
export function decodeIcmp(): i32 {
  const at = packet.at
  if (!icmpHeader(PROTOCOL.icmp, TRANSPORT.icmp)) return 0
  switch (packet.icmpType) {
    case ICMP.unreachable:
      if (packet.icmpCode === FRAGMENTATION_NEEDED) packet.nextHopMtu = u16At(at + 6)
      return quote(PROTOCOL.ip)
    case ICMP.sourceQuench:
    case ICMP.redirect:
    case ICMP.timeExceeded:
    case ICMP.parameterProblem:
      return quote(PROTOCOL.ip)
    default:
      return 0
  }
}

/** Reads the eight bytes of which both versions of ICMP have the first four; false if they are not all there, or nobody should follow them. */
export function icmpHeader(protocol: i32, transport: i32): bool {
  const at = packet.at
  // An error about an error is never sent (RFC 1122 section 3.2.2); what looks like one is not followed.
  if (!packet.layer(protocol, at) || packet.quoted || !packet.has(at, 4)) return false
  packet.sourcePort = 0
  packet.destinationPort = 0
  packet.icmpType = u8At(at)
  packet.icmpCode = u8At(at + 1)
  packet.nextHopMtu = 0
  if (!packet.fragment) packet.transport = transport
  if (!packet.has(at, 8)) return false
  packet.payloadAt = packet.at = at + 8
  packet.payloadLength = packet.limit - at - 8
  return true
}

/** The packet at the cursor is quoted: from here on the `quoted...` fields are filled, and lengths beyond the quote are no error. */
export function quote(protocol: i32): i32 {
  if (packet.at >= packet.limit) return 0
  packet.quoted = 1
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
