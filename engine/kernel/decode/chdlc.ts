import { PROTOCOL } from '../../decode/protocols.ts'
import { u16At } from '../bytes.ts'
import { packet } from '../packet.ts'
import { byEthertype } from './ethertype.ts'

/** Cisco HDLC: address (1), control (1), EtherType (2). */
export function decodeCiscoHdlc(): i32 {
  const at = packet.at
  if (!packet.layer(PROTOCOL.chdlc, at) || !packet.has(at, 4)) return 0
  packet.at = at + 4
  const type = u16At(at + 2)
  if (type === 0xfefe) return PROTOCOL.osi
  // Elsewhere RARP; here Cisco's address resolution and keep-alives.
  return type === 0x8035 ? PROTOCOL.slarp : byEthertype(type)
}
