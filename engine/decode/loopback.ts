import { byEthertype } from './ethertype.ts'
import { DECODE_ERROR, type Packet } from './packet.ts'
import { PROTOCOL } from './protocols.ts'

/**
 * LINKTYPE_NULL and LINKTYPE_LOOP: four bytes of address family, in the byte order of the machine that captured (NULL) or
 * network order (LOOP); we can't know the machine, so the order that gives a small number is taken.
 */
export function decodeLoopback(packet: Packet): number {
  const { at, bytes } = packet
  if (!packet.layer(PROTOCOL.null, at) || !packet.has(at, 4)) return 0
  // PPP in a loopback link type: ff 03 are its address and control bytes.
  if (bytes[at] === 0xff && bytes[at + 1] === 0x03) return PROTOCOL.ppp
  packet.at = at + 4
  let family = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)
  if (family & 0xffff0000) family = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]
  switch (family) {
    case 2:
      return PROTOCOL.ip
    case 10: // Linux
    case 24: // NetBSD, OpenBSD
    case 28: // FreeBSD
    case 30: // macOS
      return PROTOCOL.ipv6
    case 7:
      return PROTOCOL.osi
    case 23:
      return PROTOCOL.ipx
    default: {
      // Some write an EtherType into the last two bytes.
      const type = (bytes[at + 2] << 8) | bytes[at + 3]
      return type >= 0x600 ? byEthertype(type) : packet.fail(DECODE_ERROR.notDecoded, at)
    }
  }
}
