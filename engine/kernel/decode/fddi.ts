import { PROTOCOL } from '../../decode/protocols.ts'
import { u8At } from '../bytes.ts'
import { packet } from '../packet.ts'

/**
 * LINKTYPE_FDDI: frame control (1), destination (6), source (6), then LLC when the frame control is 0101 .rrr.
 * The bits of the addresses may be in the order of the wire, the reverse of the usual; nobody can tell from the file.
 */
export function decodeFddi(): i32 {
  const at = packet.at
  if (!packet.layer(PROTOCOL.fddi, at) || !packet.has(at, 13)) return 0
  packet.beginFrame(at + 7, at + 1)
  packet.at = at + 13
  return (u8At(at) & 0xf0) === 0x50 ? PROTOCOL.llc : PROTOCOL.data
}
