import { describe, expect, it } from 'vitest'
import {
  ARP_REQUEST,
  decode,
  ETHERNET,
  hex,
  IP6_SYN,
  IP_SYN,
  MACS,
  outerIp,
  REQUEST,
  stack,
  SYN,
  VXLAN_SYN,
} from './frames.fixture.ts'
import { DECODE_ERROR, MAX_LAYERS, NETWORK, TRANSPORT } from './packet.ts'

const INNER = 'eth:ethertype:ip:tcp'

/** A UDP datagram from port 50000 in link type IPv4. */
function udp(port: number, payload: string, from = 50000): string {
  const length = 8 + hex(payload).length
  const word = (n: number) => n.toString(16).padStart(4, '0')
  return `${outerIp(17, length)} ${word(from)} ${word(port)} ${word(length)} 0000 ${payload}`
}

function ip(protocol: number, payload: string): string {
  return `${outerIp(protocol, hex(payload).length)} ${payload}`
}

describe('VXLAN', () => {
  it('describes the inner packet and keeps the outer layers', () => {
    const packet = decode(ETHERNET, VXLAN_SYN)
    expect(stack(packet)).toBe(`eth:ethertype:ip:udp:vxlan:${INNER}`)
    expect([packet.network, packet.source, packet.destination]).toEqual([NETWORK.ipv4, 0x0a320002, 0x0a320003])
    expect([packet.transport, packet.sourcePort, packet.destinationPort]).toEqual([TRANSPORT.tcp, 52246, 8080])
    expect([packet.vni, packet.mss, packet.payloadLength]).toEqual([42, 1410, 0])
  })

  it.each([4789, 8472])('is recognised by port %i', (port) => {
    expect(stack(decode(228, udp(port, `08000000 00002a00 ${SYN}`)))).toBe(`ip:udp:vxlan:${INNER}`)
  })

  it('is not recognised by the source port of a query to a well-known one', () => {
    expect(stack(decode(228, udp(53, '1234', 4789)))).toBe('ip:udp')
  })

  it('keeps the inner VLAN', () => {
    const packet = decode(228, udp(4789, `08000000 00002a00 ${MACS} 8100 0007 0800 ${IP_SYN}`))
    expect([packet.vni, packet.vlan]).toEqual([42, 7])
  })

  it('has the inner hardware addresses as endpoints of an inner ARP', () => {
    const packet = decode(228, udp(4789, `08000000 00002a00 ${ARP_REQUEST}`))
    expect(stack(packet)).toBe('ip:udp:vxlan:eth:ethertype:arp')
    expect([packet.network, packet.transport]).toEqual([NETWORK.none, TRANSPORT.none])
    expect([packet.sourceAt, packet.destinationAt]).toEqual([42, 36])
  })

  it('stays the outer conversation when the inner frame was cut', () => {
    const packet = decode(228, hex(udp(4789, `08000000 00002a00 ${SYN}`)).subarray(0, 40), 110)
    expect([packet.transport, packet.destinationPort, packet.error]).toEqual([TRANSPORT.udp, 4789, DECODE_ERROR.cut])
  })

  it('reads the next protocol of its extension', () => {
    expect(stack(decode(228, udp(4790, `0c000001 00002a00 ${IP_SYN}`)))).toBe('ip:udp:vxlan:ip:tcp')
  })
})

describe('Geneve', () => {
  it('skips its options', () => {
    const packet = decode(228, udp(6081, `02406558 00002b00 01028001 00000005 ${SYN}`))
    expect(stack(packet)).toBe(`ip:udp:geneve:${INNER}`)
    expect(packet.vni).toBe(43)
  })

  it('carries IP without Ethernet', () => {
    expect(stack(decode(228, udp(6081, `00000800 00002b00 ${IP_SYN}`)))).toBe('ip:udp:geneve:ip:tcp')
  })

  it('is malformed when its options do not fit', () => {
    expect(decode(228, udp(6081, '3f006558 00002b00 00000000')).error).toBe(DECODE_ERROR.malformed)
  })
})

describe('GRE', () => {
  it.each([
    ['without options', '0000 0800'],
    ['with a key', '2000 0800 00000007'],
    ['with checksum, key and sequence number', 'b000 0800 beef0000 00000007 00000001'],
  ])('carries IP %s', (_, header) => {
    expect(stack(decode(228, ip(47, header + IP_SYN)))).toBe('ip:gre:ip:tcp')
  })

  it('carries Ethernet', () => {
    expect(stack(decode(228, ip(47, `0000 6558 ${SYN}`)))).toBe(`ip:gre:${INNER}`)
  })

  it('carries PPP in version 1', () => {
    expect(stack(decode(228, ip(47, `3081 880b 003c 0001 00000001 00000002 0021 ${IP_SYN}`)))).toBe('ip:gre:ppp:ip:tcp')
  })

  it('runs over UDP as well', () => {
    expect(stack(decode(228, udp(4754, `0000 0800 ${IP_SYN}`)))).toBe('ip:udp:gre:ip:tcp')
  })

  it.each([
    ['type I', `0000 88be ${SYN}`],
    ['type II', `1000 88be 00000001 10640009 00000001 ${SYN}`],
    ['type III', `1000 22eb 00000001 20640009 00000001 00000000 ${SYN}`],
    ['type III with a subheader', `1000 22eb 00000001 20640009 00000001 00000001 0000000000000000 ${SYN}`],
  ])('carries ERSPAN %s', (_, payload) => {
    expect(stack(decode(228, ip(47, payload)))).toBe(`ip:gre:erspan:${INNER}`)
  })
})

describe('IP in IP', () => {
  it.each([
    [4, IP_SYN, 'ip:ip:tcp'],
    [41, IP6_SYN, 'ip:ipv6:tcp'],
  ])('decodes protocol %i', (protocol, inner, expected) => {
    expect(stack(decode(228, ip(protocol, inner)))).toBe(expected)
  })

  it('decodes IPv6 in IPv6 and IPv4 in IPv6', () => {
    const outer = (next: string, length: number) =>
      `60000000 ${length.toString(16).padStart(4, '0')} ${next} 40 ${'fd'.repeat(16)} ${'fc'.repeat(16)}`
    expect(stack(decode(229, outer('29', 80) + IP6_SYN))).toBe('ipv6:ipv6:tcp')
    expect(stack(decode(229, outer('04', 60) + IP_SYN))).toBe('ipv6:ip:tcp')
  })

  it('limits the inner packet by the outer length', () => {
    const inner = hex(REQUEST).subarray(14)
    const text = Array.from(inner, (byte) => byte.toString(16).padStart(2, '0')).join('')
    const packet = decode(228, `${outerIp(4, 60)} ${text}`)
    expect(packet.payloadLength).toBe(60 - 52)
  })
})

describe('GTP-U', () => {
  it('passes optional fields and extension headers', () => {
    // E set; sequence 0, N-PDU 0, next 0x85; container of 4 bytes, no further one
    const packet = decode(228, udp(2152, `34ff 0044 00000001 00000085 01100900 ${IP_SYN}`, 2152))
    expect(stack(packet)).toBe('ip:udp:gtp:ip:tcp')
  })

  it('passes several extension headers', () => {
    // 0x85 (4 bytes), then 0x20 (8 bytes), then none
    const packet = decode(228, udp(2152, `34ff 004c 00000001 00000085 01100920 02000000 00000000 ${IP_SYN}`, 2152))
    expect(stack(packet)).toBe('ip:udp:gtp:ip:tcp')
  })

  it('does not look into other messages', () => {
    expect(stack(decode(228, udp(2152, '3201 0004 00000000 00010000')))).toBe('ip:udp:gtp')
  })

  it('does not take what is longer than itself for IP', () => {
    // 32 of the 60 bytes that the inner header claims
    const beginning = IP_SYN.replace(/\s+/g, '').slice(0, 64)
    expect(stack(decode(228, udp(2152, `30ff 0020 00000001 ${beginning}`)))).toBe('ip:udp:gtp')
  })

  it('does not loop on an extension of length 0', () => {
    const packet = decode(228, udp(2152, '34ff 0008 00000001 00000085 00000085'))
    expect([stack(packet), packet.error]).toEqual(['ip:udp:gtp', DECODE_ERROR.none])
  })
})

describe('encrypted tunnels', () => {
  it('are named', () => {
    expect(stack(decode(228, ip(50, '00000100 00000001 deadbeef')))).toBe('ip:esp')
    expect(stack(decode(228, udp(51820, `04000000 00000001 ${'00'.repeat(24)}`, 51820)))).toBe('ip:udp:wg')
    expect(stack(decode(228, udp(51820, `01000000 ${'00'.repeat(144)}`)))).toBe('ip:udp:wg')
  })

  it('are not seen in what only starts alike', () => {
    expect(stack(decode(228, udp(51820, `01000000 ${'00'.repeat(100)}`)))).toBe('ip:udp')
    expect(stack(decode(228, udp(53, `04000000 ${'00'.repeat(28)}`)))).toBe('ip:udp')
  })
})

describe('too many layers', () => {
  it('keeps the first ones and says so', () => {
    let frame = IP_SYN
    for (let i = 0; i < 60; i++) frame = ip(4, frame)
    const packet = decode(228, frame)
    expect(packet.layerCount).toBe(MAX_LAYERS)
    expect(packet.error).toBe(DECODE_ERROR.tooDeep)
  })
})
