import { HEAD } from '../../columns/head-table.ts'
import { DECODE_ERROR, TRANSPORT } from '../../decode/packet-codes.ts'
import { PROTOCOL } from '../../decode/protocols.ts'
import { COUNT, TABLE } from '../../kernel-tables.ts'
import { u32At, u8At } from '../bytes.ts'
import { timestampsAt, timestampsCount } from '../decode/tcp-options.ts'
import { allocate, doubleTable, newTable, tableBytes } from '../memory.ts'
import { packet } from '../packet.ts'
import { counts } from './counts.ts'

// The dictionary of heads: what HeadTable shows outside. A head is the front of a frame, up to what differs from packet to packet: the link layer's
// headers, and of the IP header what has no length, identification, flow label, checksum or address; and of what kind and length TCP's options are, and its payload. A
// capture has some hundred.

/** Whether they are kept. */
export let keepsHeads: bool = false

const FIRST_CAPACITY: i32 = 64
const WORDS: i32 = HEAD.bytes / 8
/** Open addressing, by the hash: twice as many as there can be heads. */
const SLOT_BITS: i32 = 17
const SLOT_MASK: i32 = (1 << SLOT_BITS) - 1

let heads: usize = 0
let slots: usize = 0
/** The head of the packet, and room behind it for what is written too far. */
let scratch: usize = 0

/** To be called before the first frame. */
export function keepHeads(): void {
  if (keepsHeads) return
  keepsHeads = true
  heads = newTable(TABLE.heads, FIRST_CAPACITY * HEAD.bytes)
  slots = allocate(2 << SLOT_BITS)
  scratch = allocate(HEAD.bytes * 2)
  // Number 0 is none.
  counts[COUNT.heads] = 1
}

const IPV4_WITHOUT_OPTIONS: i32 = 0x45

/** The number of the packet's head; 0 = it has none: there are other layers than link, IP and TCP or UDP, or there are too many heads. */
export function head(): i32 {
  const last = packet.layerCount - 1
  if (last < 1 || packet.fragment !== 0) return 0
  // What ends in the transport's header has the others whole.
  if (packet.error !== 0 && packet.errorAt < packet.layerAt[last]) return 0
  const transport = packet.layers[last]
  if (transport !== PROTOCOL.tcp && transport !== PROTOCOL.udp) return 0
  const network = packet.layers[last - 1]
  if (network !== PROTOCOL.ip && network !== PROTOCOL.ipv6) return 0
  for (let i = 0; i < last - 1; i++) {
    const layer = packet.layers[i]
    if (layer === PROTOCOL.ip || layer === PROTOCOL.ipv6) return 0
  }
  const at = packet.layerAt[last - 1]
  const link = at - packet.start
  if (link > HEAD.mostLink) return 0
  const isIpv4 = network === PROTOCOL.ip
  if (isIpv4 && u8At(at) !== IPV4_WITHOUT_OPTIONS) return 0
  write(packet.start, link, isIpv4)
  return lookUp()
}

function write(start: i32, link: i32, isIpv4: bool): void {
  const length = link + (isIpv4 ? HEAD.ipv4 : HEAD.ipv6)
  const at = scratch + HEAD.frame
  // The headers are longer than that, by more than is read too far; then zeros.
  for (let i = 0; i < length; i += 8) store<u64>(at + i, load<u64>(<usize>start + i))
  for (let i = length; i < HEAD.bytes; i += 8) store<u64>(at + i, 0)
  // The length and the identification; the flow label and the length.
  store<u32>(at + link + 2, 0)
  if (!isIpv4) store<u8>(at + link + 1, load<u8>(at + link + 1) & 0xf0)
  store<u8>(scratch, link, HEAD.link)
  store<u8>(scratch, payloadKind(), HEAD.payload)
  store<u16>(scratch, packet.linkType, HEAD.linkType)
  store<u8>(scratch, optionKind(), HEAD.options)
  store<u8>(scratch, packet.transport === TRANSPORT.tcp ? packet.tcpHeaderLength : 0, HEAD.tcpHeader)
}

/** What a segment's payload may begin with: more of it is looked at in application/payload.ts. */
function payloadKind(): i32 {
  if (packet.transport !== TRANSPORT.tcp) return HEAD.other
  const at = packet.payloadAt
  const length = min(packet.end - at, packet.payloadLength)
  if (length < 3) return HEAD.other
  if (isCapital(u8At(at)) && isCapital(u8At(at + 1)) && isCapital(u8At(at + 2))) return HEAD.http
  // The type of a record, and the version.
  return (u8At(at) & ~3) === 0x14 && u8At(at + 1) === 3 && u8At(at + 2) <= 4 ? HEAD.tls : HEAD.other
}

const TCP_HEADER: i32 = 20
const WITH_TIMESTAMPS: i32 = 32
/** NOP, NOP, and a timestamp option (RFC 7323 appendix A): what most segments have. */
const TIMESTAMPS: i32 = 0x0101_080a

function optionKind(): i32 {
  if (packet.transport !== TRANSPORT.tcp) return HEAD.other
  const length = packet.tcpHeaderLength
  if (length === TCP_HEADER) return HEAD.none
  const at = packet.layerAt[packet.layerCount - 1]
  const isWhole = at + WITH_TIMESTAMPS <= min(packet.end, packet.limit)
  if (length === WITH_TIMESTAMPS && isWhole && u32At(at + TCP_HEADER) === TIMESTAMPS) return HEAD.timestamps
  if (length < TCP_HEADER || timestampsCount > 1) return HEAD.other
  // An option that the snap length cut has no fields: it neither is timestamps nor takes anything from those in front of it.
  if (packet.optionsCut !== 0 && packet.error !== DECODE_ERROR.cut) return HEAD.other
  return timestampsCount === 0 ? HEAD.unstamped : HEAD.stamped + timestampsAt - at
}

function isCapital(byte: i32): bool {
  return byte >= 0x41 && byte <= 0x5a
}

function lookUp(): i32 {
  let hash: u64 = 0
  for (let i = 0; i < WORDS; i++) {
    hash = (hash ^ load<u64>(scratch + 8 * i)) * 0x9e37_79b9_7f4a_7c15
    hash ^= hash >>> 32
  }
  let slot = (<i32>(hash >>> 40)) & SLOT_MASK
  let number = numberAt(slot)
  while (number !== 0 && !isHead(number)) {
    slot = (slot + 1) & SLOT_MASK
    number = numberAt(slot)
  }
  return number === 0 ? add(slot) : number
}

function numberAt(slot: i32): i32 {
  return load<u16>(slots + 2 * slot)
}

function isHead(number: i32): bool {
  const known = heads + number * HEAD.bytes
  for (let i = 0; i < HEAD.bytes; i += 8) if (load<u64>(known + i) !== load<u64>(scratch + i)) return false
  return true
}

function add(slot: i32): i32 {
  const number = counts[COUNT.heads]
  if (number > HEAD.most) return 0
  if ((number + 1) * HEAD.bytes > tableBytes(TABLE.heads)) heads = doubleTable(TABLE.heads)
  memory.copy(heads + number * HEAD.bytes, scratch, HEAD.bytes)
  store<u16>(slots + 2 * slot, number)
  counts[COUNT.heads] = number + 1
  return number
}
