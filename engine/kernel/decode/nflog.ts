import { DECODE_ERROR } from '../../decode/packet-codes.ts'
import { PROTOCOL } from '../../decode/protocols.ts'
import { u16At, u8At } from '../bytes.ts'
import { packet } from '../packet.ts'

const PAYLOAD = 9
const AF_INET = 2
const AF_INET6 = 10

/**
 * LINKTYPE_NFLOG: address family (1), version 0 (1), resource id (2), then attributes of length (2), type (2) in the byte order of
 * the machine that captured, value, padding to four bytes. The packet is the value of the payload attribute.
 */
export function decodeNflog(): i32 {
  const at = packet.at
  if (!packet.layer(PROTOCOL.nflog, at) || !packet.has(at, 4)) return 0
  for (let attribute = at + 4; attribute < packet.limit;) {
    if (!packet.has(attribute, 4)) return 0
    // The types are below 256, so the byte that is not zero tells the order.
    const little = u8At(attribute + 3) === 0
    const length = little ? <i32>load<u16>(attribute) : u16At(attribute)
    const type = little ? u8At(attribute + 2) : u8At(attribute + 3)
    if (length < 4) return packet.fail(DECODE_ERROR.malformed, attribute)
    if (type === PAYLOAD) {
      packet.at = attribute + 4
      packet.endAt(attribute + length)
      if (u8At(at) === AF_INET) return PROTOCOL.ip
      return u8At(at) === AF_INET6 ? PROTOCOL.ipv6 : PROTOCOL.data
    }
    attribute += (length + 3) & ~3
  }
  return 0
}
