import { decodeFrame } from './decode/decode.ts'
import { LINK_TYPE } from './decode/link-type.ts'
import { DECODE_ERROR, Packet } from './decode/packet.ts'
import { PROTOCOL } from './decode/protocols.ts'
import { TCP_OPTION } from './decode/tcp-options.ts'
import type { AddressReplacer } from './redact-addresses.ts'

const PAD_N = 1

/**
 * What may be kept of a frame: its headers down to that of the transport, those in tunnels and quoted by ICMP too. Anything that is not known
 * to hold no payload or address is cut or blanked, and so is what can't be decoded.
 */
export class FrameRedactor {
  readonly #packet = new Packet()
  readonly #addresses: AddressReplacer | undefined
  #bytes = new Uint8Array(0)
  #quoted = false

  /** Without `addresses` they stay. */
  constructor(addresses: AddressReplacer | undefined) {
    this.#addresses = addresses
  }

  /** A copy; `length` is the frame's on the wire. */
  frame(frame: Uint8Array, length: number, linkType: number): Uint8Array {
    const packet = this.#packet
    // Not slice(): that of Node's Buffer is no copy.
    const bytes = (this.#bytes = new Uint8Array(frame))
    this.#quoted = false
    decodeFrame(packet, frame, 0, frame.length, length, linkType)
    let keep = 0
    let inner = 0
    for (let i = 0; i < packet.layerCount; i++) {
      inner = packet.layers[i]
      const next = i + 1 < packet.layerCount ? packet.layerAt[i + 1] : undefined
      const limit = Math.min(packet.layerLimit[i], packet.end)
      const to = this.#header(inner, packet.layerAt[i], next, limit, linkType)
      if (to === undefined) {
        keep = Math.min(keep, packet.layerAt[i])
        break
      }
      keep = Math.min(to, packet.end)
    }
    // A segment whose header was cut by the snap length keeps what there is of it.
    if (packet.error !== DECODE_ERROR.none && inner !== PROTOCOL.tcp) keep = Math.min(keep, packet.errorAt)
    return bytes.subarray(0, keep)
  }

  /** Redacts the header at `at` and tells where it ends; undefined where it has to be cut altogether. */
  #header(protocol: number, at: number, next: number | undefined, limit: number, linkType: number): number | undefined {
    const bytes = this.#bytes
    switch (protocol) {
      case PROTOCOL.raw:
      case PROTOCOL.ethertype:
        return at
      case PROTOCOL.null:
      case PROTOCOL.vlan:
      case PROTOCOL.ieee8021ad:
      case PROTOCOL.mpls:
        return at + 4
      case PROTOCOL.eth:
        this.#replace(at, 6)
        this.#replace(at + 6, 6)
        return at + 14
      case PROTOCOL.sll:
        return linkType === LINK_TYPE.linuxCooked2
          ? this.#cooked(at + 11, at + 12, 20)
          : this.#cooked(at + 5, at + 6, 16)
      case PROTOCOL.arp:
        return this.#arp(at, limit)
      case PROTOCOL.ip:
        return this.#ipv4(at)
      case PROTOCOL.ipv6:
        this.#replace(at + 8, 16)
        this.#replace(at + 24, 16)
        return at + 40
      case PROTOCOL['ipv6.hopopts']:
      case PROTOCOL['ipv6.dstopts']: {
        const length = (bytes[at + 1] + 1) << 3
        bytes[at + 2] = PAD_N
        bytes[at + 3] = length - 4
        bytes.fill(0, at + 4, at + length)
        return at + length
      }
      case PROTOCOL['ipv6.fraghdr']:
        return at + 8
      case PROTOCOL.icmp:
        return this.#icmp(at, limit)
      case PROTOCOL.icmpv6:
        return this.#icmpv6(at, limit)
      case PROTOCOL.udp:
        this.#blank(at + 6, 2)
        return Math.min(at + 8, limit)
      case PROTOCOL.tcp:
        return this.#tcp(at, limit)
      case PROTOCOL.sctp:
        this.#blank(at + 8, 4)
        return Math.min(this.#quoted ? at + 8 : at + 12, limit)
      case PROTOCOL.vxlan:
        return at + 8
      case PROTOCOL.geneve: {
        const to = at + 8 + ((bytes[at] & 0x3f) << 2)
        this.#geneveOptions(at + 8, Math.min(to, limit))
        return to
      }
      case PROTOCOL.gre:
        return next ?? at + 4
      default:
        return undefined
    }
  }

  #cooked(lengthAt: number, addressAt: number, header: number): number {
    const to = addressAt - (header === 20 ? 12 : 6) + header
    if (!this.#addresses) return to
    // Eight bytes; a MAC leaves the last two unused. What else there is is no address that we know how to replace.
    const isMac = this.#bytes[lengthAt] === 6
    if (isMac) this.#replace(addressAt, 6)
    else this.#blank(addressAt, 6)
    this.#blank(addressAt + 6, 2)
    return to
  }

  /** Only IPv4 over Ethernet has addresses that are known. */
  #arp(at: number, limit: number): number | undefined {
    const bytes = this.#bytes
    if (bytes[at + 2] !== 8 || bytes[at + 3] !== 0 || bytes[at + 4] !== 6 || bytes[at + 5] !== 4) return undefined
    if (at + 28 > limit) return undefined
    this.#replace(at + 8, 6)
    this.#replace(at + 14, 4)
    this.#replace(at + 18, 6)
    this.#replace(at + 24, 4)
    return at + 28
  }

  #ipv4(at: number): number {
    const bytes = this.#bytes
    const to = at + ((bytes[at] & 0x0f) << 2)
    this.#replace(at + 12, 4)
    this.#replace(at + 16, 4)
    // Options hold routes and the like.
    bytes.fill(1, at + 20, to)
    if (to > bytes.length || to < at + 20) return to
    bytes[at + 10] = bytes[at + 11] = 0
    let sum = 0
    for (let i = at; i < to; i += 2) sum += (bytes[i] << 8) | bytes[i + 1]
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
    bytes[at + 10] = (~sum >> 8) & 0xff
    bytes[at + 11] = ~sum & 0xff
    return to
  }

  #icmp(at: number, limit: number): number {
    const type = this.#bytes[at]
    this.#blank(at + 2, 2)
    // A redirect names the better gateway.
    if (type === 5) this.#replace(at + 4, 4)
    this.#quoted = true
    return Math.min(at + 8, limit)
  }

  /** RFC 4861 and RFC 2710: what of a message is a header, and where its addresses are. */
  #icmpv6(at: number, limit: number): number {
    const type = this.#bytes[at]
    this.#blank(at + 2, 2)
    this.#quoted = true
    let to = at + 8
    if (type === 134) to = at + 16
    else if (type === 135 || type === 136 || (type >= 130 && type <= 132)) to = at + 24
    else if (type === 137) to = at + 40
    if (to > limit) return Math.min(at + 8, limit)
    if (type !== 134) for (let address = at + 8; address < to; address += 16) this.#replace(address, 16)
    return to
  }

  #tcp(at: number, limit: number): number {
    if (this.#quoted) return Math.min(at + 8, limit)
    const bytes = this.#bytes
    this.#blank(at + 16, 2)
    const to =
      Math.min(at + 20, limit) < at + 20 ? limit : Math.min(at + Math.max(20, (bytes[at + 12] >> 4) << 2), limit)
    for (let option = at + 20; option < to;) {
      const kind = bytes[option]
      if (kind === TCP_OPTION.noOperation) {
        option++
        continue
      }
      const length = kind === TCP_OPTION.end || option + 1 >= to ? 0 : bytes[option + 1]
      // What comes after the end, or can't be told apart, is nobody's option.
      if (length < 2) {
        bytes.fill(0, option, to)
        break
      }
      if (!HARMLESS_OPTIONS.has(kind)) bytes.fill(TCP_OPTION.noOperation, option, Math.min(option + length, to))
      option += length
    }
    return to
  }

  /** Class (2), type (1) and length (5 bits, of four bytes) stay; what a vendor puts in is not known. */
  #geneveOptions(from: number, to: number): void {
    for (let option = from; option + 4 <= to;) {
      const length = (this.#bytes[option + 3] & 0x1f) << 2
      this.#bytes.fill(0, option + 4, Math.min(option + 4 + length, to))
      option += 4 + length
    }
  }

  #blank(at: number, length: number): void {
    this.#bytes.fill(0, at, at + length)
  }

  #replace(at: number, length: 4 | 6 | 16): void {
    const addresses = this.#addresses
    const bytes = this.#bytes
    if (!addresses || at + length > bytes.length) return
    const map = length === 4 ? addresses.ipv4 : length === 6 ? addresses.mac : addresses.ipv6
    bytes.set(map.replacement(bytes.slice(at, at + length)), at)
  }
}

const HARMLESS_OPTIONS: ReadonlySet<number> = new Set([
  TCP_OPTION.mss,
  TCP_OPTION.windowScale,
  TCP_OPTION.sackPermitted,
  TCP_OPTION.sack,
  TCP_OPTION.timestamps,
])
