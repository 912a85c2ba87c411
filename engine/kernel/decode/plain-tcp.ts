import { LINK_TYPE } from '../../decode/link-type.ts'
import { NETWORK, TRANSPORT } from '../../decode/packet-codes.ts'
import { PROTOCOL } from '../../decode/protocols.ts'
import { u16At, u32At, u8At } from '../bytes.ts'
import { packet } from '../packet.ts'
import { TCP } from './ip-protocol.ts'
import { isTimestampsOnly, timestampsOnly } from './tcp-options.ts'

/** Lengths of the headers, of IPv4 and TCP without options. */
const ETHERNET: i32 = 14
const IPV4: i32 = 20
const TCP_HEADER: i32 = 20
const WITH_TIMESTAMPS: i32 = 32
const VERSION_4_WITHOUT_OPTIONS: i32 = 0x45

// As they are in this memory, which begins with the low byte.
const ETHERTYPE_IPV4: i32 = 0x0008
/** The flag MF and the offset. */
const FRAGMENT: i32 = 0xff3f

/**
 * Nearly every packet is no more than this: Ethernet, IPv4 without options that is no fragment, and TCP with no options but timestamps, as RFC 7323
 * appendix A lays them out, all of it captured. Says of it at once what the decoders of the layers would; of any other false, and nothing.
 */
export function decodePlainTcp(at: i32, end: i32, wireEnd: i32): bool {
  const ip = at + ETHERNET
  const tcp = ip + IPV4
  const options = tcp + TCP_HEADER
  if (end < options || <i32>load<u16>(at + 12) !== ETHERTYPE_IPV4) return false
  if (u8At(ip) !== VERSION_4_WITHOUT_OPTIONS || u8At(ip + 9) !== TCP) return false
  if (((<i32>load<u16>(ip + 6)) & FRAGMENT) !== 0) return false
  const headerLength = (u8At(tcp + 12) >> 4) << 2
  if (headerLength === WITH_TIMESTAMPS) {
    if (end < tcp + WITH_TIMESTAMPS || !isTimestampsOnly(options)) return false
  } else if (headerLength !== TCP_HEADER) return false
  const ipEnd = ip + u16At(ip + 2)
  const limit = ipEnd < wireEnd ? ipEnd : wireEnd
  const payloadAt = tcp + headerLength
  if (limit < payloadAt) return false

  if (packet.isPlain === 0) samePlain()
  packet.start = at
  packet.end = end
  packet.wireEnd = wireEnd
  packet.at = tcp
  packet.limit = limit
  packet.layerAt[0] = at
  packet.layerAt[1] = ip
  packet.layerAt[2] = ip
  packet.layerAt[3] = tcp
  packet.layerLimit[0] = wireEnd
  packet.layerLimit[1] = wireEnd
  packet.layerLimit[2] = wireEnd
  packet.layerLimit[3] = limit
  packet.source = u32At(ip + 12)
  packet.destination = u32At(ip + 16)
  packet.sourceAt = ip + 12
  packet.destinationAt = ip + 16
  packet.ipId = u16At(ip + 4)
  packet.ttl = u8At(ip + 8)
  const ports = u32At(tcp)
  packet.sourcePort = ports >>> 16
  packet.destinationPort = ports & 0xffff
  packet.payloadAt = payloadAt
  packet.payloadLength = limit - payloadAt
  packet.seq = u32At(tcp + 4)
  packet.ack = u32At(tcp + 8)
  const flagsAndWindow = u32At(tcp + 12)
  packet.tcpFlags = (flagsAndWindow >>> 16) & 0xfff
  packet.window = flagsAndWindow & 0xffff
  packet.tcpHeaderLength = headerLength
  if (headerLength === WITH_TIMESTAMPS) timestampsOnly(options)
  else packet.hasTimestamps = 0
  return true
}

/** What is the same of all of them, and so stays from one to the next. */
function samePlain(): void {
  packet.isPlain = 1
  packet.linkType = LINK_TYPE.ethernet
  packet.layers[0] = PROTOCOL.eth
  packet.layers[1] = PROTOCOL.ethertype
  packet.layers[2] = PROTOCOL.ip
  packet.layers[3] = PROTOCOL.tcp
  packet.layerCount = 4
  packet.stackKey = (PROTOCOL.eth << 21) | (PROTOCOL.ethertype << 14) | (PROTOCOL.ip << 7) | PROTOCOL.tcp
  packet.error = 0
  packet.network = NETWORK.ipv4
  packet.fragment = 0
  packet.vni = 0
  packet.vlan = 0
  packet.transport = TRANSPORT.tcp
  packet.quoted = 0
  packet.hasPayloadLength = 1
  packet.noTcpOptions()
}
