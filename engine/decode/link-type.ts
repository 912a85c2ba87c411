import { PROTOCOL } from './protocols.ts'

/** LINKTYPE_ values (https://www.tcpdump.org/linktypes.html) that several places need by name. */
export const LINK_TYPE = { null: 0, ethernet: 1, linuxCooked: 113, linuxCooked2: 276 } as const

/** The first layer of a frame of this link type; 0 for link types that have no name here. */
export function byLinkType(linkType: number): number {
  switch (linkType) {
    case 1:
      return PROTOCOL.eth
    case 0:
    case 108:
      return PROTOCOL.null
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
    default:
      return 0
  }
}
