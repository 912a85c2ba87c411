import { PROTOCOL } from '../../decode/protocols.ts'
import { u16At } from '../bytes.ts'
import { packet } from '../packet.ts'

/**
 * RFC 2516: discovery (pppoed) and session (pppoes), told apart by their EtherType.
 *
 *      0             1      2            4        6
 *     +------+------+------+------------+--------+---------
 *     | ver 1| type1| code | session id | length | payload
 *     +------+------+------+------------+--------+---------
 */
export function decodePppoe(protocol: i32): i32 {
  const at = packet.at
  if (!packet.layer(protocol, at) || !packet.has(at, 6)) return 0
  packet.endAt(at + 6 + u16At(at + 4))
  packet.at = at + 6
  return protocol === PROTOCOL.pppoes ? PROTOCOL.ppp : 0
}
