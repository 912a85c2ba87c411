import { macText } from '../columns/address-text.ts'
import { bytes, ether, type FieldTable, flag, hex, part, protocol, uint } from './field-info.ts'
import type { FieldWriter } from './field-writer.ts'
import { LINK_TYPE } from './link-type.ts'
import { ETHERTYPE_NAMES, HARDWARE_NAMES } from './names.ts'

// The headers of link layers: what lies between the wire and the network layer.

const LOCAL = [
  'Locally administered address (this is NOT the factory default)',
  'Globally unique address (factory default)',
] as const
const GROUP = ['Group address (multicast/broadcast)', 'Individual address (unicast)'] as const
const YES = ['Yes', 'No'] as const

export const LINK_FIELDS = {
  eth: protocol('Ethernet'),
  'eth.dst': ether('Destination', 'eth.addr'),
  'eth.src': ether('Source', 'eth.addr'),
  'eth.addr': ether('Source or Destination Address'),
  'eth.dst.lg': { ...flag('LG bit', 0x020000, 24, LOCAL), also: ['eth.lg'] },
  'eth.dst.ig': { ...flag('IG bit', 0x010000, 24, GROUP), also: ['eth.ig'] },
  'eth.src.lg': { ...flag('LG bit', 0x020000, 24, LOCAL), also: ['eth.lg'] },
  'eth.src.ig': { ...flag('IG bit', 0x010000, 24, GROUP), also: ['eth.ig'] },
  'eth.lg': flag('LG bit', 0x020000, 24, LOCAL),
  'eth.ig': flag('IG bit', 0x010000, 24, GROUP),
  'eth.type': hex('Type', { names: ETHERTYPE_NAMES }),
  'eth.len': uint('Length'),
  'eth.padding': bytes('Padding'),

  vlan: protocol('802.1Q Virtual LAN'),
  'vlan.priority': part('Priority', 0xe000, 16),
  'vlan.dei': flag('DEI', 0x1000, 16, YES),
  'vlan.id': part('ID', 0x0fff, 16),
  'vlan.etype': hex('Type', { names: ETHERTYPE_NAMES }),
  'vlan.len': uint('Length'),

  ieee8021ad: protocol('IEEE 802.1ad'),
  'ieee8021ad.priority': part('Priority', 0xe000, 16),
  'ieee8021ad.dei': flag('DEI', 0x1000, 16, YES),
  'ieee8021ad.id': part('ID', 0x0fff, 16),

  llc: protocol('Logical-Link Control'),
  'llc.dsap': hex('DSAP'),
  'llc.ssap': hex('SSAP'),
  'llc.control': hex('Control field'),
  'llc.oui': hex('Organization Code'),
  'llc.type': hex('Type', { names: ETHERTYPE_NAMES }),
  'llc.pid': hex('Protocol ID'),

  sll: protocol('Linux cooked-mode capture'),
  'sll.pkttype': uint('Packet type', {
    names: {
      0: 'Unicast to us',
      1: 'Broadcast',
      2: 'Multicast',
      3: 'Unicast to another host',
      4: 'Sent by us',
    },
  }),
  'sll.hatype': uint('Link-layer address type', { names: HARDWARE_NAMES }),
  'sll.halen': uint('Link-layer address length'),
  'sll.src.eth': ether('Source'),
  'sll.src.other': bytes('Source'),
  'sll.unused': bytes('Unused'),
  'sll.etype': hex('Protocol', { names: ETHERTYPE_NAMES }),
  'sll.ltype': hex('Protocol'),
  'sll.ifindex': uint('Interface index'),

  null: protocol('Null/Loopback'),
  'null.family': uint('Family', {
    names: { 2: 'IP', 10: 'IPv6', 24: 'IPv6', 28: 'IPv6', 30: 'IPv6', 7: 'OSI', 23: 'IPX' },
  }),
  raw: protocol('Raw packet data'),

  ppp: protocol('Point-to-Point Protocol'),
  'ppp.address': hex('Address'),
  'ppp.control': hex('Control'),
  'ppp.protocol': hex('Protocol', {
    names: {
      0x0021: 'Internet Protocol version 4',
      0x0057: 'Internet Protocol version 6',
      0x0281: 'MPLS Unicast',
      0x8021: 'Internet Protocol Control Protocol',
      0x8057: 'IPv6 Control Protocol',
      0xc021: 'Link Control Protocol',
      0xc023: 'Password Authentication Protocol',
      0xc223: 'Challenge Handshake Authentication Protocol',
    },
  }),
  pppoes: protocol('PPP-over-Ethernet Session'),
  pppoed: protocol('PPP-over-Ethernet Discovery'),
  'pppoe.version': part('Version', 0xf0, 8),
  'pppoe.type': part('Type', 0x0f, 8),
  'pppoe.code': hex('Code', {
    names: {
      0x00: 'Session Data',
      0x07: 'Active Discovery Offer (PADO)',
      0x09: 'Active Discovery Initiation (PADI)',
      0x19: 'Active Discovery Request (PADR)',
      0x65: 'Active Discovery Session-confirmation (PADS)',
      0xa7: 'Active Discovery Terminate (PADT)',
    },
  }),
  'pppoe.session_id': hex('Session ID'),
  'pppoe.payload_length': uint('Payload Length'),

  mpls: protocol('MultiProtocol Label Switching Header'),
  'mpls.label': part('MPLS Label', 0xfffff000, 32, { base: 'dec-hex' }),
  'mpls.exp': part('MPLS Experimental Bits', 0x0e00, 32),
  'mpls.bottom': part('MPLS Bottom Of Label Stack', 0x0100, 32),
  'mpls.ttl': part('MPLS TTL', 0x00ff, 32),
  'pweth.cw.sequence_number': uint('Sequence Number'),

  chdlc: protocol('Cisco HDLC'),
  'chdlc.address': hex('Address'),
  'chdlc.control': hex('Control'),
  'chdlc.protocol': hex('Protocol', { names: ETHERTYPE_NAMES }),

  fddi: protocol('Fiber Distributed Data Interface'),
  'fddi.fc': hex('Frame Control'),
  'fddi.dst': ether('Destination', 'fddi.addr'),
  'fddi.src': ether('Source', 'fddi.addr'),
  'fddi.addr': ether('Source or Destination Address'),

  arcnet: protocol('ARCNET'),
  'arcnet.src': hex('Source'),
  'arcnet.dst': hex('Dest'),

  ipoib: protocol('IP over Infiniband'),
  'ipoib.type': hex('Type', { names: ETHERTYPE_NAMES }),

  ipnet: protocol('Solaris IPNET'),
  'ipnet.version': uint('Header version'),
  'ipnet.family': uint('Address family', { names: { 2: 'Solaris AF_INET', 26: 'Solaris AF_INET6' } }),

  nflog: protocol('Linux Netfilter NFLOG'),
  'nflog.family': uint('Family', { names: { 2: 'IPv4', 7: 'Bridge', 10: 'IPv6' } }),
  'nflog.version': uint('Version'),
  'nflog.res_id': uint('Resource id'),

  pktap: protocol('PKTAP packet header'),

  cmd: protocol('Cisco MetaData'),
  'cmd.sgt': uint('SGT'),

  radiotap: protocol('Radiotap Header'),
  'radiotap.version': uint('Header revision'),
  'radiotap.length': uint('Header length'),

  wlan: protocol('IEEE 802.11'),
  'wlan.fc.type': part('Type', 0x0c, 8, { names: { 0: 'Management frame', 1: 'Control frame', 2: 'Data frame' } }),
  'wlan.fc.subtype': part('Subtype', 0xf0, 8),
  'wlan.fc.tods': flag('To DS', 0x01, 8),
  'wlan.fc.fromds': flag('From DS', 0x02, 8),
  'wlan.fc.retry': flag('Retry', 0x08, 8),
  'wlan.fc.protected': flag('Protected flag', 0x40, 8),
  'wlan.duration': uint('Duration', { unit: 'microseconds' }),
  'wlan.ra': ether('Receiver address', 'wlan.addr'),
  'wlan.ta': ether('Transmitter address', 'wlan.addr'),
  'wlan.addr': ether('Hardware address'),
} as const satisfies FieldTable

export function writeEthernet(out: FieldWriter, at: number): void {
  const isLength = out.has(at, 14) && out.u16(at + 12) < 0x600
  out.layer('eth', at, Math.min(at + 14, out.end), ethernetTitle(out, at, isLength))
  if (out.ether('eth.dst', at)) {
    out.down()
    out.bits('eth.dst.lg', at, 3)
    out.bits('eth.dst.ig', at, 3)
    out.up()
  }
  if (out.ether('eth.src', at + 6)) {
    out.down()
    out.bits('eth.src.lg', at + 6, 3)
    out.bits('eth.src.ig', at + 6, 3)
    out.up()
  }
  out.uint(isLength ? 'eth.len' : 'eth.type', at + 12, 2)
  out.endLayer()
}

function ethernetTitle(out: FieldWriter, at: number, isLength: boolean): string {
  if (!out.texts) return ''
  const name = isLength ? 'IEEE 802.3 Ethernet' : 'Ethernet II'
  return out.has(at, 12) ? `${name}, Src: ${macText(out.bytes, at + 6)}, Dst: ${macText(out.bytes, at)}` : name
}

export function writeVlan(out: FieldWriter, at: number): void {
  out.layer('vlan', at, Math.min(at + 4, out.end), tagTitle(out, at, '802.1Q Virtual LAN'))
  out.bits('vlan.priority', at, 2)
  out.bits('vlan.dei', at, 2)
  out.bits('vlan.id', at, 2)
  lengthOrType(out, at + 2)
  out.endLayer()
}

export function writeProviderVlan(out: FieldWriter, at: number): void {
  out.layer('ieee8021ad', at, Math.min(at + 4, out.end), tagTitle(out, at, 'IEEE 802.1ad'))
  out.bits('ieee8021ad.priority', at, 2)
  out.bits('ieee8021ad.dei', at, 2)
  out.bits('ieee8021ad.id', at, 2)
  lengthOrType(out, at + 2)
  out.endLayer()
}

function tagTitle(out: FieldWriter, at: number, name: string): string {
  if (!out.texts || !out.has(at, 2)) return name
  const word = out.u16(at)
  return `${name}, PRI: ${word >> 13}, DEI: ${(word >> 12) & 1}, ID: ${word & 0xfff}`
}

function lengthOrType(out: FieldWriter, at: number): void {
  out.uint(out.u16(at) < 0x600 ? 'vlan.len' : 'vlan.etype', at, 2)
}

export function writeLlc(out: FieldWriter, at: number): void {
  const control = out.u8(at + 2)
  const unnumbered = (control & 3) === 3
  const snap = out.u8(at) === 0xaa && out.u8(at + 1) === 0xaa && control === 3
  out.layer('llc', at, Math.min(at + (snap ? 8 : unnumbered ? 3 : 4), out.end), 'Logical-Link Control')
  out.uint('llc.dsap', at, 1)
  out.uint('llc.ssap', at + 1, 1)
  out.uint('llc.control', at + 2, unnumbered ? 1 : 2)
  if (snap) {
    const oui = (out.u16(at + 3) << 8) | out.u8(at + 5)
    out.uint('llc.oui', at + 3, 3)
    out.uint(oui === 0 || oui === 0xf8 ? 'llc.type' : 'llc.pid', at + 6, 2)
  }
  out.endLayer()
}

export function writeLinuxCooked(out: FieldWriter, at: number): void {
  if (out.linkType === LINK_TYPE.linuxCooked2) {
    out.layer('sll', at, Math.min(at + 20, out.end), 'Linux cooked capture v2')
    cookedProtocol(out, at)
    out.uint('sll.ifindex', at + 4, 4)
    out.uint('sll.hatype', at + 8, 2)
    out.uint('sll.pkttype', at + 10, 1)
    out.uint('sll.halen', at + 11, 1)
    cookedAddress(out, at + 12, out.u8(at + 11))
  } else {
    out.layer('sll', at, Math.min(at + 16, out.end), 'Linux cooked capture v1')
    out.uint('sll.pkttype', at, 2)
    out.uint('sll.hatype', at + 2, 2)
    out.uint('sll.halen', at + 4, 2)
    cookedAddress(out, at + 6, out.u16(at + 4))
    cookedProtocol(out, at + 14)
  }
  out.endLayer()
}

function cookedProtocol(out: FieldWriter, at: number): void {
  out.uint(out.u16(at) >= 0x600 ? 'sll.etype' : 'sll.ltype', at, 2)
}

function cookedAddress(out: FieldWriter, at: number, length: number): void {
  if (length === 6) out.ether('sll.src.eth', at)
  else if (length > 0 && length <= 8) out.span('sll.src.other', at, at + length)
  if (length < 8) out.span('sll.unused', at + length, at + 8)
}

export function writeLoopback(out: FieldWriter, at: number): void {
  out.layer('null', at, Math.min(at + 4, out.end), 'Null/Loopback')
  // As in decoding: the byte order that gives a small number.
  if (out.u16(at + 2) === 0) out.uintLittle('null.family', at, 4)
  else out.uint('null.family', at, 4)
  out.endLayer()
}

export function writeRaw(out: FieldWriter, at: number): void {
  out.layer('raw', at, at, 'Raw packet data')
  out.endLayer()
}

export function writePpp(out: FieldWriter, start: number): void {
  let at = start
  out.layer('ppp', at, Math.min(out.next, out.end), 'Point-to-Point Protocol')
  if (out.u16(at) === 0xff03) {
    out.uint('ppp.address', at, 1)
    out.uint('ppp.control', at + 1, 1)
    at += 2
  }
  out.uint('ppp.protocol', at, out.u8(at) & 1 ? 1 : 2)
  out.endLayer()
}

export function writePppoe(out: FieldWriter, at: number, protocol: 'pppoes' | 'pppoed'): void {
  out.layer(protocol, at, Math.min(at + 6, out.end), LINK_FIELDS[protocol].description)
  out.bits('pppoe.version', at, 1)
  out.bits('pppoe.type', at, 1)
  out.uint('pppoe.code', at + 1, 1)
  out.uint('pppoe.session_id', at + 2, 2)
  out.uint('pppoe.payload_length', at + 4, 2)
  out.endLayer()
}

/** One node a label, as each is a header of its own. */
export function writeMpls(out: FieldWriter, start: number): void {
  for (let at = start; out.has(at, 4); at += 4) {
    const word = out.u32(at)
    const bottom = (word >>> 8) & 1
    const values = out.texts
      ? `, Label: ${word >>> 12}, Exp: ${(word >>> 9) & 7}, S: ${bottom}, TTL: ${word & 0xff}`
      : ''
    out.layer('mpls', at, at + 4, 'MultiProtocol Label Switching Header' + values)
    out.bits('mpls.label', at, 4)
    out.bits('mpls.exp', at, 4)
    out.bits('mpls.bottom', at, 4)
    out.bits('mpls.ttl', at, 4)
    out.endLayer()
    if (bottom) return
  }
}

export function writePseudowire(out: FieldWriter, at: number): void {
  out.layer('pwethcw', at, Math.min(at + 4, out.end), 'PW Ethernet Control Word')
  out.uint('pweth.cw.sequence_number', at + 2, 2)
  out.endLayer()
}

export function writeCiscoHdlc(out: FieldWriter, at: number): void {
  out.layer('chdlc', at, Math.min(at + 4, out.end), 'Cisco HDLC')
  out.uint('chdlc.address', at, 1)
  out.uint('chdlc.control', at + 1, 1)
  out.uint('chdlc.protocol', at + 2, 2)
  out.endLayer()
}

export function writeFddi(out: FieldWriter, at: number): void {
  out.layer('fddi', at, Math.min(at + 13, out.end), 'Fiber Distributed Data Interface')
  out.uint('fddi.fc', at, 1)
  out.ether('fddi.dst', at + 1)
  out.ether('fddi.src', at + 7)
  out.endLayer()
}

export function writeArcnet(out: FieldWriter, at: number): void {
  out.layer('arcnet', at, Math.min(out.next, out.end), 'ARCNET')
  out.uint('arcnet.src', at, 1)
  out.uint('arcnet.dst', at + 1, 1)
  out.endLayer()
}

export function writeIpoib(out: FieldWriter, at: number): void {
  out.layer('ipoib', at, Math.min(at + 44, out.end), 'IP over Infiniband')
  out.uint('ipoib.type', at + 40, 2)
  out.endLayer()
}

export function writeIpnet(out: FieldWriter, at: number): void {
  out.layer('ipnet', at, Math.min(at + 24, out.end), 'Solaris IPNET')
  out.uint('ipnet.version', at, 1)
  out.uint('ipnet.family', at + 1, 1)
  out.endLayer()
}

export function writeNflog(out: FieldWriter, at: number): void {
  out.layer('nflog', at, Math.min(out.next, out.end), 'Linux Netfilter NFLOG')
  out.uint('nflog.family', at, 1)
  out.uint('nflog.version', at + 1, 1)
  out.uint('nflog.res_id', at + 2, 2)
  out.endLayer()
}

export function writePktap(out: FieldWriter, at: number): void {
  out.layer('pktap', at, Math.min(out.next, out.end), 'PKTAP packet header')
  out.endLayer()
}

export function writeCiscoMetadata(out: FieldWriter, at: number): void {
  out.layer('cmd', at, Math.min(at + 8, out.end), 'Cisco MetaData')
  out.uint('cmd.sgt', out.u16(at) === 0x0101 ? at + 4 : at + 6, 2)
  out.endLayer()
}

export function writeRadiotap(out: FieldWriter, at: number): void {
  out.layer('radiotap', at, Math.min(out.next, out.end), 'Radiotap Header')
  out.uint('radiotap.version', at, 1)
  out.uintLittle('radiotap.length', at + 2, 2)
  out.endLayer()
}

export function writeIeee80211(out: FieldWriter, at: number): void {
  out.layer('wlan', at, Math.min(out.next, out.end), 'IEEE 802.11')
  out.bits('wlan.fc.type', at, 1)
  out.bits('wlan.fc.subtype', at, 1)
  out.bits('wlan.fc.tods', at + 1, 1)
  out.bits('wlan.fc.fromds', at + 1, 1)
  out.bits('wlan.fc.retry', at + 1, 1)
  out.bits('wlan.fc.protected', at + 1, 1)
  out.uintLittle('wlan.duration', at + 2, 2)
  out.ether('wlan.ra', at + 4)
  // Acknowledgments and clear-to-send have no transmitter.
  if (out.next - at >= 16) out.ether('wlan.ta', at + 10)
  out.endLayer()
}
