import type { Packet } from './packet.ts'
import { PROTOCOL } from './protocols.ts'

/**
 * RFC 826
 *
 *      0               2               4        5        6           8
 *     +---------------+---------------+--------+--------+-----------+----------------------
 *     | hardware type | protocol type | h. len | p. len | operation | sender h, p; target h, p
 *     +---------------+---------------+--------+--------+-----------+----------------------
 */
export function decodeArp(packet: Packet): number {
  const { at, bytes } = packet
  if (!packet.layer(PROTOCOL.arp, at) || !packet.has(at, 8)) return 0
  packet.has(at, 8 + 2 * (bytes[at + 4] + bytes[at + 5]))
  return 0
}
