import type { Packet } from './packet.ts'
import { PROTOCOL } from './protocols.ts'

/**
 * RFC 2516: discovery (pppoed) and session (pppoes), told apart by their EtherType.
 *
 *      0             1      2            4        6
 *     +------+------+------+------------+--------+---------
 *     | ver 1| type1| code | session id | length | payload
 *     +------+------+------+------------+--------+---------
 */
export function decodePppoe(packet: Packet, protocol: number): number {
  const { at, bytes } = packet
  if (!packet.layer(protocol, at) || !packet.has(at, 6)) return 0
  const limit = at + 6 + ((bytes[at + 4] << 8) | bytes[at + 5])
  if (limit < packet.limit) packet.limit = limit
  packet.at = at + 6
  return protocol === PROTOCOL.pppoes ? PROTOCOL.ppp : 0
}
