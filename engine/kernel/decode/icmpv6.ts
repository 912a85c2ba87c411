import { TRANSPORT } from '../../decode/packet-codes.ts'
import { PROTOCOL } from '../../decode/protocols.ts'
import { u32At, u8At } from '../bytes.ts'
import { packet } from '../packet.ts'
import { quote } from './icmp.ts'

const PACKET_TOO_BIG = 2
const LAST_ERROR = 4

/**
 * RFC 4443. Types below 128 are errors and quote the packet they are about from byte 8 on.
 *
 *      0      1      2          4                      8
 *     +------+------+----------+----------------------+
 *     | type | code | checksum | depends on type      |     type 2: MTU in bytes 4-7
 *     +------+------+----------+----------------------+
 */
export function decodeIcmpv6(): i32 {
  const at = packet.at
  if (!packet.layer(PROTOCOL.icmpv6, at) || packet.quoted || !packet.has(at, 4)) return 0
  const type = u8At(at)
  packet.sourcePort = 0
  packet.destinationPort = 0
  packet.icmpType = type
  packet.icmpCode = u8At(at + 1)
  packet.nextHopMtu = 0
  if (!packet.fragment) packet.transport = TRANSPORT.icmpv6
  if (!packet.has(at, 8)) return 0
  packet.payloadAt = packet.at = at + 8
  packet.payloadLength = packet.limit - at - 8
  if (type === 0 || type > LAST_ERROR) return 0
  if (type === PACKET_TOO_BIG) {
    packet.nextHopMtu = u32At(at + 4)
  }
  return quote(PROTOCOL.ipv6)
}
