import { encodeUtf8 } from '../../capture-file/utf8.ts'
import { parseIpv4, parseIpv6 } from '../filter/filter-literal.ts'

// Frames for tests, built header by header; checksums are left at zero.

type Bytes = Uint8Array | readonly number[]

export function concat(...parts: Bytes[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => Array.from(part)))
}

const u16 = (value: number): readonly number[] => [(value >> 8) & 0xff, value & 0xff]
const u32 = (value: number): readonly number[] => [...u16(value >>> 16), ...u16(value)]

export const text = (value: string): Uint8Array => encodeUtf8(value)

const MAC_A = [0x0a, 0x58, 0x0a, 0xf4, 0x01, 0x07]
const MAC_B = [0x0a, 0x58, 0x0a, 0xf4, 0x02, 0x09]

export function ethernet(type: number, payload: Bytes, source: Bytes = MAC_A, destination: Bytes = MAC_B): Uint8Array {
  return concat(destination, source, u16(type), payload)
}

export const vlan = (id: number, type: number, payload: Bytes): Uint8Array => concat(u16(id), u16(type), payload)

export interface Ip {
  readonly source: string
  readonly destination: string
  readonly protocol: number
  readonly ttl?: number
  readonly id?: number
  /** Flags and fragment offset. */
  readonly fragment?: number
}

export function ipv4(
  { source, destination, protocol, ttl = 64, id = 0, fragment = 0x4000 }: Ip,
  payload: Bytes,
): Uint8Array {
  const header = [0x45, 0, ...u16(20 + payload.length), ...u16(id), ...u16(fragment), ttl, protocol, 0, 0]
  return concat(header, u32(parseIpv4(source) ?? 0), u32(parseIpv4(destination) ?? 0), payload)
}

export function ipv6({ source, destination, protocol, ttl = 64 }: Ip, payload: Bytes): Uint8Array {
  const addresses = concat(parseIpv6(source) ?? [], parseIpv6(destination) ?? [])
  return concat([0x60, 0, 0, 0, ...u16(payload.length), protocol, ttl], addresses, payload)
}

export function udp(source: number, destination: number, payload: Bytes): Uint8Array {
  return concat(u16(source), u16(destination), u16(8 + payload.length), [0, 0], payload)
}

export interface Tcp {
  readonly source: number
  readonly destination: number
  readonly seq: number
  readonly ack?: number
  readonly flags: number
  readonly window?: number
  readonly options?: Bytes
}

export function tcp(
  { source, destination, seq, ack = 0, flags, window = 0x8000, options = [] }: Tcp,
  payload: Bytes = [],
): Uint8Array {
  const offset = (20 + options.length) << 2
  return concat(
    u16(source),
    u16(destination),
    u32(seq),
    u32(ack),
    [offset, flags & 0xff],
    u16(window),
    [0, 0, 0, 0],
    options,
    payload,
  )
}

export const icmp = (type: number, code: number, rest: number, payload: Bytes): Uint8Array =>
  concat([type, code, 0, 0], u32(rest), payload)

export const vxlan = (vni: number, payload: Bytes): Uint8Array => concat([8, 0, 0, 0], u32(vni << 8), payload)

export function arp(operation: number, source: string, target: string): Uint8Array {
  return concat(
    [0, 1, 8, 0, 6, 4, ...u16(operation)],
    MAC_A,
    u32(parseIpv4(source) ?? 0),
    [0, 0, 0, 0, 0, 0],
    u32(parseIpv4(target) ?? 0),
  )
}
