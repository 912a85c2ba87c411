import { DECODE_ERROR, type Packet } from './packet.ts'
import { PROTOCOL } from './protocols.ts'

/** LINKTYPE_RAW: an IP packet at once; its first nibble says which version. */
export function decodeRawIp(packet: Packet): number {
  return packet.layer(PROTOCOL.raw, packet.at) ? byIpVersion(packet) : 0
}

/** The layer for the IP packet at the cursor, by its version nibble. */
export function byIpVersion(packet: Packet): number {
  const { at } = packet
  if (!packet.has(at, 1)) return 0
  const version = packet.bytes[at] >> 4
  if (version === 4) return PROTOCOL.ip
  if (version === 6) return PROTOCOL.ipv6
  return packet.fail(DECODE_ERROR.malformed, at)
}
