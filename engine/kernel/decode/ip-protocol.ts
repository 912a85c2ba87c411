import { PROTOCOL } from '../../decode/protocols.ts'

/** The number of nearly every packet: spared the call of what follows. */
export const TCP = 6

/** The layer that an IPv4 protocol or IPv6 next header number announces; `data` when it is one we have no name for. */
export function byIpProtocol(protocol: i32): i32 {
  switch (protocol) {
    case TCP:
      return PROTOCOL.tcp
    case 17:
      return PROTOCOL.udp
    case 1:
      return PROTOCOL.icmp
    case 58:
      return PROTOCOL.icmpv6
    case 4:
      return PROTOCOL.ip
    case 41:
      return PROTOCOL.ipv6
    case 47:
      return PROTOCOL.gre
    case 50:
      return PROTOCOL.esp
    case 51:
      return PROTOCOL.ah
    case 132:
      return PROTOCOL.sctp
    case 2:
      return PROTOCOL.igmp
    case 0:
      return PROTOCOL.ipv6_hopopts
    case 43:
      return PROTOCOL.ipv6_routing
    case 44:
      return PROTOCOL.ipv6_fraghdr
    case 60:
      return PROTOCOL.ipv6_dstopts
    case 33:
      return PROTOCOL.dccp
    case 46:
      return PROTOCOL.rsvp
    case 88:
      return PROTOCOL.eigrp
    case 89:
      return PROTOCOL.ospf
    case 103:
      return PROTOCOL.pim
    case 112:
      return PROTOCOL.vrrp
    case 115:
      return PROTOCOL.l2tp
    case 136:
      return PROTOCOL.udplite
    case 137:
      return PROTOCOL.mpls
    default:
      return PROTOCOL.data
  }
}
