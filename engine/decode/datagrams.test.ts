import { describe, expect, it } from 'vitest'
import {
  ARP_REQUEST,
  decode,
  ETHERNET,
  hex,
  IP_REQUEST,
  outerIp,
  PING,
  PORT_UNREACHABLE,
  PORT_UNREACHABLE_6,
  stack,
} from './frames.fixture.ts'
import { DECODE_ERROR, NETWORK, TRANSPORT } from './packet.ts'

describe('UDP', () => {
  const datagram = (length: string, payload: string) =>
    decode(228, `${outerIp(17, 8 + hex(payload).length)} d254 0035 ${length} 0000 ${payload}`)

  it('reads ports and length', () => {
    const packet = datagram('000d', '68656c6c6f')
    expect(stack(packet)).toBe('ip:udp')
    expect(packet.transport).toBe(TRANSPORT.udp)
    expect([packet.sourcePort, packet.destinationPort]).toEqual([53844, 53])
    expect([packet.payloadAt, packet.payloadLength]).toEqual([28, 5])
  })

  it('believes the shorter of its own length and that of IP', () => {
    expect(datagram('000a', '68656c6c6f').payloadLength).toBe(2)
    expect(datagram('00ff', '68656c6c6f').payloadLength).toBe(5)
  })

  it('takes a length of 0 for "as long as IP says"', () => {
    expect(datagram('0000', '68656c6c6f').payloadLength).toBe(5)
  })

  it('calls a length below the header malformed', () => {
    expect(datagram('0007', '68656c6c6f').error).toBe(DECODE_ERROR.malformed)
  })
})

describe('SCTP', () => {
  it('reads ports', () => {
    const packet = decode(228, `${outerIp(132, 16)} 0b59 8000 12345678 00000000 0b000004`)
    expect([stack(packet), packet.transport]).toEqual(['ip:sctp', TRANSPORT.sctp])
    expect([packet.sourcePort, packet.destinationPort, packet.payloadLength]).toEqual([2905, 32768, 4])
  })
})

describe('ICMP', () => {
  it('is a conversation of addresses', () => {
    const packet = decode(ETHERNET, PING)
    expect([stack(packet), packet.transport]).toEqual(['eth:ethertype:ip:icmp', TRANSPORT.icmp])
    expect([packet.sourcePort, packet.destinationPort, packet.quoted]).toEqual([0, 0, false])
    expect([packet.icmpType, packet.icmpCode]).toEqual([8, 0])
  })

  it('keeps what an error quotes apart from the addresses of the error itself', () => {
    const packet = decode(ETHERNET, PORT_UNREACHABLE)
    expect(stack(packet)).toBe('eth:ethertype:ip:icmp:ip:udp')
    expect([packet.network, packet.transport, packet.quoted]).toEqual([NETWORK.ipv4, TRANSPORT.icmp, true])
    expect([packet.source, packet.destination]).toEqual([0x0af40203, 0x0af40102])
    expect([packet.quotedNetwork, packet.quotedTransport]).toEqual([NETWORK.ipv4, TRANSPORT.udp])
    expect([packet.quotedSourcePort, packet.quotedDestinationPort]).toEqual([53844, 9999])
    expect([packet.quotedSourceAt, packet.quotedDestinationAt, packet.quotedIpId]).toEqual([54, 58, 0x4378])
    expect([packet.sourcePort, packet.error]).toEqual([0, DECODE_ERROR.none])
  })

  it('does the same for ICMPv6', () => {
    const packet = decode(ETHERNET, PORT_UNREACHABLE_6)
    expect(stack(packet)).toBe('eth:ethertype:ipv6:icmpv6:ipv6:udp')
    expect([packet.transport, packet.quoted]).toEqual([TRANSPORT.icmpv6, true])
    expect([packet.quotedSourcePort, packet.quotedDestinationPort]).toEqual([46086, 9999])
    expect(packet.sourceAt).toBe(22)
    expect(packet.quotedSourceAt).toBe(70)
  })

  // RFC 792: the quoted header and 8 bytes of it, here a TCP segment's ports and sequence number.
  const quotedSegment = IP_REQUEST.replace(/\s+/g, '').slice(0, 56)

  it('says which size would have passed, and of which segment', () => {
    const packet = decode(228, `${outerIp(1, 36)} 03 04 0000 0000 0582 ${quotedSegment}`)
    expect(stack(packet)).toBe('ip:icmp:ip:tcp')
    expect(packet.nextHopMtu).toBe(1410)
    expect([packet.quotedTransport, packet.quotedSourcePort, packet.quotedSeq]).toEqual([
      TRANSPORT.tcp,
      45348,
      0xc6e15613,
    ])
    // Half a TCP header is no error here.
    expect([packet.transport, packet.error]).toEqual([TRANSPORT.icmp, DECODE_ERROR.none])
  })

  it('reads the size of "packet too big"', () => {
    const addresses = 'fd000244000000000000000000000002 fd000244000000000000000000000003'
    const packet = decode(229, `60000000 0008 3a 40 ${addresses} 02 00 0000 00000500`)
    expect([packet.nextHopMtu, packet.quoted]).toEqual([1280, false])
  })

  it('does not follow an error about an error', () => {
    const inner = PORT_UNREACHABLE.replace(/\s+/g, '').slice(28)
    const packet = decode(228, `${outerIp(1, 8 + hex(inner).length)} 03 03 0000 00000000 ${inner}`)
    expect(stack(packet)).toBe('ip:icmp:ip:icmp')
    expect(packet.quotedTransport).toBe(0)
  })

  it('does not remember the quote of an earlier packet', () => {
    const packet = decode(ETHERNET, PING)
    expect([packet.quoted, packet.nextHopMtu]).toEqual([false, 0])
  })
})

describe('ARP', () => {
  it('has the hardware addresses as endpoints', () => {
    const packet = decode(ETHERNET, ARP_REQUEST)
    expect(stack(packet)).toBe('eth:ethertype:arp')
    expect([packet.network, packet.sourceAt, packet.destinationAt]).toEqual([NETWORK.none, 6, 0])
  })
})
