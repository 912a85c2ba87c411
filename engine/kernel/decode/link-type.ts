import { PROTOCOL } from '../../decode/protocols.ts'

/** The first layer of a frame of this link type; 0 for link types that have no name here. */
export function byLinkType(linkType: i32): i32 {
  switch (linkType) {
    case 1:
      return PROTOCOL.eth
    case 0:
    case 108:
      return PROTOCOL.null_
    case 113:
    case 276:
      return PROTOCOL.sll
    case 12:
    case 14:
    case 101:
      return PROTOCOL.raw
    case 228:
      return PROTOCOL.ip
    case 229:
      return PROTOCOL.ipv6
    case 9:
    case 50:
      return PROTOCOL.ppp
    case 51:
      return PROTOCOL.pppoes
    case 10:
      return PROTOCOL.fddi
    case 7:
    case 129:
      return PROTOCOL.arcnet
    case 104:
      return PROTOCOL.chdlc
    case 105:
      return PROTOCOL.wlan
    case 119:
    case 163:
      return PROTOCOL.prism
    case 127:
      return PROTOCOL.radiotap
    case 192:
      return PROTOCOL.ppi
    case 226:
      return PROTOCOL.ipnet
    case 239:
      return PROTOCOL.nflog
    case 242:
      return PROTOCOL.ipoib
    case 258:
      return PROTOCOL.pktap
    // Named only.
    case 107:
      return PROTOCOL.fr
    case 8:
      return PROTOCOL.slip
    case 140:
      return PROTOCOL.mtp2
    case 165:
      return PROTOCOL.mstp
    case 132:
    case 137:
    case 164:
    case 178:
      return PROTOCOL.juniper
    case 189:
    case 220:
    case 249:
      return PROTOCOL.usb
    case 187:
    case 201:
    case 251:
    case 255:
    case 256:
      return PROTOCOL.bluetooth
    case 195:
    case 230:
      return PROTOCOL.wpan
    case 231:
      return PROTOCOL.dbus
    case 253:
      return PROTOCOL.netlink
    case 271:
      return PROTOCOL.vsock
    default:
      return 0
  }
}
