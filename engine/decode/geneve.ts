import { byEthertype } from './ethertype.ts'
import type { Packet } from './packet.ts'
import { PROTOCOL } from './protocols.ts'

/**
 * RFC 8926
 *
 *      0     2                 8               16                              32
 *     +-----+-----------------+-+-+-----------+-------------------------------+
 *   0 | ver | options / 4     |O|C| reserved  | protocol type (EtherType)     |
 *     +-----+-----------------+-+-+-----------+---------------+---------------+
 *   4 | virtual network identifier                            | reserved      |
 *     +-------------------------------------------------------+---------------+
 *   8 | options                                                               |
 */
export function decodeGeneve(packet: Packet): number {
  const { at, bytes } = packet
  if (!packet.layer(PROTOCOL.geneve, at) || !packet.has(at, 8)) return 0
  packet.vni = (bytes[at + 4] << 16) | (bytes[at + 5] << 8) | bytes[at + 6]
  const length = 8 + ((bytes[at] & 0x3f) << 2)
  if (!packet.has(at, length)) return 0
  packet.at = at + length
  return byEthertype((bytes[at + 2] << 8) | bytes[at + 3])
}
