import { DECODE_ERROR } from '../../decode/packet-codes.ts'
import { PROTOCOL } from '../../decode/protocols.ts'
import { packet } from '../packet.ts'
import { byLinkType } from './link-type.ts'

/** LINKTYPE_PKTAP, macOS: header length (4), record type (4), link type of the frame that follows (4), ...; all little-endian. */
export function decodePktap(): i32 {
  const at = packet.at
  if (!packet.layer(PROTOCOL.pktap, at) || !packet.has(at, 12)) return 0
  const length: i32 = load<u16>(at)
  if (length < 12) return packet.fail(DECODE_ERROR.malformed, at)
  if (!packet.has(at, length)) return 0
  packet.at = at + length
  return packet.layer(PROTOCOL.pcap_pktdata, packet.at) ? byLinkType(load<u16>(at + 8)) : 0
}
