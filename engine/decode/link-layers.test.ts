import { describe, expect, it } from 'vitest'
import { decode, ETHERNET, IP6_SYN, IP_SYN, MACS, stack, SYN } from './frames.fixture.ts'
import { DECODE_ERROR, TRANSPORT } from './packet.ts'

describe('Linux cooked capture', () => {
  it('decodes version 1', () => {
    // to us, Ethernet, address of 6 bytes, IPv4
    const packet = decode(113, `0004 0001 0006 02420af401020000 0800 ${IP_SYN}`)
    expect(stack(packet)).toBe('sll:ethertype:ip:tcp')
    expect(packet.layerAt[3]).toBe(36)
  })

  it('decodes version 2', () => {
    const packet = decode(276, `0800 0000 00000006 0001 04 06 02420af401020000 ${IP_SYN}`)
    expect(stack(packet)).toBe('sll:ethertype:ip:tcp')
    expect(packet.layerAt[3]).toBe(40)
  })

  it('has no endpoints without a network layer, as there is one address only', () => {
    const packet = decode(113, `0001 0001 0006 02420af401020000 0806 ${'00'.repeat(28)}`)
    expect(stack(packet)).toBe('sll:ethertype:arp')
    expect(packet.sourceAt).toBe(-1)
  })

  it('names netlink by the hardware type', () => {
    expect(stack(decode(113, '0004 0338 0000 0000000000000000 0000 00'))).toBe('sll:netlink')
  })

  it('stops where the header was cut', () => {
    const packet = decode(276, '0800 0000 00000006 0001 04 06 02420af4', 80)
    expect([stack(packet), packet.error]).toEqual(['sll', DECODE_ERROR.cut])
  })
})

describe('NULL and LOOP', () => {
  it.each([
    ['little-endian IPv4', 0, '02000000', IP_SYN, 'null:ip:tcp'],
    ['big-endian IPv4', 0, '00000002', IP_SYN, 'null:ip:tcp'],
    ['OpenBSD loop', 108, '00000002', IP_SYN, 'null:ip:tcp'],
    ['IPv6 of FreeBSD', 0, '1c000000', IP6_SYN, 'null:ipv6:tcp'],
    ['IPv6 of macOS', 0, '1e000000', IP6_SYN, 'null:ipv6:tcp'],
    ['IPv6 of NetBSD, big-endian', 0, '00000018', IP6_SYN, 'null:ipv6:tcp'],
    ['an EtherType', 0, '00000800', IP_SYN, 'null:ip:tcp'],
  ])('decodes %s', (_, linkType, family, ip, expected) => {
    expect(stack(decode(linkType, family + ip))).toBe(expected)
  })

  it('stops at a family it does not know', () => {
    const packet = decode(0, '63000000 00')
    expect([stack(packet), packet.error]).toEqual(['null', DECODE_ERROR.notDecoded])
  })
})

describe('raw IP', () => {
  it.each([
    [12, IP_SYN, 'raw:ip:tcp'],
    [14, IP_SYN, 'raw:ip:tcp'],
    [101, IP_SYN, 'raw:ip:tcp'],
    [101, IP6_SYN, 'raw:ipv6:tcp'],
    [228, IP_SYN, 'ip:tcp'],
    [229, IP6_SYN, 'ipv6:tcp'],
  ])('decodes link type %i', (linkType, ip, expected) => {
    expect(stack(decode(linkType, ip))).toBe(expected)
  })

  it('calls a version that is neither 4 nor 6 malformed', () => {
    const packet = decode(101, '51000000')
    expect([stack(packet), packet.error]).toEqual(['raw', DECODE_ERROR.malformed])
  })
})

describe('PPP and PPPoE', () => {
  it.each([
    ['with address and control', 'ff03 0021'],
    ['without them', '0021'],
    ['with the protocol compressed to one byte', 'ff03 21'],
  ])('decodes PPP %s', (_, header) => {
    expect(stack(decode(9, header + IP_SYN))).toBe('ppp:ip:tcp')
  })

  it('decodes a PPPoE session and ends it where its length says', () => {
    // code 0, session 1, length 2 + 60; then the padding of the Ethernet frame
    const packet = decode(ETHERNET, `${MACS} 8864 11 00 0001 003e 0021 ${IP_SYN} 0000`)
    expect(stack(packet)).toBe('eth:ethertype:pppoes:ppp:ip:tcp')
    expect(packet.layerLimit[3]).toBe(14 + 6 + 0x3e)
  })

  it('names PPPoE discovery', () => {
    expect(stack(decode(ETHERNET, `ffffffffffff 02420af40102 8863 11 09 0000 0000`))).toBe('eth:ethertype:pppoed')
  })
})

describe('MPLS', () => {
  it('decodes labels to the bottom of the stack, then IP by its version', () => {
    // label 16, not the bottom; label 17, bottom
    expect(stack(decode(ETHERNET, `${MACS} 8847 00010040 00011140 ${IP_SYN}`))).toBe('eth:ethertype:mpls:ip:tcp')
    expect(stack(decode(ETHERNET, `${MACS} 8847 00011140 ${IP6_SYN}`))).toBe('eth:ethertype:mpls:ipv6:tcp')
  })

  it('takes a first nibble of 0 for a pseudowire with control word', () => {
    const packet = decode(ETHERNET, `${MACS} 8847 00010140 00000007 ${SYN}`)
    expect(stack(packet)).toBe('eth:ethertype:mpls:pwethheuristic:pwethcw:eth:ethertype:ip:tcp')
  })

  it('ends when the bottom of the stack never comes', () => {
    const packet = decode(ETHERNET, `${MACS} 8847 00010040 00011040`)
    expect([stack(packet), packet.error]).toEqual(['eth:ethertype:mpls', DECODE_ERROR.malformed])
  })
})

describe('ARP', () => {
  it('notices that addresses are missing', () => {
    const packet = decode(ETHERNET, `${MACS} 0806 0001 0800 06 04 0001 02420af40102 0af4`)
    expect([stack(packet), packet.error]).toEqual(['eth:ethertype:arp', DECODE_ERROR.malformed])
  })
})

describe('other link types', () => {
  it.each([
    ['FDDI', 10, `50 02420af40203 02420af40102 aaaa03 000000 0800 ${IP_SYN}`, 'fddi:llc:ip:tcp'],
    ['ARCNET of Linux', 129, `be 50 a8e7 d4 00 0001 ${IP_SYN}`, 'arcnet:ip:tcp'],
    ['ARCNET of BSD', 7, `be 50 f0 ${IP_SYN}`, 'arcnet:ip:tcp'],
    ['Cisco HDLC', 104, `0f 00 0800 ${IP_SYN}`, 'chdlc:ip:tcp'],
    ['InfiniBand', 242, `${'00'.repeat(40)} 0800 0000 ${IP_SYN}`, 'ipoib:ip:tcp'],
    ['IPNET', 226, `01 02 0000 0000003c 00000002 00000000 ffffffff 00000000 ${IP_SYN}`, 'ipnet:ip:tcp'],
    // attributes: packet header (8 bytes), payload (64), little-endian
    ['NFLOG', 239, `02 00 0028 0800 0100 00000003 4000 0900 ${IP_SYN}`, 'nflog:ip:tcp'],
    ['NFLOG, big-endian', 239, `02 00 0028 0008 0001 00000003 0040 0009 ${IP_SYN}`, 'nflog:ip:tcp'],
    ['PKTAP', 258, `0c000000 01000000 01000000 ${SYN}`, 'pktap:pcap_pktdata:eth:ethertype:ip:tcp'],
    ['Bluetooth, by name only', 201, '00000000', 'bluetooth'],
  ])('decodes %s', (_, linkType, frame, expected) => {
    expect(stack(decode(linkType, frame))).toBe(expected)
  })

  it('says of a link type it has no name for that nothing was decoded', () => {
    const packet = decode(9999, IP_SYN)
    expect([stack(packet), packet.error]).toEqual(['', DECODE_ERROR.notDecoded])
    expect(packet.transport).toBe(TRANSPORT.none)
  })

  it('ends the packet of NFLOG where its attribute ends', () => {
    // the packet leaves its length to offloading; an attribute for the user id follows
    const offloaded = IP_SYN.replace('003c', '0000')
    const packet = decode(239, `02 00 0028 4000 0900 ${offloaded} 0800 0b00 000003e8`)
    expect([stack(packet), packet.payloadLength]).toEqual(['nflog:ip:tcp', 0])
  })

  it('does not loop on an NFLOG attribute of length 0', () => {
    expect(decode(239, '02 00 0028 0000 0100').error).toBe(DECODE_ERROR.malformed)
  })
})

describe('802.11', () => {
  const ADDRESSES = '020000000001 020000000002 020000000003'
  const SNAP = 'aaaa03 000000 0800'

  it('looks into unencrypted data frames', () => {
    const packet = decode(105, `0801 0000 ${ADDRESSES} 0000 ${SNAP} ${IP_SYN}`)
    expect(stack(packet)).toBe('wlan:llc:ip:tcp')
  })

  it('skips the quality of service field', () => {
    expect(stack(decode(105, `8801 0000 ${ADDRESSES} 0000 0000 ${SNAP} ${IP_SYN}`))).toBe('wlan:llc:ip:tcp')
  })

  it('leaves encrypted ones alone', () => {
    expect(stack(decode(105, `0841 0000 ${ADDRESSES} 0000 ${SNAP} ${IP_SYN}`))).toBe('wlan:data')
  })

  it('names management frames', () => {
    const beacon = decode(105, `8000 0000 ${ADDRESSES} 0000 00`)
    expect([stack(beacon), beacon.error]).toEqual(['wlan', DECODE_ERROR.notDecoded])
  })

  it('skips radiotap and the checksum that its flags announce', () => {
    const packet = decode(127, `00 00 0900 02000000 10 0801 0000 ${ADDRESSES} 0000 ${SNAP} ${IP_SYN} deadbeef`)
    expect(stack(packet)).toBe('radiotap:wlan_radio:wlan:llc:ip:tcp')
    expect(packet.layerLimit[2]).toBe(9 + 24 + 8 + 60)
  })
})
