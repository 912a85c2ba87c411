import { bytes, type FieldTable, flag, hex, ipv4, ipv6, none, part, protocol, uint } from './field-info.ts'
import type { FieldWriter } from './field-writer.ts'
import { icmpCodeName, ICMP_TYPES, icmpv6CodeName, ICMPV6_TYPES, IGMP_TYPES } from './icmp-names.ts'

/** RFC 3376 and RFC 3810, which number them alike. */
const GROUP_RECORD_NAMES: Readonly<Record<number, string>> = {
  1: 'Mode Is Include',
  2: 'Mode Is Exclude',
  3: 'Change To Include Mode',
  4: 'Change To Exclude Mode',
  5: 'Allow New Sources',
  6: 'Block Old Sources',
}

const ND_OPTION_NAMES: Readonly<Record<number, string>> = {
  1: 'Source link-layer address',
  2: 'Target link-layer address',
  3: 'Prefix information',
  4: 'Redirected header',
  5: 'MTU',
  14: 'Nonce',
  24: 'Route Information',
  25: 'Recursive DNS Server',
  31: 'DNS Search List Option',
}

export const ICMP_FIELDS = {
  icmp: protocol('Internet Control Message Protocol'),
  'icmp.type': uint('Type'),
  'icmp.code': uint('Code'),
  'icmp.checksum': hex('Checksum'),
  'icmp.unused': bytes('Unused'),
  'icmp.ident': uint('Identifier (BE)', { base: 'dec-hex' }),
  'icmp.ident_le': uint('Identifier (LE)', { base: 'dec-hex' }),
  'icmp.seq': uint('Sequence Number (BE)', { base: 'dec-hex' }),
  'icmp.seq_le': uint('Sequence Number (LE)', { base: 'dec-hex' }),
  'icmp.mtu': uint('MTU of next hop'),
  'icmp.redir_gw': ipv4('Gateway Address'),
  'icmp.pointer': uint('Pointer'),
  'icmp.data': bytes('Data'),

  icmpv6: protocol('Internet Control Message Protocol v6'),
  'icmpv6.type': uint('Type', { names: ICMPV6_TYPES }),
  'icmpv6.code': uint('Code'),
  'icmpv6.checksum': hex('Checksum'),
  'icmpv6.mtu': uint('MTU'),
  'icmpv6.pointer': uint('Pointer'),
  'icmpv6.echo.identifier': hex('Identifier'),
  'icmpv6.echo.sequence_number': uint('Sequence'),
  'icmpv6.data': bytes('Data'),
  'icmpv6.nd.ra.cur_hop_limit': uint('Cur hop limit'),
  'icmpv6.nd.ra.flag': hex('Flags'),
  'icmpv6.nd.ra.router_lifetime': uint('Router lifetime (s)'),
  'icmpv6.nd.ra.reachable_time': uint('Reachable time (ms)'),
  'icmpv6.nd.ra.retrans_timer': uint('Retrans timer (ms)'),
  'icmpv6.nd.ns.target_address': ipv6('Target Address'),
  'icmpv6.nd.na.flag.r': flag('Router', 0x80000000, 32),
  'icmpv6.nd.na.flag.s': flag('Solicited', 0x40000000, 32),
  'icmpv6.nd.na.flag.o': flag('Override', 0x20000000, 32),
  'icmpv6.nd.na.target_address': ipv6('Target Address'),
  'icmpv6.nd.rd.target_address': ipv6('Target Address'),
  'icmpv6.rd.na.destination_address': ipv6('Destination Address'),
  'icmpv6.opt': none('ICMPv6 Option'),
  'icmpv6.opt.type': uint('Type', { names: ND_OPTION_NAMES }),
  'icmpv6.opt.length': uint('Length'),
  'icmpv6.opt.prefix': ipv6('Prefix'),
  'icmpv6.opt.prefix.length': uint('Prefix Length'),
  'icmpv6.opt.mtu': uint('MTU'),
  'icmpv6.mldr.nb_mcast_records': uint('Number of Multicast Address Records'),
  'icmpv6.mldr.mar.record_type': uint('Record Type', { names: GROUP_RECORD_NAMES }),
  'icmpv6.mldr.mar.nb_sources': uint('Number of Sources'),
  'icmpv6.mldr.mar.multicast_address': ipv6('Multicast Address'),
  'icmpv6.mld.multicast_address': ipv6('Multicast Address'),
  'icmpv6.opt.linkaddr': bytes('Link-layer address'),

  igmp: protocol('Internet Group Management Protocol'),
  'igmp.type': hex('Type', { names: IGMP_TYPES }),
  'igmp.max_resp': uint('Max Resp Time'),
  'igmp.checksum': hex('Checksum'),
  'igmp.maddr': ipv4('Multicast Address'),
  'igmp.s': flag('S', 0x08, 8),
  'igmp.qrv': part('QRV', 0x07, 8),
  'igmp.qqic': uint('QQIC'),
  'igmp.num_src': uint('Num Src'),
  'igmp.num_grp_recs': uint('Num Group Records'),
  'igmp.record_type': uint('Record Type', { names: GROUP_RECORD_NAMES }),
  'igmp.saddr': ipv4('Source Address'),
} as const satisfies FieldTable

export function writeIcmp(out: FieldWriter, at: number): void {
  const type = out.u8(at)
  const code = out.u8(at + 1)
  out.layer('icmp', at, Math.min(out.next, at + 8, out.end), 'Internet Control Message Protocol')
  out.uint('icmp.type', at, 1, out.texts ? `Type: ${type} (${ICMP_TYPES[type] ?? 'Unknown'})` : undefined)
  if (out.uint('icmp.code', at + 1, 1)) {
    const name = icmpCodeName(type, code)
    if (name) out.append(` (${name})`)
  }
  if (out.uint('icmp.checksum', at + 2, 2)) out.append(' [not verified]')
  switch (type) {
    case 0:
    case 8:
      out.uint('icmp.ident', at + 4, 2)
      out.uintLittle('icmp.ident_le', at + 4, 2)
      out.uint('icmp.seq', at + 6, 2)
      out.uintLittle('icmp.seq_le', at + 6, 2)
      data(out, 'icmp.data', at + 8)
      break
    case 3:
      if (code === 4) out.uint('icmp.mtu', at + 6, 2)
      else out.span('icmp.unused', at + 4, at + 8)
      break
    case 5:
      out.ipv4('icmp.redir_gw', at + 4)
      break
    case 12:
      out.uint('icmp.pointer', at + 4, 1)
      break
    case 4:
    case 11:
      out.span('icmp.unused', at + 4, at + 8)
      break
    default:
      data(out, 'icmp.data', at + 4)
  }
  out.endLayer()
}

function data(out: FieldWriter, field: 'icmp.data' | 'icmpv6.data', at: number): void {
  if (out.captured(field, at, out.limit)) out.append(` (${out.limit - at} bytes)`)
}

export function writeIcmpv6(out: FieldWriter, at: number): void {
  const type = out.u8(at)
  out.layer(
    'icmpv6',
    at,
    Math.min(type > 0 && type < 5 ? at + 8 : out.limit, out.end),
    'Internet Control Message Protocol v6',
  )
  out.uint('icmpv6.type', at, 1)
  if (out.uint('icmpv6.code', at + 1, 1)) {
    const name = icmpv6CodeName(type, out.u8(at + 1))
    if (name) out.append(` (${name})`)
  }
  if (out.uint('icmpv6.checksum', at + 2, 2)) out.append(' [not verified]')
  switch (type) {
    case 2:
      out.uint('icmpv6.mtu', at + 4, 4)
      break
    case 4:
      out.uint('icmpv6.pointer', at + 4, 4)
      break
    case 128:
    case 129:
      out.uint('icmpv6.echo.identifier', at + 4, 2)
      out.uint('icmpv6.echo.sequence_number', at + 6, 2)
      data(out, 'icmpv6.data', at + 8)
      break
    case 130:
    case 131:
    case 132:
      out.ipv6('icmpv6.mld.multicast_address', at + 8)
      break
    case 143:
      out.uint('icmpv6.mldr.nb_mcast_records', at + 6, 2)
      listenerRecords(out, at + 8, out.u16(at + 6))
      break
    case 133:
      neighbourOptions(out, at + 8)
      break
    case 134:
      out.uint('icmpv6.nd.ra.cur_hop_limit', at + 4, 1)
      out.uint('icmpv6.nd.ra.flag', at + 5, 1)
      out.uint('icmpv6.nd.ra.router_lifetime', at + 6, 2)
      out.uint('icmpv6.nd.ra.reachable_time', at + 8, 4)
      out.uint('icmpv6.nd.ra.retrans_timer', at + 12, 4)
      neighbourOptions(out, at + 16)
      break
    case 135:
      out.ipv6('icmpv6.nd.ns.target_address', at + 8)
      neighbourOptions(out, at + 24)
      break
    case 136:
      out.bits('icmpv6.nd.na.flag.r', at + 4, 4)
      out.bits('icmpv6.nd.na.flag.s', at + 4, 4)
      out.bits('icmpv6.nd.na.flag.o', at + 4, 4)
      out.ipv6('icmpv6.nd.na.target_address', at + 8)
      neighbourOptions(out, at + 24)
      break
    case 137:
      out.ipv6('icmpv6.nd.rd.target_address', at + 8)
      out.ipv6('icmpv6.rd.na.destination_address', at + 24)
      neighbourOptions(out, at + 40)
      break
  }
  out.endLayer()
}

/** RFC 3810 section 5.2: record type, length of auxiliary data in words, number of sources, group, sources. */
function listenerRecords(out: FieldWriter, start: number, records: number): void {
  let at = start
  for (let i = 0; i < records && out.has(at, 20); i++) {
    out.uint('icmpv6.mldr.mar.record_type', at, 1)
    out.uint('icmpv6.mldr.mar.nb_sources', at + 2, 2)
    out.ipv6('icmpv6.mldr.mar.multicast_address', at + 4)
    at += 20 + out.u16(at + 2) * 16 + out.u8(at + 1) * 4
  }
}

/** RFC 4861 section 4.6: type, length in units of 8 bytes, value. */
function neighbourOptions(out: FieldWriter, start: number): void {
  for (let at = start; at < out.limit && out.has(at, 2);) {
    const length = out.u8(at + 1) * 8
    if (length === 0) {
      out.note("ICMPv6 Option: a length of 0 is impossible; the options after it can't be read", at, at + 2, 'warn')
      return
    }
    const type = out.u8(at)
    const to = Math.min(at + length, out.end)
    out.value('icmpv6.opt', true, at, to, out.texts ? `ICMPv6 Option (${ND_OPTION_NAMES[type] ?? type})` : undefined)
    out.down()
    out.uint('icmpv6.opt.type', at, 1)
    if (out.uint('icmpv6.opt.length', at + 1, 1)) out.append(` (${length} bytes)`)
    if (type === 1 || type === 2) out.span('icmpv6.opt.linkaddr', at + 2, at + length)
    if (type === 3) {
      out.uint('icmpv6.opt.prefix.length', at + 2, 1)
      out.ipv6('icmpv6.opt.prefix', at + 16)
    }
    if (type === 5) out.uint('icmpv6.opt.mtu', at + 4, 4)
    out.up()
    at += length
  }
}

export function writeIgmp(out: FieldWriter, at: number): void {
  const type = out.u8(at)
  out.layer('igmp', at, out.end, 'Internet Group Management Protocol')
  out.uint('igmp.type', at, 1)
  if (type === 0x11) out.uint('igmp.max_resp', at + 1, 1)
  out.uint('igmp.checksum', at + 2, 2)
  if (type === 0x22) {
    out.uint('igmp.num_grp_recs', at + 6, 2)
    groupRecords(out, at + 8, out.u16(at + 6))
  } else {
    out.ipv4('igmp.maddr', at + 4)
    if (type === 0x11 && out.limit - at >= 12) {
      out.bits('igmp.s', at + 8, 1)
      out.bits('igmp.qrv', at + 8, 1)
      out.uint('igmp.qqic', at + 9, 1)
      out.uint('igmp.num_src', at + 10, 2)
      for (let i = 0; i < out.u16(at + 10) && out.ipv4('igmp.saddr', at + 12 + i * 4); i++);
    }
  }
  out.endLayer()
}

/** RFC 3376 section 4.2: record type, length of auxiliary data in words, number of sources, group, sources. */
function groupRecords(out: FieldWriter, start: number, records: number): void {
  let at = start
  for (let i = 0; i < records && out.has(at, 8); i++) {
    const sources = out.u16(at + 2)
    out.uint('igmp.record_type', at, 1)
    out.uint('igmp.num_src', at + 2, 2)
    out.ipv4('igmp.maddr', at + 4)
    for (let s = 0; s < sources && out.ipv4('igmp.saddr', at + 8 + s * 4); s++);
    at += 8 + sources * 4 + out.u8(at + 1) * 4
  }
}
