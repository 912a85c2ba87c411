import { APPLICATION_FIELDS, carriers, payloadProtocolOf, writeApplication } from './application-fields.ts'
import { ARP_FIELDS, writeArp } from './arp-fields.ts'
import { bytes, type FieldInfo, type FieldTable, type FieldValue, protocol, uint } from './field-info.ts'
import { FieldWriter } from './field-writer.ts'
import { ICMP_FIELDS, writeIcmp, writeIcmpv6, writeIgmp } from './icmp-fields.ts'
import * as ip from './ip-fields.ts'
import * as link from './link-fields.ts'
import { DECODE_ERROR, type Packet, TRANSPORT } from './packet.ts'
import type { PacketContext } from './packet-context.ts'
import { PROTOCOL, PROTOCOLS } from './protocols.ts'
import { TCP_ANALYSIS_FIELDS } from './tcp-analysis-fields.ts'
import { TCP_FIELDS, writeTcp } from './tcp-fields.ts'
import { TRANSPORT_FIELDS, writeSctp, writeUdp } from './transport-fields.ts'
import * as tunnel from './tunnel-fields.ts'

export { writeApplication } from './application-fields.ts'
export type { FieldInfo, FieldType, FieldValue } from './field-info.ts'

const DATA_FIELDS = {
  data: protocol('Data'),
  'data.data': bytes('Data'),
  'data.len': uint('Length'),
} as const satisfies FieldTable

/** Titles of the layers that are named but not looked into. */
const NAMED: Readonly<Record<string, string>> = {
  netlink: 'Linux netlink',
  lldp: 'Link Layer Discovery Protocol',
  stp: 'Spanning Tree Protocol',
  slow: 'Slow Protocols',
  eapol: '802.1X Authentication',
  ospf: 'Open Shortest Path First',
  pim: 'Protocol Independent Multicast',
  vrrp: 'Virtual Router Redundancy Protocol',
  ipx: 'Internetwork Packet eXchange',
  cdp: 'Cisco Discovery Protocol',
  wlan_radio: '802.11 radio information',
}

/** The protocol's full name: "Address Resolution Protocol". */
export const layerTitle = (id: number): string => FIELDS.get(PROTOCOLS[id])?.description ?? PROTOCOLS[id]

/** Every display filter field that decoding gives, by name. Those of the frame itself are columns, not here. */
export const FIELDS: ReadonlyMap<string, FieldInfo> = new Map<string, FieldInfo>([
  ...PROTOCOLS.filter((name) => name !== '').map((name): [string, FieldInfo] => [name, protocol(NAMED[name] ?? name)]),
  ...Object.entries(link.LINK_FIELDS),
  ...Object.entries(ARP_FIELDS),
  ...Object.entries(ip.IP_FIELDS),
  ...Object.entries(ICMP_FIELDS),
  ...Object.entries(TRANSPORT_FIELDS),
  ...Object.entries(TCP_FIELDS),
  ...Object.entries(TCP_ANALYSIS_FIELDS),
  ...Object.entries(tunnel.TUNNEL_FIELDS),
  ...Object.entries(DATA_FIELDS),
  ...Object.entries(APPLICATION_FIELDS),
])

interface LayerFields {
  readonly write: (out: FieldWriter, at: number) => void
  /** Field names of this layer start with one of these (or are it). */
  readonly prefixes: readonly string[]
}

const layer = (write: LayerFields['write'], ...prefixes: string[]): LayerFields => ({ write, prefixes })

const LAYERS: Readonly<Record<number, LayerFields>> = {
  [PROTOCOL.eth]: layer(link.writeEthernet, 'eth'),
  [PROTOCOL.vlan]: layer(link.writeVlan, 'vlan'),
  [PROTOCOL.ieee8021ad]: layer(link.writeProviderVlan, 'ieee8021ad', 'vlan'),
  [PROTOCOL.llc]: layer(link.writeLlc, 'llc'),
  [PROTOCOL.sll]: layer(link.writeLinuxCooked, 'sll'),
  [PROTOCOL.null]: layer(link.writeLoopback, 'null'),
  [PROTOCOL.raw]: layer(link.writeRaw, 'raw'),
  [PROTOCOL.ppp]: layer(link.writePpp, 'ppp'),
  [PROTOCOL.pppoes]: layer((out, at) => link.writePppoe(out, at, 'pppoes'), 'pppoes', 'pppoe'),
  [PROTOCOL.pppoed]: layer((out, at) => link.writePppoe(out, at, 'pppoed'), 'pppoed', 'pppoe'),
  [PROTOCOL.mpls]: layer(link.writeMpls, 'mpls'),
  [PROTOCOL.pwethcw]: layer(link.writePseudowire, 'pwethcw', 'pweth'),
  [PROTOCOL.chdlc]: layer(link.writeCiscoHdlc, 'chdlc'),
  [PROTOCOL.fddi]: layer(link.writeFddi, 'fddi'),
  [PROTOCOL.arcnet]: layer(link.writeArcnet, 'arcnet'),
  [PROTOCOL.ipoib]: layer(link.writeIpoib, 'ipoib'),
  [PROTOCOL.ipnet]: layer(link.writeIpnet, 'ipnet'),
  [PROTOCOL.nflog]: layer(link.writeNflog, 'nflog'),
  [PROTOCOL.pktap]: layer(link.writePktap, 'pktap'),
  [PROTOCOL.cmd]: layer(link.writeCiscoMetadata, 'cmd'),
  [PROTOCOL.radiotap]: layer(link.writeRadiotap, 'radiotap'),
  [PROTOCOL.wlan]: layer(link.writeIeee80211, 'wlan'),
  [PROTOCOL.arp]: layer(writeArp, 'arp'),
  [PROTOCOL.ip]: layer(ip.writeIpv4, 'ip'),
  [PROTOCOL.ipv6]: layer(ip.writeIpv6, 'ipv6'),
  [PROTOCOL['ipv6.hopopts']]: layer(ip.writeHopByHop, 'ipv6'),
  [PROTOCOL['ipv6.dstopts']]: layer(ip.writeDestinationOptions, 'ipv6'),
  [PROTOCOL['ipv6.routing']]: layer(ip.writeRouting, 'ipv6'),
  [PROTOCOL['ipv6.fraghdr']]: layer(ip.writeFragment, 'ipv6'),
  [PROTOCOL.ah]: layer(ip.writeAuthenticationHeader, 'ah'),
  [PROTOCOL.esp]: layer(ip.writeEsp, 'esp'),
  [PROTOCOL.icmp]: layer(writeIcmp, 'icmp'),
  [PROTOCOL.icmpv6]: layer(writeIcmpv6, 'icmpv6'),
  [PROTOCOL.igmp]: layer(writeIgmp, 'igmp'),
  [PROTOCOL.udp]: layer(writeUdp, 'udp'),
  [PROTOCOL.tcp]: layer(writeTcp, 'tcp'),
  [PROTOCOL.sctp]: layer(writeSctp, 'sctp'),
  [PROTOCOL.gre]: layer(tunnel.writeGre, 'gre'),
  [PROTOCOL.erspan]: layer(tunnel.writeErspan, 'erspan'),
  [PROTOCOL.vxlan]: layer(tunnel.writeVxlan, 'vxlan'),
  [PROTOCOL.geneve]: layer(tunnel.writeGeneve, 'geneve'),
  [PROTOCOL.gtp]: layer(tunnel.writeGtp, 'gtp'),
  [PROTOCOL.wg]: layer(tunnel.writeWireGuard, 'wg'),
}

/** Layers that have no bytes of their own and no line in the details. */
const SILENT: ReadonlySet<number> = new Set([
  PROTOCOL.ethertype,
  PROTOCOL.pwethheuristic,
  PROTOCOL.pcap_pktdata,
  PROTOCOL.wlan_radio,
])

/**
 * Tells `out` the fields of every layer of `packet`, outermost first. `wanted` leaves out layers by their id.
 * `packet` must have been filled by `decodeFrame` and its bytes still be there.
 */
export function writeFields(
  packet: Packet,
  out: FieldWriter,
  context?: PacketContext,
  wanted?: (layer: number) => boolean,
): void {
  const { layerAt, layerCount, layerLimit, layers } = packet
  out.bytes = packet.bytes
  out.start = packet.start
  out.linkType = packet.linkType
  out.context = context
  const tcp = packet.transport === TRANSPORT.tcp ? context?.tcp : undefined
  const lastTcp = tcp ? layers.subarray(0, layerCount).lastIndexOf(PROTOCOL.tcp) : -1
  for (let i = 0; i < layerCount; i++) {
    const id = layers[i]
    if (wanted && !wanted(id)) continue
    const at = layerAt[i]
    out.limit = layerLimit[i]
    out.end = Math.min(packet.end, out.limit)
    out.next = i + 1 < layerCount ? layerAt[i + 1] : out.end
    out.tcp = i === lastTcp ? tcp : undefined
    const fields = LAYERS[id]
    if (fields) fields.write(out, at)
    else if (id === PROTOCOL.data) writeData(out, at)
    else if (!SILENT.has(id)) writeNamed(out, at, PROTOCOLS[id])
  }
}

function writeData(out: FieldWriter, at: number): void {
  const length = out.limit - at
  if (length <= 0) return
  out.layer('data', at, out.end, `Data (${length} bytes)`)
  out.captured('data.data', at, out.limit)
  out.value('data.len', length, at, at, `[Length: ${length}]`)
  out.endLayer()
}

function writeNamed(out: FieldWriter, at: number, name: string): void {
  out.layer(name, at, out.end, NAMED[name] ?? name)
  out.endLayer()
}

/** Ids of the layers whose headers or payload have the field: a packet without any of them does not have it. */
export function fieldLayers(field: string): readonly number[] {
  const payload = payloadProtocolOf(field)
  if (payload !== undefined) return carriers(payload)
  const ids = Object.entries(LAYERS)
    .filter(([, { prefixes }]) => prefixes.some((prefix) => field === prefix || field.startsWith(`${prefix}.`)))
    .map(([id]) => Number(id))
  const named = PROTOCOLS.indexOf(field)
  if (named > 0 && !ids.includes(named)) ids.push(named)
  if (field.startsWith('data')) ids.push(PROTOCOL.data)
  return ids
}

/** What a display filter is told: the field's name, a value, and the bytes it was read from, counted from the frame's first. */
export type EmitField = (field: string, value: FieldValue, from: number, to: number) => void

/** Comparing so many names is quicker than looking one up. */
const FEW = 4

/**
 * Calls `emit` for every value that the fields named in `wanted` have in a packet; a field occurs once for each time it is in the
 * packet, so inner and outer headers both count, and `ip.addr` is there twice for each header.
 * Byte values are views into the packet's bytes.
 */
export class FieldCollector extends FieldWriter {
  /** For a field: the names it is wanted under. */
  readonly #names = new Map<string, readonly string[]>()
  /** The same fields, where they are few: of the twenty that a header has one is wanted. */
  readonly #few: readonly string[] | undefined
  readonly #layers = new Uint8Array(256)
  readonly #wanted = (layer: number): boolean => this.#layers[layer] === 1
  #wantsPayload = false
  readonly #emit: EmitField

  constructor(wanted: ReadonlySet<string>, emit: EmitField) {
    super(false)
    this.#emit = emit
    for (const [field, info] of FIELDS) {
      const names = [field, ...(info.also ?? [])].filter((name) => wanted.has(name))
      if (names.length === 0) continue
      this.#names.set(field, names)
      if (payloadProtocolOf(field) !== undefined) this.#wantsPayload = true
      else for (const id of fieldLayers(field)) this.#layers[id] = 1
    }
    if (this.#names.size <= FEW) this.#few = Array.from(this.#names.keys())
  }

  collect(packet: Packet, context?: PacketContext): void {
    writeFields(packet, this, context, this.#wanted)
    if (this.#wantsPayload) writeApplication(packet, this)
  }

  override wants(field: string): boolean {
    const few = this.#few
    if (few === undefined) return this.#names.has(field)
    for (let i = 0; i < few.length; i++) if (few[i] === field) return true
    return false
  }

  protected override info(field: string): FieldInfo | undefined {
    return FIELDS.get(field)
  }

  protected override add(field: string, value: FieldValue, from: number, to: number): void {
    const names = this.#names.get(field)
    if (names === undefined) return
    for (const name of names) this.#emit(name, value, from - this.start, to - this.start)
  }

  protected override addBits(field: string, value: FieldValue, from: number, to: number): void {
    this.add(field, value, from, to)
  }

  override layer(protocol: string, from: number, to: number): void {
    if (this.wants(protocol)) this.add(protocol, protocol, from, to)
  }

  override endLayer(): void {}
  override down(): void {}
  override up(): void {}
  override append(): void {}
  override note(): void {}
}

/** What went wrong while decoding, in words; undefined when nothing did. */
export function decodeErrorText(packet: Packet): string | undefined {
  const at = packet.errorAt - packet.start
  switch (packet.error) {
    case DECODE_ERROR.malformed:
      return `Malformed from byte ${at} on: a header there contradicts the lengths around it`
    case DECODE_ERROR.cut:
      return `Cut by the snap length: the header at byte ${at} was not captured whole`
    case DECODE_ERROR.tooDeep:
      return `More layers than are decoded: what is from byte ${at} on is not shown`
    case DECODE_ERROR.notDecoded:
      return `Not decoded from byte ${at} on`
    default:
      return undefined
  }
}
