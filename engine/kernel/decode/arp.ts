import { PROTOCOL } from '../../decode/protocols.ts'
import { u8At } from '../bytes.ts'
import { packet } from '../packet.ts'

/**
 * RFC 826
 *
 *      0               2               4        5        6           8
 *     +---------------+---------------+--------+--------+-----------+----------------------
 *     | hardware type | protocol type | h. len | p. len | operation | sender h, p; target h, p
 *     +---------------+---------------+--------+--------+-----------+----------------------
 */
export function decodeArp(): i32 {
  const at = packet.at
  if (!packet.layer(PROTOCOL.arp, at) || !packet.has(at, 8)) return 0
  packet.has(at, 8 + 2 * (u8At(at + 4) + u8At(at + 5)))
  return 0
}
