import { ipv4Text, ipv6Text, macText } from '../columns/address-text.ts'
import { layerTitle } from './fields.ts'
import { icmpCodeName, ICMP_TYPES, icmpv6CodeName, ICMPV6_TYPES, IGMP_TYPES } from './icmp-names.ts'
import { IP_PROTOCOL_NAMES } from './names.ts'
import { DECODE_ERROR, NETWORK, type Packet } from './packet.ts'
import type { PacketContext } from './packet-context.ts'
import { PROTOCOL, PROTOCOLS } from './protocols.ts'
import { tcpInfo } from './tcp-info.ts'
import { chunkNames } from './transport-fields.ts'
import { wireGuardMessage } from './tunnel-fields.ts'

/** The layers that say how the next one is announced, or that the rest has no name: never what a packet is about. */
const SILENT: ReadonlySet<number> = new Set([
  PROTOCOL.ethertype,
  PROTOCOL.data,
  PROTOCOL.pwethheuristic,
  PROTOCOL.pwethcw,
  PROTOCOL.pcap_pktdata,
  PROTOCOL.raw,
])

/** The index of the layer the packet is about: the innermost one, or the ICMP error that quotes it. -1 = nothing was decoded. */
function mainLayer(packet: Packet): number {
  const { layerCount, layers } = packet
  for (let i = layerCount - 1; i >= 0; i--) {
    if (packet.quoted && layers[i] !== PROTOCOL.icmp && layers[i] !== PROTOCOL.icmpv6) continue
    if (!SILENT.has(layers[i])) return i
  }
  return -1
}

const COLUMN_NAMES: Readonly<Record<number, string>> = {
  [PROTOCOL.eth]: 'Ethernet',
  [PROTOCOL.ip]: 'IPv4',
  [PROTOCOL.ipv6]: 'IPv6',
  [PROTOCOL.icmpv6]: 'ICMPv6',
  [PROTOCOL['ipv6.hopopts']]: 'IPv6',
  [PROTOCOL['ipv6.dstopts']]: 'IPv6',
  [PROTOCOL['ipv6.routing']]: 'IPv6',
  [PROTOCOL['ipv6.fraghdr']]: 'IPv6',
  [PROTOCOL.wg]: 'WireGuard',
  [PROTOCOL.pppoes]: 'PPPoES',
  [PROTOCOL.pppoed]: 'PPPoED',
  [PROTOCOL.wlan]: '802.11',
  [PROTOCOL.wlan_radio]: '802.11',
  [PROTOCOL.geneve]: 'Geneve',
  [PROTOCOL.ieee8021ad]: '802.1ad',
}

/** The packet list's Protocol column: the innermost protocol, written as Wireshark writes it. */
export function protocolColumn(packet: Packet): string {
  const main = mainLayer(packet)
  if (main < 0) return 'Unknown'
  const id = packet.layers[main]
  // A piece of a datagram is about the datagram; only the first one has the transport's header at all.
  if (packet.fragment) return packet.network === NETWORK.ipv6 ? 'IPv6' : 'IPv4'
  return COLUMN_NAMES[id] ?? PROTOCOLS[id].toUpperCase()
}

/** The packet list's Info column: what the packet says, in a line. */
export function infoText(packet: Packet, context?: PacketContext): string {
  const main = mainLayer(packet)
  const text = main < 0 ? '' : layerInfo(packet, packet.layers[main], packet.layerAt[main], main, context)
  if (packet.error === DECODE_ERROR.cut) return `${text} [Packet size limited during capture]`.trimStart()
  if (packet.error === DECODE_ERROR.malformed) return `${text} [Malformed Packet]`.trimStart()
  return text
}

function layerInfo(packet: Packet, id: number, at: number, layer: number, context?: PacketContext): string {
  if (packet.fragment) return fragmentInfo(packet)
  const end = Math.min(packet.end, packet.layerLimit[layer])
  const { bytes } = packet
  switch (id) {
    case PROTOCOL.tcp:
      return at + 16 <= end ? tcpInfo(packet, context?.tcp) : ''
    case PROTOCOL.udp:
      return at + 8 <= end ? `${packet.sourcePort} → ${packet.destinationPort} Len=${packet.payloadLength}` : ''
    case PROTOCOL.sctp:
      return chunkNames(bytes, at + 12, end)
    case PROTOCOL.arp:
      return arpInfo(bytes, at, end)
    case PROTOCOL.icmp:
      return icmpInfo(packet, at, end)
    case PROTOCOL.icmpv6:
      return icmpv6Info(packet, at, end)
    case PROTOCOL.igmp:
      return igmpInfo(bytes, at, end)
    case PROTOCOL.esp:
      return at + 4 <= end ? `ESP (SPI=0x${hex(u16(bytes, at) * 0x10000 + u16(bytes, at + 2), 8)})` : ''
    case PROTOCOL.wg:
      return at < end ? wireGuardMessage(bytes[at]) : ''
    case PROTOCOL.pppoed:
      return at + 2 <= end ? (PPPOE_CODES[bytes[at + 1]] ?? '') : ''
    case PROTOCOL.ip:
    case PROTOCOL.ipv6:
      return networkInfo(packet, id, at, end)
    case PROTOCOL.eth:
      return at + 14 <= end ? `Ethernet type 0x${hex(u16(bytes, at + 12), 4)}` : ''
    default:
      return layerTitle(id)
  }
}

const u16 = (bytes: Uint8Array, at: number): number => (bytes[at] << 8) | bytes[at + 1]
const hex = (number: number, digits: number): string => number.toString(16).padStart(digits, '0')
const address = (bytes: Uint8Array, at: number): string => ipv4Text(u16(bytes, at) * 0x10000 + u16(bytes, at + 2))

function fragmentInfo(packet: Packet): string {
  const { bytes, layerAt, layerCount, layers } = packet
  const header = layers.subarray(0, layerCount).lastIndexOf(PROTOCOL['ipv6.fraghdr'])
  if (packet.network === NETWORK.ipv6 && header >= 0) {
    const at = layerAt[header]
    const field = u16(bytes, at + 2)
    const more = field & 1 ? 'y' : 'n'
    return `IPv6 fragment (off=${field & 0xfff8} more=${more} ident=0x${hex(packet.ipId, 8)} nxt=${bytes[at]})`
  }
  const at = packet.sourceAt - 12
  const protocol = bytes[at + 9]
  const name = IP_PROTOCOL_NAMES[protocol] ?? 'Unknown'
  const offset = (u16(bytes, at + 6) & 0x1fff) * 8
  return `Fragmented IP protocol (proto=${name} ${protocol}, off=${offset}, ID=${hex(packet.ipId, 4)})`
}

function networkInfo(packet: Packet, id: number, at: number, end: number): string {
  const protocolAt = id === PROTOCOL.ip ? at + 9 : at + 6
  if (protocolAt >= end) return ''
  const protocol = packet.bytes[protocolAt]
  return `${IP_PROTOCOL_NAMES[protocol] ?? 'Unknown'} (${protocol})`
}

function arpInfo(bytes: Uint8Array, at: number, end: number): string {
  if (at + 8 > end) return ''
  const hardware = bytes[at + 4]
  if (u16(bytes, at + 2) !== 0x0800 || bytes[at + 5] !== 4) return ''
  const senderIp = at + 8 + hardware
  const targetIp = senderIp + 4 + hardware
  if (targetIp + 4 > end) return ''
  const sender = address(bytes, senderIp)
  const target = address(bytes, targetIp)
  const mac = hardware === 6 ? macText(bytes, at + 8) : 'its hardware address'
  switch (u16(bytes, at + 6)) {
    case 1:
      if (sender === target) return `ARP Announcement for ${sender}`
      return sender === '0.0.0.0' ? `Who has ${target}? (ARP Probe)` : `Who has ${target}? Tell ${sender}`
    case 2:
      return sender === target ? `Gratuitous ARP for ${sender} (Reply)` : `${sender} is at ${mac}`
    case 3:
      return `Who is ${hardware === 6 ? macText(bytes, targetIp - 6) : 'this'}? Tell ${mac}`
    case 4:
      return `${hardware === 6 ? macText(bytes, targetIp - 6) : 'It'} is at ${target}`
    default:
      return ''
  }
}

function icmpInfo(packet: Packet, at: number, end: number): string {
  if (at + 4 > end) return ''
  const { bytes } = packet
  const type = bytes[at]
  const name = ICMP_TYPES[type] ?? `Type ${type}`
  if ((type === 0 || type === 8) && at + 8 <= end) {
    const id = hex(u16(bytes, at + 4), 4)
    const seq = u16(bytes, at + 6)
    return `${name}  id=0x${id}, seq=${seq}/${((seq & 0xff) << 8) | (seq >> 8)}, ttl=${packet.ttl}`
  }
  const code = icmpCodeName(type, bytes[at + 1])
  const mtu = packet.nextHopMtu > 0 ? ` MTU=${packet.nextHopMtu}` : ''
  return code ? `${name} (${code})${mtu}` : name
}

function icmpv6Info(packet: Packet, at: number, end: number): string {
  if (at + 4 > end) return ''
  const { bytes } = packet
  const type = bytes[at]
  const name = ICMPV6_TYPES[type] ?? `Type ${type}`
  if ((type === 128 || type === 129) && at + 8 <= end) {
    return `${name} id=0x${hex(u16(bytes, at + 4), 4)}, seq=${u16(bytes, at + 6)}, hop limit=${packet.ttl}`
  }
  if (type === 2) return `${name} MTU=${packet.nextHopMtu}`
  if (type === 133) return name + linkAddress(bytes, at + 8, end, ' from ')
  if (type === 135 && at + 24 <= end) {
    return `${name} for ${ipv6Text(bytes, at + 8)}${linkAddress(bytes, at + 24, end, ' from ')}`
  }
  if (type === 136 && at + 24 <= end) {
    const flags = [bytes[at + 4] & 0x80 && 'rtr', bytes[at + 4] & 0x40 && 'sol', bytes[at + 4] & 0x20 && 'ovr']
    const set = flags.filter(Boolean).join(', ')
    return `${name} ${ipv6Text(bytes, at + 8)}${set && ` (${set})`}${linkAddress(bytes, at + 24, end, ' is at ')}`
  }
  const code = icmpv6CodeName(type, bytes[at + 1])
  return code ? `${name} (${code})` : name
}

/** The MAC address of the first option, when it is one of a link-layer address. */
function linkAddress(bytes: Uint8Array, at: number, end: number, before: string): string {
  const isAddress = at + 8 <= end && (bytes[at] === 1 || bytes[at] === 2) && bytes[at + 1] === 1
  return isAddress ? before + macText(bytes, at + 2) : ''
}

function igmpInfo(bytes: Uint8Array, at: number, end: number): string {
  if (at + 8 > end) return ''
  const name = IGMP_TYPES[bytes[at]] ?? `Type 0x${hex(bytes[at], 2)}`
  if (bytes[at] === 0x22) return `${name}, ${u16(bytes, at + 6)} group records`
  const group = address(bytes, at + 4)
  return group === '0.0.0.0' ? `${name}, general` : `${name} ${group}`
}

const PPPOE_CODES: Readonly<Record<number, string>> = {
  0x07: 'Active Discovery Offer (PADO)',
  0x09: 'Active Discovery Initiation (PADI)',
  0x19: 'Active Discovery Request (PADR)',
  0x65: 'Active Discovery Session-confirmation (PADS)',
  0xa7: 'Active Discovery Terminate (PADT)',
}
