import { NETWORK } from '../../decode/packet-codes.ts'
import { PROTOCOL } from '../../decode/protocols.ts'
import { u16At, u32At, u8At } from '../bytes.ts'
import { packet } from '../packet.ts'
import { IPV4 } from './ethertype.ts'
import { TCP } from './ip-protocol.ts'

/** Lengths of the Ethernet header and of an IPv4 header without options. */
const ETHERNET: i32 = 14
const HEADER: i32 = 20
const VERSION_4_WITHOUT_OPTIONS: i32 = 0x45
/** The flag MF and the offset. */
const FRAGMENT: i32 = 0x3fff

/**
 * Nearly every packet begins like this: an Ethernet header, then an IPv4 header without options, of TCP, that is no fragment. Says of it at once what
 * decodeEthernet and decodeIpv4 would, and returns the layer that comes next; of any other nothing, and returns PROTOCOL.eth.
 */
export function decodePlainIpv4(): i32 {
  const at = packet.at
  const ip = at + ETHERNET
  if (packet.end - ip < HEADER || u16At(at + 12) !== IPV4 || u8At(ip) !== VERSION_4_WITHOUT_OPTIONS) return PROTOCOL.eth
  const length = u16At(ip + 2)
  if (u8At(ip + 9) !== TCP || length < HEADER || (u16At(ip + 6) & FRAGMENT) !== 0) return PROTOCOL.eth
  packet.layers[0] = PROTOCOL.eth
  packet.layerAt[0] = at
  packet.layerLimit[0] = packet.limit
  packet.layers[1] = PROTOCOL.ethertype
  packet.layerAt[1] = ip
  packet.layerLimit[1] = packet.limit
  packet.layers[2] = PROTOCOL.ip
  packet.layerAt[2] = ip
  packet.layerLimit[2] = packet.limit
  packet.layerCount = 3
  packet.stackKey = (PROTOCOL.eth << 14) | (PROTOCOL.ethertype << 7) | PROTOCOL.ip
  packet.endAt(ip + length)
  packet.network = NETWORK.ipv4
  packet.sourceAt = ip + 12
  packet.destinationAt = ip + 16
  packet.source = u32At(ip + 12)
  packet.destination = u32At(ip + 16)
  packet.ipId = u16At(ip + 4)
  packet.ttl = u8At(ip + 8)
  packet.at = ip + HEADER
  return PROTOCOL.tcp
}
