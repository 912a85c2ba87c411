import { PROTOCOL } from '../../decode/protocols.ts'
import { u8At } from '../bytes.ts'
import { packet } from '../packet.ts'

/**
 * LINKTYPE_IPNET, Solaris.
 *
 *      0         1        2      4        8           12                16            20                 24
 *     +---------+--------+------+--------+-----------+-----------------+-------------+------------------+
 *     | version | family | hook | length | interface | group interface | source zone | destination zone |
 *     +---------+--------+------+--------+-----------+-----------------+-------------+------------------+
 */
export function decodeIpnet(): i32 {
  const at = packet.at
  if (!packet.layer(PROTOCOL.ipnet, at) || !packet.has(at, 24)) return 0
  packet.at = at + 24
  switch (u8At(at + 1)) {
    case 2:
      return PROTOCOL.ip
    case 26:
      return PROTOCOL.ipv6
    default:
      return PROTOCOL.data
  }
}
