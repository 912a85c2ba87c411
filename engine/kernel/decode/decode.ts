import { LINK_TYPE } from '../../decode/link-type.ts'
import { DECODE_ERROR } from '../../decode/packet-codes.ts'
import { PROTOCOL } from '../../decode/protocols.ts'
import { packet } from '../packet.ts'
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
import { decodeAuthenticationHeader, decodeIpv6Extension, decodeIpv6Fragment } from './ipv6-extensions.ts'
import { decodeIpv6 } from './ipv6.ts'
import { byLinkType } from './link-type.ts'
import { decodeLinuxCooked, decodeLinuxCooked2 } from './linux-cooked.ts'
import { decodeLlc } from './llc.ts'
import { decodeLoopback } from './loopback.ts'
import { decodeMpls } from './mpls.ts'
import { decodeNflog } from './nflog.ts'
import { decodeOpaque } from './opaque.ts'
import { decodePktap } from './pktap.ts'
import { decodePpp } from './ppp.ts'
import { decodePppoe } from './pppoe.ts'
import { decodeRawIp } from './raw-ip.ts'
import { decodeSctp } from './sctp.ts'
import { decodeTcp } from './tcp.ts'
import { decodeUdp } from './udp.ts'
import { decodeVlan } from './vlan.ts'
import { decodeVxlan } from './vxlan.ts'

const MAX_LENGTH = 0x1fff_ffff

/**
 * Decodes the frame at the addresses `[at, at + capturedLength)`, which was `length` bytes on the wire, into the packet.
 * Never reads outside the frame: what can't be decoded ends the layers, and `packet.error` says why.
 */
export function decodeFrame(at: i32, capturedLength: i32, length: i32, linkType: i32): void {
  // Some writers leave the length at zero; it can't be less than what is there. Nonsense above half a GiB is cut down, so that
  // positions stay positive.
  const wireLength: i32 = <u32>length > <u32>capturedLength ? min<u32>(length, MAX_LENGTH) : capturedLength
  packet.reset(at, at + capturedLength, at + wireLength)
  packet.linkType = linkType
  let next: i32
  if (linkType === LINK_TYPE.ethernet) {
    next = decodeEthernet()
  } else if (linkType === LINK_TYPE.linuxCooked2) {
    next = decodeLinuxCooked2()
  } else {
    next = byLinkType(linkType)
    if (next === 0) packet.fail(DECODE_ERROR.notDecoded, at)
  }
  // Nearly all packets need no more than these two, and so are spared the dispatch.
  if (next === PROTOCOL.ip) next = decodeIpv4()
  if (next === PROTOCOL.tcp) next = decodeTcp()
  if (next !== 0) decodeLayers(next)
}

/**
 * Each decoder reads the header at `packet.at`, moves the cursor behind it and returns which layer comes next, 0 when none does.
 * Every round adds a layer or returns 0, so there are at most MAX_LAYERS of them.
 */
function decodeLayers(next: i32): void {
  while (next !== 0) {
    switch (next) {
      case PROTOCOL.eth:
        next = decodeEthernet()
        break
      case PROTOCOL.ip:
        next = decodeIpv4()
        break
      case PROTOCOL.tcp:
        next = decodeTcp()
        break
      case PROTOCOL.ipv6:
        next = decodeIpv6()
        break
      case PROTOCOL.udp:
        next = decodeUdp()
        break
      case PROTOCOL.vxlan:
        next = decodeVxlan()
        break
      case PROTOCOL.geneve:
        next = decodeGeneve()
        break
      case PROTOCOL.vlan:
      case PROTOCOL.ieee8021ad:
        next = decodeVlan(next)
        break
      case PROTOCOL.sll:
        next = decodeLinuxCooked()
        break
      case PROTOCOL.null_:
        next = decodeLoopback()
        break
      case PROTOCOL.raw:
        next = decodeRawIp()
        break
      case PROTOCOL.arp:
        next = decodeArp()
        break
      case PROTOCOL.icmp:
        next = decodeIcmp()
        break
      case PROTOCOL.icmpv6:
        next = decodeIcmpv6()
        break
      case PROTOCOL.sctp:
        next = decodeSctp()
        break
      case PROTOCOL.gre:
        next = decodeGre()
        break
      case PROTOCOL.gtp:
        next = decodeGtp()
        break
      case PROTOCOL.mpls:
        next = decodeMpls()
        break
      case PROTOCOL.pppoes:
      case PROTOCOL.pppoed:
        next = decodePppoe(next)
        break
      case PROTOCOL.ppp:
        next = decodePpp()
        break
      case PROTOCOL.llc:
        next = decodeLlc()
        break
      case PROTOCOL.ipv6_hopopts:
      case PROTOCOL.ipv6_routing:
      case PROTOCOL.ipv6_dstopts:
        next = decodeIpv6Extension(next)
        break
      case PROTOCOL.ipv6_fraghdr:
        next = decodeIpv6Fragment()
        break
      case PROTOCOL.ah:
        next = decodeAuthenticationHeader()
        break
      case PROTOCOL.esp:
      case PROTOCOL.igmp:
      case PROTOCOL.wg:
        next = decodeOpaque(next)
        break
      case PROTOCOL.erspan:
        next = decodeErspan()
        break
      case PROTOCOL.wlan:
        next = decodeIeee80211()
        break
      case PROTOCOL.radiotap:
        next = decodeRadiotap()
        break
      case PROTOCOL.ppi:
        next = decodePpi()
        break
      case PROTOCOL.prism:
        next = decodePrism()
        break
      case PROTOCOL.fddi:
        next = decodeFddi()
        break
      case PROTOCOL.arcnet:
        next = decodeArcnet()
        break
      case PROTOCOL.chdlc:
        next = decodeCiscoHdlc()
        break
      case PROTOCOL.cmd:
        next = decodeCiscoMetadata()
        break
      case PROTOCOL.ipoib:
        next = decodeIpoib()
        break
      case PROTOCOL.nflog:
        next = decodeNflog()
        break
      case PROTOCOL.ipnet:
        next = decodeIpnet()
        break
      case PROTOCOL.pktap:
        next = decodePktap()
        break
      default:
        if (packet.layer(next, packet.at) && next !== PROTOCOL.data) packet.fail(DECODE_ERROR.notDecoded, packet.at)
        return
    }
  }
}
