import { TRANSPORT } from '../../decode/packet-codes.ts'
import { PROTOCOL } from '../../decode/protocols.ts'
import { u32At } from '../bytes.ts'
import { packet } from '../packet.ts'
import { icmpHeader, quote } from './icmp.ts'

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
  if (!icmpHeader(PROTOCOL.icmpv6, TRANSPORT.icmpv6)) return 0
  const type = packet.icmpType
  if (type === 0 || type > LAST_ERROR) return 0
  if (type === PACKET_TOO_BIG) packet.nextHopMtu = u32At(at + 4)
  return quote(PROTOCOL.ipv6)
}
