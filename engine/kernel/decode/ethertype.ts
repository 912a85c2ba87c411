import { PROTOCOL } from '../../decode/protocols.ts'

/** The EtherType of nearly every packet: spared the call of what follows. */
export const IPV4 = 0x0800

/** The layer that an EtherType announces; `data` when it is one we have no name for. */
export function byEthertype(type: i32): i32 {
  switch (type) {
    case IPV4:
      return PROTOCOL.ip
    case 0x86dd:
      return PROTOCOL.ipv6
    case 0x0806:
    case 0x8035: // RARP: the same format, other operations
      return PROTOCOL.arp
    case 0x8100:
    case 0x9100:
      return PROTOCOL.vlan
    case 0x88a8:
      return PROTOCOL.ieee8021ad
    case 0x8847:
    case 0x8848:
      return PROTOCOL.mpls
    case 0x8863:
      return PROTOCOL.pppoed
    case 0x8864:
      return PROTOCOL.pppoes
    case 0x6558:
      return PROTOCOL.eth
    case 0x880b:
      return PROTOCOL.ppp
    case 0x8137:
      return PROTOCOL.ipx
    case 0x88cc:
      return PROTOCOL.lldp
    case 0x888e:
      return PROTOCOL.eapol
    case 0x8809:
      return PROTOCOL.slow
    case 0x9000:
      return PROTOCOL.loop
    case 0x8909:
      return PROTOCOL.cmd
    case 0x894f:
      return PROTOCOL.nsh
    case 0x2001:
      return PROTOCOL.nhrp
    default:
      return PROTOCOL.data
  }
}
