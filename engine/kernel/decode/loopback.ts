import { DECODE_ERROR } from '../../decode/packet-codes.ts'
import { PROTOCOL } from '../../decode/protocols.ts'
import { u16At, u32At, u8At } from '../bytes.ts'
import { packet } from '../packet.ts'
import { byEthertype } from './ethertype.ts'

/**
 * LINKTYPE_NULL and LINKTYPE_LOOP: four bytes of address family, in the byte order of the machine that captured (NULL) or
 * network order (LOOP); we can't know the machine, so the order that gives a small number is taken.
 */
export function decodeLoopback(): i32 {
  const at = packet.at
  if (!packet.layer(PROTOCOL.null_, at) || !packet.has(at, 4)) return 0
  // PPP in a loopback link type: ff 03 are its address and control bytes.
  if (u8At(at) === 0xff && u8At(at + 1) === 0x03) return PROTOCOL.ppp
  packet.at = at + 4
  let family = load<i32>(at)
  if (family >>> 16 !== 0) family = u32At(at)
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
      const type = u16At(at + 2)
      return type >= 0x600 ? byEthertype(type) : packet.fail(DECODE_ERROR.notDecoded, at)
    }
  }
}
