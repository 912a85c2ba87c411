import { DECODE_ERROR } from '../../decode/packet-codes.ts'
import { PROTOCOL } from '../../decode/protocols.ts'
import { u8At } from '../bytes.ts'
import { packet } from '../packet.ts'

/** LINKTYPE_RAW: an IP packet at once; its first nibble says which version. */
export function decodeRawIp(): i32 {
  return packet.layer(PROTOCOL.raw, packet.at) ? byIpVersion() : 0
}

/** The layer for the IP packet at the cursor, by its version nibble. */
function byIpVersion(): i32 {
  const at = packet.at
  if (!packet.has(at, 1)) return 0
  const version = u8At(at) >> 4
  if (version === 4) return PROTOCOL.ip
  if (version === 6) return PROTOCOL.ipv6
  return packet.fail(DECODE_ERROR.malformed, at)
}
