import { isIPv4, isIPv6 } from 'node:net'

// Blocks of a pcapng file, little-endian (draft-ietf-opsawg-pcapng).
//
//   block: [type u32][total length u32][body, padded to 4][total length u32]

const SECTION = 0x0a0d0d0a
const INTERFACE = 1
const NAMES = 4
const STATISTICS = 5
const ENHANCED_PACKET = 6

export interface InterfaceFacts {
  readonly name: string
  readonly description: string
  readonly filter: string
  readonly linkType: number
  readonly snapLength: number
}

export function sectionHeader(application: string, comment?: string): Buffer {
  const body = Buffer.alloc(16)
  body.writeUInt32LE(0x1a2b3c4d, 0)
  body.writeUInt16LE(1, 4)
  // Section length unknown: the file grows.
  body.writeBigInt64LE(-1n, 8)
  return block(SECTION, body, options([4, application], ...(comment ? [text(1, comment)] : [])))
}

export function interfaceDescription(facts: InterfaceFacts): Buffer {
  const body = Buffer.alloc(8)
  body.writeUInt16LE(facts.linkType, 0)
  body.writeUInt32LE(facts.snapLength, 4)
  return block(
    INTERFACE,
    body,
    options(
      [2, facts.name],
      [3, facts.description],
      // if_tsresol: nanoseconds
      [9, Buffer.of(9)],
      // if_filter: the first byte says that it is text
      ...(facts.filter ? [raw(11, Buffer.concat([Buffer.of(0), Buffer.from(facts.filter)]))] : []),
      [12, 'Linux'],
    ),
  )
}

export interface StatisticsFacts {
  readonly interface: number
  readonly startNs: bigint
  readonly endNs: bigint
  readonly received?: number
  readonly filterAccepted?: number
  readonly osDropped?: number
  readonly interfaceDropped?: number
  readonly comment?: string
}

export function interfaceStatistics(facts: StatisticsFacts): Buffer {
  const body = Buffer.alloc(12)
  body.writeUInt32LE(facts.interface, 0)
  time(facts.endNs).copy(body, 4)
  const count = (code: number, value: number | undefined) => {
    if (value === undefined) return []
    const bytes = Buffer.alloc(8)
    bytes.writeBigUInt64LE(BigInt(value))
    return [raw(code, bytes)]
  }
  return block(
    STATISTICS,
    body,
    options(
      ...(facts.comment === undefined ? [] : [text(1, facts.comment)]),
      raw(2, time(facts.startNs)),
      raw(3, time(facts.endNs)),
      ...count(4, facts.received),
      ...count(5, facts.interfaceDropped),
      ...count(6, facts.filterAccepted),
      ...count(7, facts.osDropped),
    ),
  )
}

/** Which name an address has, for Wireshark and for us. Addresses that are none are left out. */
export function nameResolution(names: readonly { readonly address: string; readonly name: string }[]): Buffer {
  const records = names.flatMap(({ address, name }) => {
    const bytes = isIPv4(address)
      ? Buffer.from(address.split('.').map(Number))
      : isIPv6(address)
        ? ipv6(address)
        : undefined
    if (!bytes) return []
    return [record(bytes.length === 4 ? 1 : 2, Buffer.concat([bytes, Buffer.from(`${name}\0`)]))]
  })
  return block(NAMES, Buffer.concat([...records, record(0, Buffer.alloc(0))]), Buffer.alloc(0))
}

/** Bytes that an enhanced packet block takes for a packet. */
export const enhancedPacketLength = (captured: number) => 32 + ((captured + 3) & ~3)

/** Longer copies are worth a call. */
const COPIED_BY_HAND = 192

/**
 * Writes one at `at`, all but the packet's bytes, which go to `at` + 28; the time's two halves are nanoseconds since 1970, the lower
 * less than 2 ** 33. Plain stores: this is the hot loop of a capture, and calls of Buffer's methods took ten times as long.
 */
export function writeEnhancedHead(
  view: DataView,
  at: number,
  interfaceId: number,
  timeHigh: number,
  timeLow: number,
  captured: number,
  original: number,
): void {
  const total = enhancedPacketLength(captured)
  const end = at + total
  // The padding is among the last four bytes before the length; what belongs there comes after this.
  view.setUint32(end - 8, 0, true)
  view.setUint32(at, ENHANCED_PACKET, true)
  view.setUint32(at + 4, total, true)
  view.setUint32(at + 8, interfaceId, true)
  const carry = timeLow > 0xffffffff ? 1 : 0
  view.setUint32(at + 12, timeHigh + carry, true)
  view.setUint32(at + 16, timeLow - carry * 0x100000000, true)
  view.setUint32(at + 20, captured, true)
  view.setUint32(at + 24, original, true)
  view.setUint32(end - 4, total, true)
}

/** Copies `count` bytes; the views are of the same memory as the arrays. */
export function copyBytes(
  target: Uint8Array,
  targetView: DataView,
  at: number,
  source: Uint8Array,
  sourceView: DataView,
  from: number,
  count: number,
): void {
  if (count > COPIED_BY_HAND) {
    target.set(source.subarray(from, from + count), at)
    return
  }
  let index = 0
  for (; index + 4 <= count; index += 4)
    targetView.setUint32(at + index, sourceView.getUint32(from + index, true), true)
  for (; index < count; index++) target[at + index] = source[from + index] ?? 0
}

/** The block with a comment; for the few packets that need one. */
export function withComment(packetBlock: Buffer, comment: string): Buffer {
  const body = packetBlock.subarray(8, packetBlock.length - 4)
  return block(ENHANCED_PACKET, body, options(text(1, comment)))
}

type Option = readonly [code: number, value: Buffer | string]
const raw = (code: number, value: Buffer): Option => [code, value]
const text = (code: number, value: string): Option => [code, value]

function options(...list: readonly Option[]): Buffer {
  return Buffer.concat([...list.map(([code, value]) => record(code, Buffer.from(value))), record(0, Buffer.alloc(0))])
}

function record(code: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt16LE(code, 0)
  head.writeUInt16LE(value.length, 2)
  return Buffer.concat([head, padded(value)])
}

function block(type: number, body: Buffer, tail: Buffer): Buffer {
  const total = 12 + body.length + tail.length
  const head = Buffer.alloc(8)
  head.writeUInt32LE(type, 0)
  head.writeUInt32LE(total, 4)
  return Buffer.concat([head, body, tail, head.subarray(4)])
}

function padded(value: Buffer): Buffer {
  const missing = -value.length & 3
  return missing === 0 ? value : Buffer.concat([value, Buffer.alloc(missing)])
}

/** Two 32-bit halves, high first. */
function time(ns: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeUInt32LE(Number(ns >> 32n), 0)
  bytes.writeUInt32LE(Number(ns & 0xffffffffn), 4)
  return bytes
}

function ipv6(address: string): Buffer {
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? []
  const groups = (part: string) => (part === '' ? [] : part.split(':')).flatMap(groupsOf)
  const first = groups(head)
  const last = tail === undefined ? [] : groups(tail)
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => 0)
  const bytes = Buffer.alloc(16)
  for (const [index, group] of [...first, ...zeros, ...last].entries()) bytes.writeUInt16BE(group, index * 2)
  return bytes
}

/** One group, or the two of an IPv4 address written in dots. */
function groupsOf(part: string): number[] {
  const dotted = part.split('.').map(Number)
  const [a = 0, b = 0, c = 0, d = 0] = dotted
  return dotted.length === 4 ? [a * 256 + b, c * 256 + d] : [Number.parseInt(part, 16)]
}
