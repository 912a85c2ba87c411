import { NETWORK } from '../../decode/packet-codes.ts'
import { u16At, u8At } from '../bytes.ts'
import { packet } from '../packet.ts'

/** Behind the headers of IPv6 they are still within a snap length of 96. */
const DIGESTED: i32 = 32

/**
 * Tells the UDP datagram from others at every point that it passes, whatever NAT makes of its addresses: a digest (MurmurHash3) of its payload's length
 * and first bytes. 0 = they were not captured.
 */
export function datagramDigest(): i32 {
  return digestOf(packet.payloadAt, packet.payloadLength)
}

/** The same of a payload that an ICMP error quotes, of which all bytes need not be there. */
export function digestOf(payloadAt: i32, payloadLength: i32): i32 {
  const length = min(payloadLength, DIGESTED)
  let at = payloadAt
  if (length < 0 || at + length > packet.end) return 0
  let hash = payloadLength
  const words = at + (length & ~3)
  for (; at < words; at += 4) hash = mixed(hash, load<i32>(at))
  for (const end = payloadAt + length; at < end; at++) hash = mixed(hash, u8At(at))
  hash = (hash ^ (hash >>> 16)) * 0x85eb_ca6b
  hash = (hash ^ (hash >>> 13)) * 0xc2b2_ae35
  hash ^= hash >>> 16
  return hash === 0 ? 1 : hash
}

function mixed(hash: i32, word: i32): i32 {
  return rotl(hash ^ (rotl(word * 0xcc9e_2d51, 15) * 0x1b87_3593), 13) * 5 + 0xe654_6b64
}

/** Its IP identification (0 = none), and behind it the first two bytes of the payload, which in DNS are the message's id. */
export function datagramIds(): i32 {
  const ipId = packet.network === NETWORK.ipv4 ? packet.ipId : 0
  const at = packet.payloadAt
  return (ipId << 16) | (packet.payloadLength >= 2 && at + 2 <= packet.end ? u16At(at) : 0)
}
