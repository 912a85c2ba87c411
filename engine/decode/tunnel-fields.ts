import { bytes, type FieldTable, flag, hex, part, protocol, uint } from './field-info.ts'
import type { FieldWriter } from './field-writer.ts'
import { ETHERTYPE_NAMES } from './names.ts'

const WIREGUARD_TYPES: Readonly<Record<number, string>> = {
  1: 'Handshake Initiation',
  2: 'Handshake Response',
  3: 'Cookie Reply',
  4: 'Transport Data',
}
const YES = ['Yes', 'No'] as const
const TRUE = ['True', 'False'] as const

export const TUNNEL_FIELDS = {
  vxlan: protocol('Virtual eXtensible Local Area Network'),
  'vxlan.flags': hex('Flags'),
  'vxlan.flag_g': flag('GBP Extension', 0x8000, 16, ['Defined', 'Not defined']),
  'vxlan.flag_i': flag('VXLAN Network ID (VNI)', 0x0800, 16, TRUE),
  'vxlan.next_proto': uint('Next Protocol', {
    names: { 0: 'None', 1: 'IPv4', 2: 'IPv6', 3: 'Ethernet', 4: 'NSH', 5: 'MPLS' },
  }),
  'vxlan.gbp': uint('Group Policy ID'),
  'vxlan.vni': uint('VXLAN Network Identifier (VNI)'),
  'vxlan.reserved8': uint('Reserved'),

  geneve: protocol('Generic Network Virtualization Encapsulation'),
  'geneve.version': part('Version', 0xc0, 8),
  'geneve.length': part('Length', 0x3f, 8),
  'geneve.flags': hex('Flags'),
  'geneve.flags.oam': flag('Operations, Administration and Management Frame', 0x80, 8, TRUE),
  'geneve.flags.critical': flag('Critical Options Present', 0x40, 8, TRUE),
  'geneve.proto_type': hex('Protocol Type', { names: ETHERTYPE_NAMES }),
  'geneve.vni': uint('Virtual Network Identifier (VNI)', { base: 'hex-dec' }),
  'geneve.reserved': hex('Reserved'),
  'geneve.options': bytes('Options'),
  'geneve.option': bytes('Option'),
  'geneve.option.class': hex('Class', {
    names: {
      0x0100: 'Linux',
      0x0101: 'Open vSwitch',
      0x0102: 'Open Virtual Networking (OVN)',
      0x0103: 'In-band Network Telemetry (INT)',
      0x0104: 'VMware',
      0x0108: 'Amazon',
    },
  }),
  'geneve.option.type': hex('Type'),
  'geneve.option.length': uint('Length'),
  'geneve.option.unknown.data': bytes('Option Data'),

  gre: protocol('Generic Routing Encapsulation'),
  'gre.flags_and_version': hex('Flags and Version'),
  'gre.flags.checksum': flag('Checksum Bit', 0x8000, 16, YES),
  'gre.flags.routing': flag('Routing Bit', 0x4000, 16, YES),
  'gre.flags.key': flag('Key Bit', 0x2000, 16, YES),
  'gre.flags.sequence_number': flag('Sequence Number Bit', 0x1000, 16, YES),
  'gre.flags.version': part('Version', 0x0007, 16, { names: { 0: 'GRE', 1: 'Enhanced GRE' } }),
  'gre.proto': hex('Protocol Type', { names: ETHERTYPE_NAMES }),
  'gre.checksum': hex('Checksum'),
  'gre.offset': uint('Offset'),
  'gre.key': hex('Key'),
  'gre.key.payload_length': uint('Payload Length'),
  'gre.key.call_id': uint('Call ID'),
  'gre.sequence_number': uint('Sequence Number'),
  'gre.ack_number': uint('Acknowledgment Number'),

  erspan: protocol('Encapsulated Remote Switch Packet ANalysis'),
  'erspan.version': part('Version', 0xf000, 16, { names: { 1: 'Type II', 2: 'Type III' } }),
  'erspan.vlan': part('Vlan', 0x0fff, 16),
  'erspan.cos': part('COS', 0xe000, 16),
  'erspan.truncated': part('Truncated', 0x0400, 16),
  'erspan.spanid': part('SpanID', 0x03ff, 16),
  'erspan.index': part('Index', 0x000fffff, 32),
  'erspan.timestamp': uint('Timestamp'),

  gtp: protocol('GPRS Tunneling Protocol'),
  'gtp.flags': hex('Flags'),
  'gtp.flags.version': part('Version', 0xe0, 8),
  'gtp.flags.payload': part('Protocol type', 0x10, 8, { names: { 0: "GTP'", 1: 'GTP' } }),
  'gtp.flags.e': flag('Is Next Extension Header present?', 0x04, 8, YES),
  'gtp.flags.s': flag('Is Sequence Number present?', 0x02, 8, YES),
  'gtp.flags.pn': flag('Is N-PDU number present?', 0x01, 8, YES),
  'gtp.message': hex('Message Type', {
    names: {
      1: 'Echo request',
      2: 'Echo response',
      26: 'Error indication',
      31: 'Supported extension header notification',
      254: 'End marker',
      255: 'T-PDU',
    },
  }),
  'gtp.length': uint('Length'),
  'gtp.teid': uint('TEID', { base: 'hex-dec' }),
  'gtp.seq_number': uint('Sequence number', { base: 'hex-dec' }),
  'gtp.npdu_number': hex('N-PDU Number'),
  'gtp.next': hex('Next extension header type'),

  wg: protocol('WireGuard Protocol'),
  'wg.type': uint('Type', { names: WIREGUARD_TYPES }),
  'wg.reserved': bytes('Reserved'),
  'wg.sender': hex('Sender'),
  'wg.receiver': hex('Receiver'),
  'wg.counter': uint('Counter'),
} as const satisfies FieldTable

export function writeVxlan(out: FieldWriter, at: number): void {
  out.layer('vxlan', at, Math.min(at + 8, out.end), 'Virtual eXtensible Local Area Network')
  if (out.uint('vxlan.flags', at, 2)) {
    out.down()
    out.bits('vxlan.flag_g', at, 2)
    out.bits('vxlan.flag_i', at, 2)
    out.up()
  }
  if (out.u8(at) & 0x04) out.uint('vxlan.next_proto', at + 3, 1)
  else out.uint('vxlan.gbp', at + 2, 2)
  out.uint('vxlan.vni', at + 4, 3)
  out.uint('vxlan.reserved8', at + 7, 1)
  out.endLayer()
}

export function writeGeneve(out: FieldWriter, at: number): void {
  const length = (out.u8(at) & 0x3f) * 4
  const vni = out.texts ? hexDigits((out.u16(at + 4) << 8) | out.u8(at + 6), 6) : ''
  out.layer(
    'geneve',
    at,
    Math.min(at + 8 + length, out.end),
    `Generic Network Virtualization Encapsulation, VNI: ${vni}`,
  )
  out.bits('geneve.version', at, 1)
  out.bits('geneve.length', at, 1, length, out.texts ? `${length} bytes` : undefined)
  if (out.uint('geneve.flags', at + 1, 1)) {
    out.down()
    out.bits('geneve.flags.oam', at + 1, 1)
    out.bits('geneve.flags.critical', at + 1, 1)
    out.up()
  }
  out.uint('geneve.proto_type', at + 2, 2)
  out.uint('geneve.vni', at + 4, 3)
  out.uint('geneve.reserved', at + 7, 1)
  if (length > 0 && out.captured('geneve.options', at + 8, at + 8 + length, `Options: (${length} bytes)`)) {
    out.down()
    geneveOptions(out, at + 8, at + 8 + length)
    out.up()
  }
  out.endLayer()
}

const hexDigits = (number: number, digits: number): string => `0x${number.toString(16).padStart(digits, '0')}`

/** Class (2), type (1), length of the data in words (1, low five bits), data. */
function geneveOptions(out: FieldWriter, start: number, to: number): void {
  for (let at = start; at + 4 <= to && out.has(at, 4);) {
    const length = (out.u8(at + 3) & 0x1f) * 4
    const name = out.texts ? `Option, Class: ${hexDigits(out.u16(at), 4)}, Type: ${hexDigits(out.u8(at + 2), 2)}` : ''
    if (!out.span('geneve.option', at, at + 4 + length, name)) return
    out.down()
    out.uint('geneve.option.class', at, 2)
    if (out.uint('geneve.option.type', at + 2, 1) && out.u8(at + 2) & 0x80) out.append(' (Critical)')
    out.value('geneve.option.length', length + 4, at + 3, at + 4)
    if (length > 0) out.span('geneve.option.unknown.data', at + 4, at + 4 + length)
    out.up()
    at += 4 + length
  }
}

export function writeGre(out: FieldWriter, start: number): void {
  const flags = out.u16(start)
  const type = out.u16(start + 2)
  const version = flags & 7
  const carried = out.texts ? ` (${ETHERTYPE_NAMES[type] ?? hexDigits(type, 4)})` : ''
  out.layer('gre', start, Math.min(out.next, out.end), 'Generic Routing Encapsulation' + carried)
  if (out.uint('gre.flags_and_version', start, 2)) {
    out.down()
    out.bits('gre.flags.checksum', start, 2)
    out.bits('gre.flags.routing', start, 2)
    out.bits('gre.flags.key', start, 2)
    out.bits('gre.flags.sequence_number', start, 2)
    out.bits('gre.flags.version', start, 2)
    out.up()
  }
  out.uint('gre.proto', start + 2, 2)
  let at = start + 4
  if (flags & 0xc000) {
    out.uint('gre.checksum', at, 2)
    out.uint('gre.offset', at + 2, 2)
    at += 4
  }
  if (flags & 0x2000) {
    if (version === 1) {
      out.uint('gre.key.payload_length', at, 2)
      out.uint('gre.key.call_id', at + 2, 2)
    } else {
      out.uint('gre.key', at, 4)
    }
    at += 4
  }
  if (flags & 0x1000) {
    out.uint('gre.sequence_number', at, 4)
    at += 4
  }
  if (version === 1 && flags & 0x80) out.uint('gre.ack_number', at, 4)
  out.endLayer()
}

export function writeErspan(out: FieldWriter, at: number): void {
  const version = out.u8(at) >> 4
  out.layer('erspan', at, Math.min(out.next, out.end), `Encapsulated Remote Switch Packet ANalysis`)
  // Type I has no header.
  if (out.next > at) {
    out.bits('erspan.version', at, 2)
    out.bits('erspan.vlan', at, 2)
    out.bits('erspan.cos', at + 2, 2)
    out.bits('erspan.truncated', at + 2, 2)
    out.bits('erspan.spanid', at + 2, 2)
    if (version === 2) out.uint('erspan.timestamp', at + 4, 4)
    else out.bits('erspan.index', at + 4, 4)
  }
  out.endLayer()
}

export function writeGtp(out: FieldWriter, at: number): void {
  out.layer('gtp', at, Math.min(out.next, out.end), 'GPRS Tunneling Protocol')
  if (out.uint('gtp.flags', at, 1)) {
    out.down()
    out.bits('gtp.flags.version', at, 1)
    out.bits('gtp.flags.payload', at, 1)
    out.bits('gtp.flags.e', at, 1)
    out.bits('gtp.flags.s', at, 1)
    out.bits('gtp.flags.pn', at, 1)
    out.up()
  }
  out.uint('gtp.message', at + 1, 1)
  out.uint('gtp.length', at + 2, 2)
  out.uint('gtp.teid', at + 4, 4)
  const flags = out.u8(at)
  if (flags & 0x02) out.uint('gtp.seq_number', at + 8, 2)
  if (flags & 0x01) out.uint('gtp.npdu_number', at + 10, 1)
  if (flags & 0x04) out.uint('gtp.next', at + 11, 1)
  out.endLayer()
}

export function writeWireGuard(out: FieldWriter, at: number): void {
  const type = out.u8(at)
  out.layer('wg', at, out.end, 'WireGuard Protocol')
  out.uint('wg.type', at, 1)
  out.span('wg.reserved', at + 1, at + 4)
  if (type === 1 || type === 2) out.uintLittle('wg.sender', at + 4, 4)
  if (type === 2) out.uintLittle('wg.receiver', at + 8, 4)
  if (type === 3 || type === 4) out.uintLittle('wg.receiver', at + 4, 4)
  // 64 bits; 48 of them are exact in a number and last for nine years at a million packets a second.
  if (type === 4) out.uintLittle('wg.counter', at + 8, 6)
  out.endLayer()
}

/** The message's name, for the Info column. */
export const wireGuardMessage = (type: number): string => WIREGUARD_TYPES[type] ?? 'Unknown message'
