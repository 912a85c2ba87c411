import { DECODE_ERROR, TRANSPORT } from '../../decode/packet-codes.ts'
import { PROTOCOL } from '../../decode/protocols.ts'
import { u16At } from '../bytes.ts'
import { packet } from '../packet.ts'
import { digestOf } from './datagram-digest.ts'
import { isGtp } from './gtp.ts'
import { isWireGuard } from './wireguard.ts'

/**
 * RFC 768
 *
 *      0                 2                  4        6          8
 *     +-------------+------------------+--------+----------+
 *     | source port | destination port | length | checksum |
 *     +-------------+------------------+--------+----------+
 */
export function decodeUdp(): i32 {
  const at = packet.at
  if (!packet.layer(PROTOCOL.udp, at)) return 0
  if (packet.quoted) return quotedDatagram()
  if (!packet.has(at, 8)) return 0
  const source = u16At(at)
  const destination = u16At(at + 2)
  const length = u16At(at + 4)
  packet.sourcePort = source
  packet.destinationPort = destination
  packet.payloadAt = at + 8
  packet.payloadLength = packet.limit - at - 8
  packet.at = at + 8
  if (!packet.fragment) packet.transport = TRANSPORT.udp
  // 0: too long for the field (RFC 2675 jumbograms), or offloaded as IPv4's total length: what IP holds.
  if (length < 8) {
    if (length !== 0) return packet.fail(DECODE_ERROR.malformed, at + 4)
  } else if (at + length < packet.limit) {
    packet.limit = at + length
    packet.payloadLength = length - 8
  }
  return payloadProtocol(source, destination)
}

function payloadProtocol(source: i32, destination: i32): i32 {
  if (packet.at >= packet.limit) return 0
  const byDestination = byTunnelPort(destination)
  // A tunnel's port is its destination; as a source it counts unless the other end is a well-known service.
  const tunnel = byDestination !== 0 || destination < 1024 ? byDestination : byTunnelPort(source)
  if (tunnel === PROTOCOL.gtp) return isGtp() ? tunnel : 0
  if (tunnel !== 0) return tunnel
  // What goes to a well-known port is what the port says.
  return source >= 1024 && destination >= 1024 && isWireGuard() ? PROTOCOL.wg : 0
}

/** UDP ports of the tunnels that are looked into. */
function byTunnelPort(port: i32): i32 {
  switch (port) {
    case 4789:
    case 8472: // Linux's default before the port was assigned: flannel, k3s, Cilium
    case 4790: // with the generic protocol extension
      return PROTOCOL.vxlan
    case 6081:
      return PROTOCOL.geneve
    case 4754: // RFC 8086
      return PROTOCOL.gre
    case 2152:
      return PROTOCOL.gtp
    default:
      return 0
  }
}

/** Its digest stands where that of a segment has the sequence number. */
function quotedDatagram(): i32 {
  const at = packet.at
  quotedPorts(TRANSPORT.udp)
  if (at + 8 <= packet.end && at + 8 <= packet.limit) packet.quotedSeq = digestOf(at + 8, u16At(at + 4) - 8)
  return 0
}

/** The ports of a quoted UDP or SCTP header, which both start with them. */
export function quotedPorts(transport: i32): i32 {
  const at = packet.at
  if (at + 4 > packet.end || at + 4 > packet.limit) return 0
  packet.quotedTransport = transport
  packet.quotedSourcePort = u16At(at)
  packet.quotedDestinationPort = u16At(at + 2)
  return 0
}
