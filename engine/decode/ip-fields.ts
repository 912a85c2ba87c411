import { ipv4Text, ipv6Text } from '../columns/address-text.ts'
import { bytes, type FieldTable, flag, hex, ipv4, ipv6, none, part, protocol, uint } from './field-info.ts'
import type { FieldWriter } from './field-writer.ts'
import { DSCP_NAMES, dscpShort, ECN_NAMES, ecnShort, IP_PROTOCOL_NAMES } from './names.ts'

const IP_OPTION_NAMES: Readonly<Record<number, string>> = {
  0: 'End of Options List (EOL)',
  1: 'No-Operation (NOP)',
  7: 'Record Route',
  68: 'Time Stamp',
  130: 'Security',
  131: 'Loose Source Route',
  136: 'Stream ID',
  137: 'Strict Source Route',
  148: 'Router Alert',
}

const IPV6_OPTION_NAMES: Readonly<Record<number, string>> = {
  0x00: 'Pad1',
  0x01: 'PadN',
  0x04: 'Tunnel Encapsulation Limit',
  0x05: 'Router Alert',
  0xc2: 'Jumbo Payload',
}

export const IP_FIELDS = {
  ip: protocol('Internet Protocol Version 4'),
  'ip.version': part('Version', 0xf0, 8),
  'ip.hdr_len': part('Header Length', 0x0f, 8),
  'ip.dsfield': hex('Differentiated Services Field'),
  'ip.dsfield.dscp': part('Differentiated Services Codepoint', 0xfc, 8, { names: DSCP_NAMES }),
  'ip.dsfield.ecn': part('Explicit Congestion Notification', 0x03, 8, { names: ECN_NAMES }),
  'ip.len': uint('Total Length'),
  'ip.id': uint('Identification', { base: 'hex-dec' }),
  'ip.flags': part('Flags', 0xe0, 8, { base: 'hex' }),
  'ip.flags.rb': flag('Reserved bit', 0x80, 8),
  'ip.flags.df': flag("Don't fragment", 0x40, 8),
  'ip.flags.mf': flag('More fragments', 0x20, 8),
  'ip.frag_offset': part('Fragment Offset', 0x1fff, 16),
  'ip.ttl': uint('Time to Live'),
  'ip.proto': uint('Protocol', { names: IP_PROTOCOL_NAMES }),
  'ip.checksum': hex('Header Checksum'),
  'ip.src': ipv4('Source Address', 'ip.addr'),
  'ip.dst': ipv4('Destination Address', 'ip.addr'),
  'ip.addr': ipv4('Source or Destination Address'),
  'ip.opt.type': uint('Type', { names: IP_OPTION_NAMES }),
  'ip.opt.len': uint('Length'),
  'ip.options': bytes('Options'),

  ipv6: protocol('Internet Protocol Version 6'),
  'ipv6.version': part('Version', 0xf0, 8),
  'ipv6.tclass': part('Traffic Class', 0x0ff00000, 32, { base: 'hex' }),
  'ipv6.tclass.dscp': part('Differentiated Services Codepoint', 0x0fc00000, 32, { names: DSCP_NAMES }),
  'ipv6.tclass.ecn': part('Explicit Congestion Notification', 0x00300000, 32, { names: ECN_NAMES }),
  'ipv6.flow': part('Flow Label', 0x0fffff, 24, { base: 'hex' }),
  'ipv6.plen': uint('Payload Length'),
  'ipv6.nxt': uint('Next Header', { names: IP_PROTOCOL_NAMES }),
  'ipv6.hlim': uint('Hop Limit'),
  'ipv6.src': ipv6('Source Address', 'ipv6.addr'),
  'ipv6.dst': ipv6('Destination Address', 'ipv6.addr'),
  'ipv6.addr': ipv6('Source or Destination Address'),
  'ipv6.hopopts': protocol('IPv6 Hop-by-Hop Option'),
  'ipv6.hopopts.nxt': uint('Next Header', { names: IP_PROTOCOL_NAMES }),
  'ipv6.hopopts.len': uint('Length'),
  'ipv6.dstopts': protocol('Destination Options for IPv6'),
  'ipv6.dstopts.nxt': uint('Next Header', { names: IP_PROTOCOL_NAMES }),
  'ipv6.dstopts.len': uint('Length'),
  'ipv6.opt': none('IPv6 Option'),
  'ipv6.opt.type': hex('Type', { names: IPV6_OPTION_NAMES }),
  'ipv6.opt.router_alert': uint('Router Alert', { names: { 0: 'MLD', 1: 'RSVP', 2: 'Active Network' } }),
  'ipv6.opt.length': uint('Length'),
  'ipv6.opt.jumbo': uint('Payload Length'),
  'ipv6.routing': protocol('Routing Header for IPv6'),
  'ipv6.routing.nxt': uint('Next Header', { names: IP_PROTOCOL_NAMES }),
  'ipv6.routing.len': uint('Length'),
  'ipv6.routing.type': uint('Type', {
    names: { 0: 'Source Route', 2: 'Mobile IP', 3: 'RPL Source Route', 4: 'Segment Routing' },
  }),
  'ipv6.routing.segleft': uint('Segments Left'),
  'ipv6.fraghdr': protocol('Fragment Header for IPv6'),
  'ipv6.fraghdr.nxt': uint('Next header', { names: IP_PROTOCOL_NAMES }),
  'ipv6.fraghdr.offset': part('Offset', 0xfff8, 16),
  'ipv6.fraghdr.more': flag('More Fragments', 0x0001, 16, ['Yes', 'No']),
  'ipv6.fraghdr.ident': hex('Identification'),

  ah: protocol('Authentication Header'),
  'ah.next_header': uint('Next header', { names: IP_PROTOCOL_NAMES }),
  'ah.length': uint('Length'),
  'ah.spi': hex('AH SPI'),
  'ah.sequence': uint('AH Sequence'),
  'ah.icv': bytes('AH ICV'),
  esp: protocol('Encapsulating Security Payload'),
  'esp.spi': uint('ESP SPI', { base: 'hex-dec' }),
  'esp.sequence': uint('ESP Sequence'),
} as const satisfies FieldTable

export function writeIpv4(out: FieldWriter, at: number): void {
  const version = out.u8(at) >> 4
  if (version !== 4) {
    out.layer('ip', at, Math.min(at + 1, out.end), `Internet Protocol, bogus version (${version})`)
    out.bits('ip.version', at, 1)
    out.endLayer()
    return
  }
  const headerLength = (out.u8(at) & 0x0f) * 4
  const title =
    out.texts && out.has(at, 20)
      ? `Internet Protocol Version 4, Src: ${ipv4Text(out.u32(at + 12))}, Dst: ${ipv4Text(out.u32(at + 16))}`
      : 'Internet Protocol Version 4'
  out.layer('ip', at, Math.min(at + Math.max(headerLength, 20), out.end), title)
  out.bits('ip.version', at, 1)
  out.bits('ip.hdr_len', at, 1, headerLength, out.texts ? `${headerLength} bytes (${headerLength / 4})` : undefined)
  if (out.uint('ip.dsfield', at + 1, 1)) {
    const field = out.u8(at + 1)
    if (out.texts) out.append(` (DSCP: ${dscpShort(field >> 2)}, ECN: ${ecnShort(field & 3)})`)
    out.down()
    out.bits('ip.dsfield.dscp', at + 1, 1)
    out.bits('ip.dsfield.ecn', at + 1, 1)
    out.up()
  }
  if (out.uint('ip.len', at + 2, 2) && out.u16(at + 2) === 0) {
    out.append(' (left to segmentation offload: the length is that of the frame)')
  }
  out.uint('ip.id', at + 4, 2)
  if (out.bits('ip.flags', at + 6, 1)) {
    const flags = out.u8(at + 6)
    if (flags & 0x40) out.append(", Don't fragment")
    if (flags & 0x20) out.append(', More fragments')
    out.down()
    out.bits('ip.flags.rb', at + 6, 1)
    out.bits('ip.flags.df', at + 6, 1)
    out.bits('ip.flags.mf', at + 6, 1)
    out.up()
  }
  out.bits('ip.frag_offset', at + 6, 2, (out.u16(at + 6) & 0x1fff) * 8)
  out.uint('ip.ttl', at + 8, 1)
  out.uint('ip.proto', at + 9, 1)
  if (out.uint('ip.checksum', at + 10, 2)) out.append(' [not verified]')
  out.ipv4('ip.src', at + 12)
  out.ipv4('ip.dst', at + 16)
  if (headerLength > 20) options(out, at + 20, at + headerLength)
  out.endLayer()
}

function options(out: FieldWriter, start: number, to: number): void {
  if (!out.captured('ip.options', start, to, out.texts ? `Options: (${to - start} bytes)` : undefined)) return
  out.down()
  for (let at = start; at < to && out.has(at, 1);) {
    const type = out.u8(at)
    const length = type < 2 ? 1 : out.u8(at + 1)
    if (type >= 2 && (length < 2 || at + length > to)) {
      out.note(`IP Option: length ${length} is impossible here; the options after it can't be read`, at, at + 1, 'warn')
      break
    }
    out.uint('ip.opt.type', at, 1)
    if (type >= 2) out.uint('ip.opt.len', at + 1, 1)
    if (type === 0) break
    at += length
  }
  out.up()
}

export function writeIpv6(out: FieldWriter, at: number): void {
  const title =
    out.texts && out.has(at, 40)
      ? `Internet Protocol Version 6, Src: ${ipv6Text(out.bytes, at + 8)}, Dst: ${ipv6Text(out.bytes, at + 24)}`
      : 'Internet Protocol Version 6'
  out.layer('ipv6', at, Math.min(at + 40, out.end), title)
  out.bits('ipv6.version', at, 1)
  if (out.bits('ipv6.tclass', at, 4)) {
    const field = (out.u16(at) >> 4) & 0xff
    if (out.texts) out.append(` (DSCP: ${dscpShort(field >> 2)}, ECN: ${ecnShort(field & 3)})`)
    out.down()
    out.bits('ipv6.tclass.dscp', at, 4)
    out.bits('ipv6.tclass.ecn', at, 4)
    out.up()
  }
  out.bits('ipv6.flow', at + 1, 3)
  out.uint('ipv6.plen', at + 4, 2)
  out.uint('ipv6.nxt', at + 6, 1)
  out.uint('ipv6.hlim', at + 7, 1)
  out.ipv6('ipv6.src', at + 8)
  out.ipv6('ipv6.dst', at + 24)
  out.endLayer()
}

export function writeHopByHop(out: FieldWriter, at: number): void {
  optionsHeader(out, at, 'ipv6.hopopts')
}

export function writeDestinationOptions(out: FieldWriter, at: number): void {
  optionsHeader(out, at, 'ipv6.dstopts')
}

function optionsHeader(out: FieldWriter, at: number, name: 'ipv6.hopopts' | 'ipv6.dstopts'): void {
  const length = (out.u8(at + 1) + 1) * 8
  const to = Math.min(at + length, out.end)
  out.layer(name, at, to, IP_FIELDS[name].description)
  out.uint(`${name}.nxt`, at, 1)
  if (out.uint(`${name}.len`, at + 1, 1)) out.append(` (${length} bytes)`)
  for (let option = at + 2; option < to;) {
    const type = out.u8(option)
    const size = type === 0 ? 1 : 2 + out.u8(option + 1)
    out.value('ipv6.opt', true, option, Math.min(option + size, to), IPV6_OPTION_NAMES[type])
    out.down()
    out.uint('ipv6.opt.type', option, 1)
    if (type !== 0) out.uint('ipv6.opt.length', option + 1, 1)
    if (type === 0x05) out.uint('ipv6.opt.router_alert', option + 2, 2)
    if (type === 0xc2) out.uint('ipv6.opt.jumbo', option + 2, 4)
    out.up()
    option += size
  }
  out.endLayer()
}

export function writeRouting(out: FieldWriter, at: number): void {
  const length = (out.u8(at + 1) + 1) * 8
  out.layer('ipv6.routing', at, Math.min(at + length, out.end), 'Routing Header for IPv6')
  out.uint('ipv6.routing.nxt', at, 1)
  if (out.uint('ipv6.routing.len', at + 1, 1)) out.append(` (${length} bytes)`)
  out.uint('ipv6.routing.type', at + 2, 1)
  out.uint('ipv6.routing.segleft', at + 3, 1)
  out.endLayer()
}

export function writeFragment(out: FieldWriter, at: number): void {
  out.layer('ipv6.fraghdr', at, Math.min(at + 8, out.end), 'Fragment Header for IPv6')
  out.uint('ipv6.fraghdr.nxt', at, 1)
  const offset = out.u16(at + 2) & 0xfff8
  out.bits('ipv6.fraghdr.offset', at + 2, 2, offset, out.texts ? `${offset / 8} (${offset} bytes)` : undefined)
  out.bits('ipv6.fraghdr.more', at + 2, 2)
  out.uint('ipv6.fraghdr.ident', at + 4, 4)
  out.endLayer()
}

export function writeAuthenticationHeader(out: FieldWriter, at: number): void {
  const length = (out.u8(at + 1) + 2) * 4
  out.layer('ah', at, Math.min(at + length, out.end), 'Authentication Header')
  out.uint('ah.next_header', at, 1)
  if (out.uint('ah.length', at + 1, 1)) out.append(` (${length} bytes)`)
  out.uint('ah.spi', at + 4, 4)
  out.uint('ah.sequence', at + 8, 4)
  out.span('ah.icv', at + 12, at + length)
  out.endLayer()
}

export function writeEsp(out: FieldWriter, at: number): void {
  out.layer('esp', at, out.end, 'Encapsulating Security Payload')
  out.uint('esp.spi', at, 4)
  out.uint('esp.sequence', at + 4, 4)
  out.endLayer()
}
