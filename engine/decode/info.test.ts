import { describe, expect, it } from 'vitest'
import {
  ARP_REQUEST,
  decode,
  ETHERNET,
  FIRST_FRAGMENT,
  hex,
  IP6_SYN,
  IP_REQUEST,
  LAST_FRAGMENT,
  MACS,
  NEIGHBOUR_SOLICITATION,
  outerIp,
  PING,
  PORT_UNREACHABLE,
  PORT_UNREACHABLE_6,
  REQUEST,
  RESET,
  SYN,
  SYN_ACK,
  VXLAN_SYN,
} from './frames.fixture.ts'
import { infoText, protocolColumn } from './info.ts'
import type { PacketContext } from './packet-context.ts'

const line = (frame: string | Uint8Array, linkType = ETHERNET, wireLength?: number): string => {
  const packet = decode(linkType, frame, wireLength)
  return `${protocolColumn(packet)}: ${infoText(packet)}`
}

describe('the Info column', () => {
  it.each([
    [SYN, 'TCP: 45348 → 8080 [SYN] Seq=3336656402 Win=64240 Len=0 MSS=1460 SACK_PERM TSval=4158869565 TSecr=0 WS=1024'],
    [
      SYN_ACK,
      'TCP: 8080 → 45348 [SYN, ACK] Seq=2754565190 Ack=3336656403 Win=65160 Len=0 MSS=1460 SACK_PERM TSval=3570844580 TSecr=4158869565 WS=1024',
    ],
    [RESET, 'TCP: 81 → 59094 [RST, ACK] Seq=0 Ack=377544672 Win=0 Len=0'],
    [
      VXLAN_SYN,
      'TCP: 52246 → 8080 [SYN] Seq=194331865 Win=64860 Len=0 MSS=1410 SACK_PERM TSval=4102295604 TSecr=0 WS=1024',
    ],
    [ARP_REQUEST, 'ARP: Who has 10.50.0.3? Tell 10.50.0.2'],
    [PING, 'ICMP: Echo (ping) request  id=0x5051, seq=1/256, ttl=64'],
    [PORT_UNREACHABLE, 'ICMP: Destination unreachable (Port unreachable)'],
    [PORT_UNREACHABLE_6, 'ICMPv6: Destination Unreachable (Port unreachable)'],
    [NEIGHBOUR_SOLICITATION, 'ICMPv6: Neighbor Solicitation for fd00:244::3 from 02:42:0a:f4:01:02'],
    [`0180c2000000 02420af40102 0003 424203`, 'STP: Spanning Tree Protocol'],
    [`${MACS} 88b5 0000`, 'Ethernet: Ethernet type 0x88b5'],
  ])('says what the packet is about', (frame, expected) => {
    expect(line(frame)).toBe(expected)
  })

  it.each([
    ['0002', 'ARP: 10.50.0.2 is at 0a:58:0a:32:00:02'],
    ['0001', 'ARP: Who has 10.50.0.3? Tell 10.50.0.2'],
  ])('says what an ARP packet with operation %s is about', (operation, expected) => {
    expect(line(ARP_REQUEST.replace('04 0001', `04 ${operation}`))).toBe(expected)
  })

  it('recognises announcements and probes', () => {
    const arp = ARP_REQUEST.replace(/\s+/g, '')
    expect(line(arp.slice(0, -8) + '0a320002')).toBe('ARP: ARP Announcement for 10.50.0.2')
    expect(line(arp.replace('0a320002000000000000', '00000000000000000000'))).toBe(
      'ARP: Who has 10.50.0.3? (ARP Probe)',
    )
  })

  it('names the size that would have passed', () => {
    const quoted = IP_REQUEST.replace(/\s+/g, '').slice(0, 56)
    expect(line(`${outerIp(1, 36)} 03 04 0000 0000 0582 ${quoted}`, 228)).toBe(
      'ICMP: Destination unreachable (Fragmentation needed) MTU=1410',
    )
  })

  it('describes fragments by their place in the datagram', () => {
    expect(line(FIRST_FRAGMENT, ETHERNET, 1514)).toBe('IPv4: Fragmented IP protocol (proto=UDP 17, off=0, ID=4379)')
    expect(line(LAST_FRAGMENT, ETHERNET, 562)).toBe('IPv4: Fragmented IP protocol (proto=UDP 17, off=1480, ID=4379)')
    const addresses = `${'fd'.repeat(16)} ${'fc'.repeat(16)}`
    expect(line(`60000000 0010 2c 40 ${addresses} 11 00 05a9 5c0f4833 7878787878787878`, 229)).toBe(
      'IPv6: IPv6 fragment (off=1448 more=y ident=0x5c0f4833 nxt=17)',
    )
  })

  it('names SCTP chunks, and what is encrypted', () => {
    expect(
      line(`${outerIp(132, 32)} 0b59 0b59 12345678 00000000 03000010 00000001 0000ffff 00000000 0b000004`, 228),
    ).toBe('SCTP: SACK COOKIE_ACK')
    expect(line(`${outerIp(50, 12)} 00000100 00000001 deadbeef`, 228)).toBe('ESP: ESP (SPI=0x00000100)')
    expect(line(`${outerIp(17, 40)} ca6c ca6c 0028 0000 04000000 00000001 ${'00'.repeat(24)}`, 228)).toBe(
      'WireGuard: Transport Data',
    )
  })

  it('says when headers are missing or contradict each other', () => {
    expect(line(hex(SYN).subarray(0, 40), ETHERNET, 74)).toBe('TCP: [Packet size limited during capture]')
    expect(line(`${MACS} 0800 4400 003c`)).toBe('IPv4: [Malformed Packet]')
  })

  it('has an answer when nothing was decoded', () => {
    expect(line(IP6_SYN, 9999)).toBe('Unknown: ')
  })
})

describe('the Info column with the TCP analysis', () => {
  const context: PacketContext = { number: 9, epochNs: 0n, time: 0 }
  const analysed = (frame: string, tcp: PacketContext['tcp']) =>
    infoText(decode(ETHERNET, frame), { ...context, ...(tcp && { tcp }) })

  it('shows relative numbers and the scaled window', () => {
    const tcp = { sequenceBase: 0xc6e15612, acknowledgmentBase: 0xa42f5446, window: 64512, labels: [] }
    expect(analysed(REQUEST, tcp)).toBe(
      '45348 → 8080 [PSH, ACK] Seq=1 Ack=1 Win=64512 Len=18 TSval=4158869565 TSecr=3570844580',
    )
  })

  it('puts labels in front, the more precise of two alone', () => {
    expect(analysed(REQUEST, { labels: ['retransmission', 'spurious_retransmission'] })).toMatch(
      /^\[TCP Spurious Retransmission\] 45348 → /,
    )
    expect(analysed(REQUEST, { labels: ['lost_segment', 'window_full'] })).toMatch(
      /^\[TCP Previous segment not captured\] \[TCP Window Full\] 45348 → /,
    )
  })

  it('numbers duplicate ACKs', () => {
    const tcp = { labels: ['duplicate_ack'], duplicateAck: { number: 2, frame: 5 } } as const
    expect(analysed(REQUEST, tcp)).toMatch(/^\[TCP Dup ACK 5#2\] /)
  })

  it('shows SACK edges relative to what they acknowledge', () => {
    const frame = `${MACS} 0800 ${outerIp(6, 32)} b124 1f90 00000001 00001000 8010 0200 0000 0000 0101 050a 00001100 00001200`
    expect(analysed(frame, { labels: [], acknowledgmentBase: 0x1000 })).toMatch(/ Ack=0 .* SLE=256 SRE=512$/)
  })
})
