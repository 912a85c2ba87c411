import { ipv4Text, ipv6Text, macText } from '../columns/address-text.ts'
import { CHUNK_ROWS } from '../columns/packet-table.ts'
import { decodeFrame } from '../decode/decode.ts'
import { NETWORK, Packet } from '../decode/packet.ts'
import { PROTOCOL } from '../decode/protocols.ts'
import type { CaptureTables } from '../query/capture-tables.ts'
import { eachFrame, type ReadBytes } from '../query/frame-bytes.ts'

/** What of a packet's headers is in no column: read again from its bytes. */
export interface Headers {
  readonly ttl: number
  readonly ipId: number
  /** Of the innermost IP packet, by its headers. */
  readonly ipLength: number
  /** 0 = the packet has no such option. */
  readonly mss: number
  /** The outermost IP addresses, those a tunnel's packet travels between. */
  readonly outer: { readonly source: string; readonly destination: string; readonly length: number }
}

/** An ICMP error, and the packet it is about. */
export interface IcmpError {
  readonly row: number
  readonly time: number
  /** Who says so. */
  readonly from: string
  readonly v6: boolean
  readonly type: number
  readonly code: number
  /** 0 = not said. */
  readonly mtu: number
  readonly source: string
  readonly destination: string
  /** TRANSPORT value; 0 = not to be seen in the quote. */
  readonly transport: number
  readonly sourcePort: number
  readonly destinationPort: number
  /** Sequence number of a quoted segment, of which 8 bytes are there. */
  readonly seq: number
}

/** Who claims an address, in an ARP request or reply. */
export interface ArpClaim {
  readonly row: number
  readonly time: number
  readonly reply: boolean
  /** Sender and target are the same address: an announcement. */
  readonly gratuitous: boolean
  readonly address: string
  readonly mac: string
  /** Whom the sender asks for, or answers. */
  readonly target: string
}

type Take<T> = (packet: Packet, row: number, time: number) => T | undefined

/** What `take` makes of each of the packets (rows ascending), read again from the capture. */
export async function readPackets<T>(
  tables: Pick<CaptureTables, 'packets' | 'interfaces'>,
  rows: ArrayLike<number>,
  read: ReadBytes,
  take: Take<T>,
): Promise<T[]> {
  const packet = new Packet()
  const found: T[] = []
  await eachFrame(tables.packets, rows, read, (row, bytes) => {
    const chunk = tables.packets.chunk(row)
    const i = row % CHUNK_ROWS
    const linkType = tables.interfaces[chunk.interface[i]]?.linkType ?? -1
    decodeFrame(packet, bytes, 0, bytes.length, chunk.length[i], linkType)
    const taken = take(packet, row, chunk.time[i])
    if (taken !== undefined) found.push(taken)
  })
  return found
}

export function headersOf(packet: Packet): Headers {
  let outer = -1
  let inner = -1
  for (let layer = 0; layer < packet.layerCount; layer++) {
    const protocol = packet.layers[layer]
    if (protocol !== PROTOCOL.ip && protocol !== PROTOCOL.ipv6) continue
    if (outer < 0) outer = layer
    inner = layer
  }
  const at = outer < 0 ? 0 : packet.layerAt[outer]
  const v4 = outer >= 0 && packet.layers[outer] === PROTOCOL.ip
  const address = (v4At: number, v6At: number) =>
    outer < 0
      ? ''
      : v4
        ? at + v4At + 4 <= packet.end
          ? ipv4At(packet.bytes, at + v4At)
          : ''
        : at + v6At + 16 <= packet.end
          ? ipv6Text(packet.bytes, at + v6At)
          : ''
  return {
    ttl: packet.ttl,
    ipId: packet.ipId,
    ipLength: inner < 0 ? 0 : lengthOf(packet, inner),
    mss: packet.mss,
    outer: {
      source: address(12, 8),
      destination: address(16, 24),
      length: outer < 0 ? 0 : lengthOf(packet, outer),
    },
  }
}

/** By the header itself: what follows (Ethernet's padding) does not belong to the packet. */
function lengthOf({ bytes, layers, layerAt, end, wireEnd }: Packet, layer: number): number {
  const at = layerAt[layer]
  const field = layers[layer] === PROTOCOL.ip ? at + 2 : at + 4
  if (field + 2 > end) return 0
  const length = (bytes[field] << 8) | bytes[field + 1]
  if (layers[layer] === PROTOCOL.ipv6) return length + 40
  // Segmentation offload leaves it 0 above 64 KiB.
  return length === 0 ? wireEnd - at : length
}

export function icmpErrorOf(packet: Packet, row: number, time: number): IcmpError | undefined {
  if (!packet.quoted || packet.quotedSourceAt < 0 || packet.quotedDestinationAt < 0 || packet.sourceAt < 0) {
    return undefined
  }
  const text = (network: number, at: number) =>
    network === NETWORK.ipv4 ? ipv4At(packet.bytes, at) : ipv6Text(packet.bytes, at)
  return {
    row,
    time,
    from: text(packet.network, packet.sourceAt),
    v6: packet.network === NETWORK.ipv6,
    type: packet.icmpType,
    code: packet.icmpCode,
    mtu: packet.nextHopMtu,
    source: text(packet.quotedNetwork, packet.quotedSourceAt),
    destination: text(packet.quotedNetwork, packet.quotedDestinationAt),
    transport: packet.quotedTransport,
    sourcePort: packet.quotedSourcePort,
    destinationPort: packet.quotedDestinationPort,
    seq: packet.quotedSeq,
  }
}

/** RFC 826, of Ethernet and IPv4 only. */
export function arpClaimOf(packet: Packet, row: number, time: number): ArpClaim | undefined {
  const { bytes, layers, layerAt, layerCount, end } = packet
  const layer = layers.subarray(0, layerCount).indexOf(PROTOCOL.arp)
  if (layer < 0) return undefined
  const at = layerAt[layer]
  if (at + 28 > end || bytes[at + 4] !== 6 || bytes[at + 5] !== 4 || bytes[at + 2] !== 8 || bytes[at + 3] !== 0) {
    return undefined
  }
  const operation = (bytes[at + 6] << 8) | bytes[at + 7]
  if (operation !== 1 && operation !== 2) return undefined
  const address = ipv4At(bytes, at + 14)
  const target = ipv4At(bytes, at + 24)
  return {
    row,
    time,
    reply: operation === 2,
    gratuitous: address === target,
    address,
    mac: macText(bytes, at + 8),
    target,
  }
}

function ipv4At(bytes: Uint8Array, at: number): string {
  return ipv4Text(((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0)
}
