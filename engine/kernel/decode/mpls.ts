import { PROTOCOL } from '../../decode/protocols.ts'
import { u8At } from '../bytes.ts'
import { packet } from '../packet.ts'

/**
 * RFC 3032: labels until the one with the bottom-of-stack bit.
 *
 *      0                   20      23  24          32
 *     +-------------------+-------+---+-----------+
 *     | label             | class | S | TTL       |
 *     +-------------------+-------+---+-----------+
 *
 * Nothing says what follows. IP shows its version in the first nibble; 0 is the control word of a pseudowire (RFC 4385), which is kept
 * out of 4 and 6 for this very reason, and then an Ethernet frame; anything else is taken for a frame without a control word.
 */
export function decodeMpls(): i32 {
  let at = packet.at
  if (!packet.layer(PROTOCOL.mpls, at)) return 0
  for (;;) {
    if (!packet.has(at, 4)) return 0
    const bottom = u8At(at + 2) & 1
    at += 4
    if (bottom) break
  }
  packet.at = at
  if (at >= packet.limit) return 0
  if (!packet.has(at, 1)) return 0
  const nibble = u8At(at) >> 4
  if (nibble === 4) return PROTOCOL.ip
  if (nibble === 6) return PROTOCOL.ipv6
  if (nibble !== 0) return PROTOCOL.data
  if (!packet.has(at, 4) || !packet.layer(PROTOCOL.pwethheuristic, at) || !packet.layer(PROTOCOL.pwethcw, at)) return 0
  packet.at = at + 4
  return PROTOCOL.eth
}
