import { bytes, ether, type FieldTable, bool, hex, ipv4, protocol, uint } from './field-info.ts'
import type { FieldWriter } from './field-writer.ts'
import { ETHERTYPE_NAMES, HARDWARE_NAMES } from './names.ts'

const OPCODES: Readonly<Record<number, string>> = {
  1: 'request',
  2: 'reply',
  3: 'reverse request',
  4: 'reverse reply',
  8: 'inarp request',
  9: 'inarp reply',
}

export const ARP_FIELDS = {
  arp: protocol('Address Resolution Protocol'),
  'arp.hw.type': uint('Hardware type', { names: HARDWARE_NAMES }),
  'arp.proto.type': hex('Protocol type', { names: ETHERTYPE_NAMES }),
  'arp.hw.size': uint('Hardware size'),
  'arp.proto.size': uint('Protocol size'),
  'arp.opcode': uint('Opcode', { names: OPCODES }),
  'arp.isgratuitous': bool('Is gratuitous'),
  'arp.src.hw_mac': ether('Sender MAC address'),
  'arp.src.hw': bytes('Sender hardware address'),
  'arp.src.proto_ipv4': ipv4('Sender IP address'),
  'arp.src.proto': bytes('Sender protocol address'),
  'arp.dst.hw_mac': ether('Target MAC address'),
  'arp.dst.hw': bytes('Target hardware address'),
  'arp.dst.proto_ipv4': ipv4('Target IP address'),
  'arp.dst.proto': bytes('Target protocol address'),
} as const satisfies FieldTable

export function writeArp(out: FieldWriter, at: number): void {
  const hardware = out.u8(at + 4)
  const protocolSize = out.u8(at + 5)
  const opcode = out.u16(at + 6)
  const title = out.texts ? `Address Resolution Protocol (${OPCODES[opcode] ?? 'unknown'})` : ''
  out.layer('arp', at, Math.min(at + 8 + 2 * (hardware + protocolSize), out.end), title)
  out.uint('arp.hw.type', at, 2)
  out.uint('arp.proto.type', at + 2, 2)
  out.uint('arp.hw.size', at + 4, 1)
  out.uint('arp.proto.size', at + 5, 1)
  out.uint('arp.opcode', at + 6, 2)
  const ip = out.u16(at + 2) === 0x0800 && protocolSize === 4
  const sender = at + 8
  const target = sender + hardware + protocolSize
  const sourceIp = sender + hardware
  const targetIp = target + hardware
  if (ip && out.has(targetIp, 4) && out.u32(sourceIp) === out.u32(targetIp)) {
    out.value('arp.isgratuitous', true, at, at, '[Is gratuitous: True]')
  }
  address(out, 'arp.src', sender, hardware, sourceIp, protocolSize, ip)
  address(out, 'arp.dst', target, hardware, targetIp, protocolSize, ip)
  out.endLayer()
}

function address(
  out: FieldWriter,
  name: 'arp.src' | 'arp.dst',
  hardwareAt: number,
  hardwareSize: number,
  protocolAt: number,
  protocolSize: number,
  ip: boolean,
): void {
  if (hardwareSize === 6) out.ether(`${name}.hw_mac`, hardwareAt)
  else out.span(`${name}.hw`, hardwareAt, hardwareAt + hardwareSize)
  if (ip) out.ipv4(`${name}.proto_ipv4`, protocolAt)
  else out.span(`${name}.proto`, protocolAt, protocolAt + protocolSize)
}
