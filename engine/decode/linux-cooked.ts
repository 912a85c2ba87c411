import { byEthertype } from './ethertype.ts'
import { DECODE_ERROR, type Packet } from './packet.ts'
import { PROTOCOL } from './protocols.ts'

/**
 * LINKTYPE_LINUX_SLL, "any" interface.
 *
 *      0             2               4                6             14         16
 *     +-------------+---------------+----------------+-------------+----------+
 *     | packet type | hardware type | address length | address (8) | protocol |
 *     +-------------+---------------+----------------+-------------+----------+
 */
export function decodeLinuxCooked(packet: Packet): number {
  const at = packet.at
  if (!packet.layer(PROTOCOL.sll, at) || !packet.has(at, 16)) return 0
  packet.at = at + 16
  return cookedProtocol(packet, at + 2, at + 14)
}

/**
 * LINKTYPE_LINUX_SLL2
 *
 *      0          2          4                 8               10            11               12            20
 *     +----------+----------+-----------------+---------------+-------------+----------------+-------------+
 *     | protocol | reserved | interface index | hardware type | packet type | address length | address (8) |
 *     +----------+----------+-----------------+---------------+-------------+----------------+-------------+
 */
export function decodeLinuxCooked2(packet: Packet): number {
  const at = packet.at
  if (!packet.layer(PROTOCOL.sll, at) || !packet.has(at, 20)) return 0
  packet.at = at + 20
  return cookedProtocol(packet, at + 8, at)
}

const ARPHRD_FRAD = 770
const ARPHRD_IPGRE = 778
const ARPHRD_IEEE80211_RADIOTAP = 803
const ARPHRD_NETLINK = 824

/** What the protocol field means depends on the hardware type (ARPHRD_ value) of the interface. */
function cookedProtocol(packet: Packet, hardwareAt: number, protocolAt: number): number {
  const { bytes } = packet
  const hardware = (bytes[hardwareAt] << 8) | bytes[hardwareAt + 1]
  const protocol = (bytes[protocolAt] << 8) | bytes[protocolAt + 1]
  if (hardware === ARPHRD_NETLINK) return PROTOCOL.netlink
  if (hardware === ARPHRD_IPGRE) return PROTOCOL.gre
  if (hardware === ARPHRD_FRAD) return PROTOCOL.fr
  if (hardware === ARPHRD_IEEE80211_RADIOTAP) return PROTOCOL.radiotap
  if (protocol >= 0x600) return packet.layer(PROTOCOL.ethertype, packet.at) ? byEthertype(protocol) : 0
  // Below, they are Linux's ETH_P_ numbers for what has no EtherType: 1 = raw 802.3, 4 = LLC.
  if (protocol === 4) return PROTOCOL.llc
  if (protocol === 1) return PROTOCOL.ipx
  return packet.fail(DECODE_ERROR.notDecoded, protocolAt)
}
