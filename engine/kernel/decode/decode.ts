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
import { decodePlainTcp } from './plain-tcp.ts'
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
  const end = at + capturedLength
  if (linkType === LINK_TYPE.ethernet && decodePlainTcp(at, end, at + wireLength)) return
  decodeLayers(at, end, at + wireLength, linkType)
}

/** The same layer by layer. */
function decodeLayers(at: i32, end: i32, wireEnd: i32, linkType: i32): void {
  packet.reset(at, end, wireEnd)
  packet.linkType = linkType
  let next: i32
  if (linkType === LINK_TYPE.ethernet) next = PROTOCOL.eth
  else if (linkType === LINK_TYPE.linuxCooked2) next = decodeLinuxCooked2()
  else {
    next = byLinkType(linkType)
    if (next === 0) packet.fail(DECODE_ERROR.notDecoded, at)
  }
  // Every round adds a layer or ends, so there are at most MAX_LAYERS of them.
  while (next !== 0) {
    // Most packets that are not plain need no more than these three.
    if (next === PROTOCOL.eth) next = decodeEthernet()
    else if (next === PROTOCOL.ip) next = decodeIpv4()
    else if (next === PROTOCOL.tcp) next = decodeTcp()
    else next = decodeLayer(next)
  }
}

/** Reads the header at `packet.at`, moves the cursor behind it and returns which layer comes next, 0 when none does. */
function decodeLayer(next: i32): i32 {
  switch (next) {
    case PROTOCOL.ipv6:
      return decodeIpv6()
    case PROTOCOL.udp:
      return decodeUdp()
    case PROTOCOL.vxlan:
      return decodeVxlan()
    case PROTOCOL.geneve:
      return decodeGeneve()
    case PROTOCOL.vlan:
    case PROTOCOL.ieee8021ad:
      return decodeVlan(next)
    case PROTOCOL.icmp:
      return decodeIcmp()
    default:
      return decodeRareLayer(next)
  }
}

/** The same for what few captures have: so V8 compiles it well for those only. */
function decodeRareLayer(next: i32): i32 {
  switch (next) {
    case PROTOCOL.sll:
      return decodeLinuxCooked()
    case PROTOCOL.null_:
      return decodeLoopback()
    case PROTOCOL.raw:
      return decodeRawIp()
    case PROTOCOL.arp:
      return decodeArp()
    case PROTOCOL.icmpv6:
      return decodeIcmpv6()
    case PROTOCOL.sctp:
      return decodeSctp()
    case PROTOCOL.gre:
      return decodeGre()
    case PROTOCOL.gtp:
      return decodeGtp()
    case PROTOCOL.mpls:
      return decodeMpls()
    case PROTOCOL.pppoes:
    case PROTOCOL.pppoed:
      return decodePppoe(next)
    case PROTOCOL.ppp:
      return decodePpp()
    case PROTOCOL.llc:
      return decodeLlc()
    case PROTOCOL.ipv6_hopopts:
    case PROTOCOL.ipv6_routing:
    case PROTOCOL.ipv6_dstopts:
      return decodeIpv6Extension(next)
    case PROTOCOL.ipv6_fraghdr:
      return decodeIpv6Fragment()
    case PROTOCOL.ah:
      return decodeAuthenticationHeader()
    case PROTOCOL.esp:
    case PROTOCOL.igmp:
    case PROTOCOL.wg:
      return decodeOpaque(next)
    case PROTOCOL.erspan:
      return decodeErspan()
    case PROTOCOL.wlan:
      return decodeIeee80211()
    case PROTOCOL.radiotap:
      return decodeRadiotap()
    case PROTOCOL.ppi:
      return decodePpi()
    case PROTOCOL.prism:
      return decodePrism()
    case PROTOCOL.fddi:
      return decodeFddi()
    case PROTOCOL.arcnet:
      return decodeArcnet()
    case PROTOCOL.chdlc:
      return decodeCiscoHdlc()
    case PROTOCOL.cmd:
      return decodeCiscoMetadata()
    case PROTOCOL.ipoib:
      return decodeIpoib()
    case PROTOCOL.nflog:
      return decodeNflog()
    case PROTOCOL.ipnet:
      return decodeIpnet()
    case PROTOCOL.pktap:
      return decodePktap()
    default:
      if (packet.layer(next, packet.at) && next !== PROTOCOL.data) packet.fail(DECODE_ERROR.notDecoded, packet.at)
      return 0
  }
}
