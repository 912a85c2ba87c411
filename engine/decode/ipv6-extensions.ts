import { byNextHeader } from './ipv6.ts'
import type { Packet } from './packet.ts'
import { PROTOCOL } from './protocols.ts'

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
export function decodeIpv6Extension(packet: Packet, protocol: number): number {
  const { at, bytes } = packet
  if (!packet.layer(protocol, at) || !packet.has(at, 2)) return 0
  const length = (bytes[at + 1] + 1) << 3
  if (!packet.has(at, length)) return 0
  if (protocol === PROTOCOL['ipv6.hopopts']) jumboPayload(packet, at, length)
  packet.at = at + length
  return byNextHeader(bytes[at])
}

/** RFC 2675: the length the IPv6 header has no room for. It counts everything after that header. */
function jumboPayload(packet: Packet, at: number, length: number): void {
  const { bytes } = packet
  const to = at + length
  for (let option = at + 2; option + 1 < to;) {
    const type = bytes[option]
    if (type === 0) {
      option++
      continue
    }
    if (type === JUMBO_PAYLOAD && option + JUMBO_LENGTH <= to) {
      const jumbo =
        bytes[option + 2] * 0x1000000 + ((bytes[option + 3] << 16) | (bytes[option + 4] << 8) | bytes[option + 5])
      if (at + jumbo < packet.limit && jumbo >= length) packet.limit = at + jumbo
      return
    }
    option += 2 + bytes[option + 1]
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
export function decodeIpv6Fragment(packet: Packet): number {
  const { at, bytes } = packet
  if (!packet.layer(PROTOCOL['ipv6.fraghdr'], at) || !packet.has(at, 8)) return 0
  const field = ((bytes[at + 2] << 8) | bytes[at + 3]) & (FRAGMENT_OFFSET | MORE_FRAGMENTS)
  if (!packet.quoted) {
    // A header that says "offset 0, last" is an atomic fragment (RFC 6946): the whole datagram.
    packet.fragment = field !== 0
    packet.ipId = ((bytes[at + 4] << 24) | (bytes[at + 5] << 16) | (bytes[at + 6] << 8) | bytes[at + 7]) >>> 0
  }
  packet.at = at + 8
  return field & FRAGMENT_OFFSET ? PROTOCOL.data : byNextHeader(bytes[at])
}

/** RFC 4302 authentication header: `(length + 2) * 4` bytes; what follows is not encrypted. */
export function decodeAuthenticationHeader(packet: Packet): number {
  const { at, bytes } = packet
  if (!packet.layer(PROTOCOL.ah, at) || !packet.has(at, 12)) return 0
  const length = (bytes[at + 1] + 2) << 2
  if (!packet.has(at, length)) return 0
  packet.at = at + length
  return byNextHeader(bytes[at])
}
