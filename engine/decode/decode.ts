import { decodeArcnet } from './arcnet.ts'
import { decodeArp } from './arp.ts'
import { decodeCiscoHdlc } from './chdlc.ts'
import { decodeCiscoMetadata } from './cmd.ts'
import { decodeErspan } from './erspan.ts'
import { decodeEthernet } from './ethernet.ts'
import { decodeFddi } from './fddi.ts'
import { decodeGeneve } from './geneve.ts'
import { decodeGre } from './gre.ts'
import { decodeGtp } from './gtp.ts'
import { decodeIcmp } from './icmp.ts'
import { decodeIcmpv6 } from './icmpv6.ts'
import { decodeIeee80211, decodePpi, decodePrism, decodeRadiotap } from './ieee80211.ts'
import { decodeIpnet } from './ipnet.ts'
import { decodeIpoib } from './ipoib.ts'
import { decodeIpv4 } from './ipv4.ts'
import { decodeIpv6 } from './ipv6.ts'
import { decodeAuthenticationHeader, decodeIpv6Extension, decodeIpv6Fragment } from './ipv6-extensions.ts'
import { byLinkType, LINK_TYPE } from './link-type.ts'
import { decodeLinuxCooked, decodeLinuxCooked2 } from './linux-cooked.ts'
import { decodeLlc } from './llc.ts'
import { decodeLoopback } from './loopback.ts'
import { decodeMpls } from './mpls.ts'
import { decodeNflog } from './nflog.ts'
import { DECODE_ERROR, type Packet } from './packet.ts'
import { decodeOpaque } from './opaque.ts'
import { decodePktap } from './pktap.ts'
import { decodePpp } from './ppp.ts'
import { decodePppoe } from './pppoe.ts'
import { PROTOCOL } from './protocols.ts'
import { decodeRawIp } from './raw-ip.ts'
import { decodeSctp } from './sctp.ts'
import { decodeTcp } from './tcp.ts'
import { decodeUdp } from './udp.ts'
import { decodeVlan } from './vlan.ts'
import { decodeVxlan } from './vxlan.ts'

const MAX_LENGTH = 0x1fff_ffff

/**
 * Decodes the frame `bytes[at, at + capturedLength)`, which was `length` bytes on the wire, into `packet`.
 * Never throws, and never reads outside the frame: what can't be decoded ends the layers, and `packet.error` says why.
 */
export function decodeFrame(
  packet: Packet,
  bytes: Uint8Array,
  at: number,
  capturedLength: number,
  length: number,
  linkType: number,
): void {
  // Some writers leave the length at zero; it can't be less than what is there. Nonsense above half a GiB is cut down, so that
  // positions stay small integers, for this and all later packets.
  const wireLength = length > capturedLength ? Math.min(length, MAX_LENGTH) : capturedLength
  packet.reset(bytes, at, at + capturedLength, at + wireLength)
  packet.linkType = linkType
  let next: number
  if (linkType === LINK_TYPE.ethernet) {
    next = decodeEthernet(packet)
  } else if (linkType === LINK_TYPE.linuxCooked2) {
    next = decodeLinuxCooked2(packet)
  } else {
    next = byLinkType(linkType)
    if (next === 0) packet.fail(DECODE_ERROR.notDecoded, at)
  }
  // Nearly all packets need no more than these two, and so are spared the dispatch (a quarter of their time).
  if (next === PROTOCOL.ip) next = decodeIpv4(packet)
  if (next === PROTOCOL.tcp) next = decodeTcp(packet)
  if (next !== 0) decodeLayers(packet, next)
}

/**
 * Each decoder reads the header at `packet.at`, moves the cursor behind it and returns which layer comes next, 0 when none does.
 * Every round adds a layer or returns 0, so there are at most MAX_LAYERS of them.
 */
function decodeLayers(packet: Packet, next: number): void {
  while (next !== 0) {
    switch (next) {
      case PROTOCOL.eth:
        next = decodeEthernet(packet)
        break
      case PROTOCOL.ip:
        next = decodeIpv4(packet)
        break
      case PROTOCOL.tcp:
        next = decodeTcp(packet)
        break
      case PROTOCOL.ipv6:
        next = decodeIpv6(packet)
        break
      case PROTOCOL.udp:
        next = decodeUdp(packet)
        break
      case PROTOCOL.vxlan:
        next = decodeVxlan(packet)
        break
      case PROTOCOL.geneve:
        next = decodeGeneve(packet)
        break
      case PROTOCOL.vlan:
      case PROTOCOL.ieee8021ad:
        next = decodeVlan(packet, next)
        break
      case PROTOCOL.sll:
        next = decodeLinuxCooked(packet)
        break
      case PROTOCOL.null:
        next = decodeLoopback(packet)
        break
      case PROTOCOL.raw:
        next = decodeRawIp(packet)
        break
      case PROTOCOL.arp:
        next = decodeArp(packet)
        break
      case PROTOCOL.icmp:
        next = decodeIcmp(packet)
        break
      case PROTOCOL.icmpv6:
        next = decodeIcmpv6(packet)
        break
      case PROTOCOL.sctp:
        next = decodeSctp(packet)
        break
      case PROTOCOL.gre:
        next = decodeGre(packet)
        break
      case PROTOCOL.gtp:
        next = decodeGtp(packet)
        break
      case PROTOCOL.mpls:
        next = decodeMpls(packet)
        break
      case PROTOCOL.pppoes:
      case PROTOCOL.pppoed:
        next = decodePppoe(packet, next)
        break
      case PROTOCOL.ppp:
        next = decodePpp(packet)
        break
      case PROTOCOL.llc:
        next = decodeLlc(packet)
        break
      case PROTOCOL['ipv6.hopopts']:
      case PROTOCOL['ipv6.routing']:
      case PROTOCOL['ipv6.dstopts']:
        next = decodeIpv6Extension(packet, next)
        break
      case PROTOCOL['ipv6.fraghdr']:
        next = decodeIpv6Fragment(packet)
        break
      case PROTOCOL.ah:
        next = decodeAuthenticationHeader(packet)
        break
      case PROTOCOL.esp:
      case PROTOCOL.igmp:
      case PROTOCOL.wg:
        next = decodeOpaque(packet, next)
        break
      case PROTOCOL.erspan:
        next = decodeErspan(packet)
        break
      case PROTOCOL.wlan:
        next = decodeIeee80211(packet)
        break
      case PROTOCOL.radiotap:
        next = decodeRadiotap(packet)
        break
      case PROTOCOL.ppi:
        next = decodePpi(packet)
        break
      case PROTOCOL.prism:
        next = decodePrism(packet)
        break
      case PROTOCOL.fddi:
        next = decodeFddi(packet)
        break
      case PROTOCOL.arcnet:
        next = decodeArcnet(packet)
        break
      case PROTOCOL.chdlc:
        next = decodeCiscoHdlc(packet)
        break
      case PROTOCOL.cmd:
        next = decodeCiscoMetadata(packet)
        break
      case PROTOCOL.ipoib:
        next = decodeIpoib(packet)
        break
      case PROTOCOL.nflog:
        next = decodeNflog(packet)
        break
      case PROTOCOL.ipnet:
        next = decodeIpnet(packet)
        break
      case PROTOCOL.pktap:
        next = decodePktap(packet)
        break
      default:
        if (packet.layer(next, packet.at) && next !== PROTOCOL.data) packet.fail(DECODE_ERROR.notDecoded, packet.at)
        return
    }
  }
}
