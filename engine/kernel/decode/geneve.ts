import { PROTOCOL } from '../../decode/protocols.ts'
import { u16At, u8At } from '../bytes.ts'
import { packet } from '../packet.ts'
import { byEthertype } from './ethertype.ts'

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
export function decodeGeneve(): i32 {
  const at = packet.at
  if (!packet.layer(PROTOCOL.geneve, at) || !packet.has(at, 8)) return 0
  packet.vni = (u8At(at + 4) << 16) | (u8At(at + 5) << 8) | u8At(at + 6)
  const length = 8 + ((u8At(at) & 0x3f) << 2)
  if (!packet.has(at, length)) return 0
  packet.at = at + length
  return byEthertype(u16At(at + 2))
}
