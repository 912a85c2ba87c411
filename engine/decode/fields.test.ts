import { describe, expect, it } from 'vitest'
import { FieldCollector, FIELDS, type FieldValue } from './fields.ts'
import {
  ARP_REQUEST,
  decode,
  ETHERNET,
  IP_SYN,
  MACS,
  outerIp,
  PORT_UNREACHABLE,
  REQUEST,
  SYN,
  VXLAN_SYN,
} from './frames.fixture.ts'
import type { Packet } from './packet.ts'

/** The values of these fields in the packet: [field, value, from, to]. */
function values(packet: Packet, ...fields: string[]): [string, FieldValue, number, number][] {
  const found: [string, FieldValue, number, number][] = []
  new FieldCollector(new Set(fields), (...value) => found.push(value)).collect(packet)
  return found
}

describe('the registry of fields', () => {
  it('knows what each field is', () => {
    expect(FIELDS.get('ip.src')).toMatchObject({ type: 'ipv4', description: 'Source Address' })
    expect(FIELDS.get('tcp.flags.syn')).toMatchObject({ type: 'bool' })
    expect(FIELDS.get('eth.dst')?.type).toBe('ether')
    expect(FIELDS.get('tcp')?.type).toBe('protocol')
    expect(FIELDS.get('lldp')?.type).toBe('protocol')
    expect(FIELDS.has('tcp.nonsense')).toBe(false)
  })

  it('has every field that another one also stands for', () => {
    for (const [name, info] of FIELDS) {
      for (const other of info.also ?? []) {
        expect([name, other, FIELDS.get(other)?.type]).toEqual([name, other, info.type])
      }
    }
  })

  it('has a mask within its width for every field that is drawn', () => {
    for (const [name, { mask, width }] of FIELDS) {
      if (mask === undefined) continue
      expect(width, name).toBeDefined()
      expect(mask, name).toBeLessThan(2 ** (width ?? 0))
    }
  })
})

describe('collecting the values of fields', () => {
  it('gives the value and the bytes it was read from', () => {
    expect(values(decode(ETHERNET, SYN), 'ip.ttl')).toEqual([['ip.ttl', 64, 22, 23]])
    expect(values(decode(ETHERNET, SYN), 'tcp.options.mss_val')).toEqual([['tcp.options.mss_val', 1460, 56, 58]])
    expect(values(decode(ETHERNET, SYN), 'tcp.flags.syn', 'tcp.flags.ack').map(([, value]) => value)).toEqual([
      false,
      true,
    ])
  })

  it('counts positions from the first byte of the frame, wherever the frame lies', () => {
    const packet = decode(ETHERNET, SYN)
    const shifted = new Uint8Array(200)
    shifted.set(packet.bytes, 100)
    packet.bytes = shifted
    // as if decoded there
    packet.start += 100
    packet.end += 100
    for (let i = 0; i < packet.layerCount; i++) {
      packet.layerAt[i] += 100
      packet.layerLimit[i] += 100
    }
    expect(values(packet, 'ip.src')).toEqual([['ip.src', 0x0af40102, 26, 30]])
  })

  it('gives a field once for each time it is there, outer before inner', () => {
    const addresses = values(decode(ETHERNET, VXLAN_SYN), 'ip.src')
    expect(addresses.map(([, value]) => value)).toEqual([0x0af40102, 0x0a320002])
    expect(addresses.map(([, , from]) => from)).toEqual([26, 76])
  })

  it('gives source and destination for the field that means either', () => {
    expect(values(decode(ETHERNET, SYN), 'tcp.port').map(([, value]) => value)).toEqual([45348, 8080])
    expect(values(decode(ETHERNET, VXLAN_SYN), 'ip.addr', 'ip.dst')).toHaveLength(6)
  })

  it('also finds what an ICMP error quotes', () => {
    expect(values(decode(ETHERNET, PORT_UNREACHABLE), 'udp.dstport')).toEqual([['udp.dstport', 9999, 64, 66]])
    expect(values(decode(ETHERNET, PORT_UNREACHABLE), 'ip.src').map(([, value]) => value)).toEqual([
      0x0af40203, 0x0af40102,
    ])
  })

  it('gives numbers, truths, addresses, bytes and texts as what they are', () => {
    const packet = decode(ETHERNET, REQUEST)
    const found = Object.fromEntries(
      values(packet, 'eth.type', 'ip.flags.df', 'eth.src', 'tcp.payload', 'tcp.flags.str', 'tcp').map(([f, v]) => [
        f,
        v,
      ]),
    )
    expect(found['eth.type']).toBe(0x0800)
    expect(found['ip.flags.df']).toBe(true)
    expect(found['eth.src']).toEqual(new Uint8Array([0x02, 0x42, 0x0a, 0xf4, 0x01, 0x02]))
    expect(new TextDecoder().decode(found['tcp.payload'] as Uint8Array)).toBe('GET / HTTP/1.1\r\n\r\n')
    expect(found['tcp.flags.str']).toBe('·······AP···')
    expect(found['tcp']).toBe('tcp')
  })

  it.each([
    ['vlan.id', `${MACS} 8100 a064 0800 ${IP_SYN}`, [100]],
    ['vlan.priority', `${MACS} 8100 a064 0800 ${IP_SYN}`, [5]],
    ['ieee8021ad.id', `${MACS} 88a8 60c8 8100 0064 0800 ${IP_SYN}`, [200]],
    ['mpls.label', `${MACS} 8847 00010040 00011140 ${IP_SYN}`, [16, 17]],
    ['mpls.bottom', `${MACS} 8847 00010040 00011140 ${IP_SYN}`, [0, 1]],
    ['vxlan.vni', VXLAN_SYN, [42]],
    ['gre.key', `${MACS} 0800 ${outerIp(47, 68)} 2000 0800 00000007 ${IP_SYN}`, [7]],
    ['arp.opcode', ARP_REQUEST, [1]],
    ['arp.dst.proto_ipv4', ARP_REQUEST, [0x0a320003]],
    ['icmp.code', PORT_UNREACHABLE, [3]],
    ['ip.frag_offset', `${MACS} 0800 4500 0018 4379 00b9 40 11 1bab 0af40102 0af40203 78787878`, [1480]],
    ['tcp.hdr_len', SYN, [40]],
    ['tcp.options.timestamp.tsecr', REQUEST, [0xd4d6c3a4]],
    ['tcp.len', REQUEST, [18]],
    ['udp.length', PORT_UNREACHABLE, [13]],
  ])('reads %s', (field, frame, expected) => {
    expect(values(decode(ETHERNET, frame), field).map(([, value]) => value)).toEqual(expected)
  })

  it('gives nothing that was not captured', () => {
    const packet = decode(ETHERNET, SYN.replace(/\s+/g, '').slice(0, 2 * 40), 74)
    expect(values(packet, 'tcp.srcport').map(([, value]) => value)).toEqual([45348])
    expect(values(packet, 'tcp.ack_raw', 'tcp.flags', 'tcp.window_size_value')).toEqual([])
  })

  it('takes nothing beyond the length of IP for a part of TCP', () => {
    // the Ethernet padding after a segment without payload
    expect(values(decode(ETHERNET, `${SYN} deadbeef`), 'tcp.payload')).toEqual([])
  })
})
