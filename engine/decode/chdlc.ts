import { byEthertype } from './ethertype.ts'
import type { Packet } from './packet.ts'
import { PROTOCOL } from './protocols.ts'

/** Cisco HDLC: address (1), control (1), EtherType (2). */
export function decodeCiscoHdlc(packet: Packet): number {
  const { at, bytes } = packet
  if (!packet.layer(PROTOCOL.chdlc, at) || !packet.has(at, 4)) return 0
  packet.at = at + 4
  const type = (bytes[at + 2] << 8) | bytes[at + 3]
  if (type === 0xfefe) return PROTOCOL.osi
  // Elsewhere RARP; here Cisco's address resolution and keep-alives.
  return type === 0x8035 ? PROTOCOL.slarp : byEthertype(type)
}
