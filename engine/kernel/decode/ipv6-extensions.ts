import { PROTOCOL } from '../../decode/protocols.ts'
import { u16At, u32At, u8At } from '../bytes.ts'
import { packet } from '../packet.ts'
import { byNextHeader } from './ipv6.ts'

const JUMBO_PAYLOAD = 0xc2
const JUMBO_LENGTH = 6

/**
 * RFC 8200: hop-by-hop options, routing and destination options all start alike, and are `(length + 1) * 8` bytes.
 *
 *      0             1        2
 *     +-------------+--------+--------------------
 *     | next header | length | depends on header
 *     +-------------+--------+--------------------
 */
export function decodeIpv6Extension(protocol: i32): i32 {
  const at = packet.at
  if (!packet.layer(protocol, at) || !packet.has(at, 2)) return 0
  const length = (u8At(at + 1) + 1) << 3
  if (!packet.has(at, length)) return 0
  if (protocol === PROTOCOL.ipv6_hopopts) jumboPayload(at, length)
  packet.at = at + length
  return byNextHeader(u8At(at))
}

/** RFC 2675: the length the IPv6 header has no room for. It counts everything after that header. */
function jumboPayload(at: i32, length: i32): void {
  const to = at + length
  for (let option = at + 2; option + 1 < to;) {
    const type = u8At(option)
    if (type === 0) {
      option++
      continue
    }
    if (type === JUMBO_PAYLOAD && option + JUMBO_LENGTH <= to) {
      // Negative from 2 GiB on, which no frame has.
      const jumbo = u32At(option + 2)
      if (jumbo >= length && jumbo < packet.limit - at) packet.limit = at + jumbo
      return
    }
    option += 2 + u8At(option + 1)
  }
}

const MORE_FRAGMENTS = 1
const FRAGMENT_OFFSET = 0xfff8

/**
 * RFC 8200 section 4.5
 *
 *      0             8          16                 29   31  32                64
 *     +-------------+----------+------------------+----+---+-----------------+
 *     | next header | reserved | offset (8 bytes) | 0  | M | identification  |
 *     +-------------+----------+------------------+----+---+-----------------+
 */
export function decodeIpv6Fragment(): i32 {
  const at = packet.at
  if (!packet.layer(PROTOCOL.ipv6_fraghdr, at) || !packet.has(at, 8)) return 0
  const field = u16At(at + 2) & (FRAGMENT_OFFSET | MORE_FRAGMENTS)
  if (!packet.quoted) {
    // A header that says "offset 0, last" is an atomic fragment (RFC 6946): the whole datagram.
    packet.fragment = field !== 0
    packet.ipId = u32At(at + 4)
  }
  packet.at = at + 8
  return field & FRAGMENT_OFFSET ? PROTOCOL.data : byNextHeader(u8At(at))
}

/** RFC 4302 authentication header: `(length + 2) * 4` bytes; what follows is not encrypted. */
export function decodeAuthenticationHeader(): i32 {
  const at = packet.at
  if (!packet.layer(PROTOCOL.ah, at) || !packet.has(at, 12)) return 0
  const length = (u8At(at + 1) + 2) << 2
  if (!packet.has(at, length)) return 0
  packet.at = at + length
  return byNextHeader(u8At(at))
}
