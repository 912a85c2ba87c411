import { DECODE_ERROR } from '../../decode/packet-codes.ts'
import { PROTOCOL } from '../../decode/protocols.ts'
import { u16At } from '../bytes.ts'
import { packet } from '../packet.ts'
import { byEthertype, IPV4 } from './ethertype.ts'

/**
 * LINKTYPE_LINUX_SLL, "any" interface.
 *
 *      0             2               4                6             14         16
 *     +-------------+---------------+----------------+-------------+----------+
 *     | packet type | hardware type | address length | address (8) | protocol |
 *     +-------------+---------------+----------------+-------------+----------+
 */
export function decodeLinuxCooked(): i32 {
  const at = packet.at
  if (!packet.layer(PROTOCOL.sll, at) || !packet.has(at, 16)) return 0
  packet.at = at + 16
  return cookedProtocol(at + 2, at + 14)
}

/**
 * LINKTYPE_LINUX_SLL2
 *
 *      0          2          4                 8               10            11               12            20
 *     +----------+----------+-----------------+---------------+-------------+----------------+-------------+
 *     | protocol | reserved | interface index | hardware type | packet type | address length | address (8) |
 *     +----------+----------+-----------------+---------------+-------------+----------------+-------------+
 */
export function decodeLinuxCooked2(): i32 {
  const at = packet.at
  if (!packet.layer(PROTOCOL.sll, at) || !packet.has(at, 20)) return 0
  packet.at = at + 20
  return cookedProtocol(at + 8, at)
}

const ARPHRD_FRAD = 770
const ARPHRD_IPGRE = 778
const ARPHRD_IEEE80211_RADIOTAP = 803
const ARPHRD_NETLINK = 824

/** What the protocol field means depends on the hardware type (ARPHRD_ value) of the interface. */
function cookedProtocol(hardwareAt: i32, protocolAt: i32): i32 {
  const hardware = u16At(hardwareAt)
  const protocol = u16At(protocolAt)
  if (hardware === ARPHRD_NETLINK) return PROTOCOL.netlink
  if (hardware === ARPHRD_IPGRE) return PROTOCOL.gre
  if (hardware === ARPHRD_FRAD) return PROTOCOL.fr
  if (hardware === ARPHRD_IEEE80211_RADIOTAP) return PROTOCOL.radiotap
  if (protocol >= 0x600) {
    if (!packet.layer(PROTOCOL.ethertype, packet.at)) return 0
    return protocol === IPV4 ? PROTOCOL.ip : byEthertype(protocol)
  }
  // Below, they are Linux's ETH_P_ numbers for what has no EtherType: 1 = raw 802.3, 4 = LLC.
  if (protocol === 4) return PROTOCOL.llc
  if (protocol === 1) return PROTOCOL.ipx
  return packet.fail(DECODE_ERROR.notDecoded, protocolAt)
}
