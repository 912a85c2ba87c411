import { describe, expect, it } from 'vitest'
import {
  decode,
  ETHERNET,
  FIRST_FRAGMENT,
  hex,
  IP6_SYN,
  IP_SYN,
  LAST_FRAGMENT,
  MACS,
  REQUEST,
  stack,
  SYN,
} from './frames.fixture.ts'
import { DECODE_ERROR, NETWORK, TRANSPORT } from './packet.ts'

const IP_AT = 14

/** The frame with bytes replaced: [position, values]. */
function patched(frame: string, ...changes: [number, ...number[]][]): Uint8Array {
  const bytes = hex(frame)
  for (const [at, ...values] of changes) bytes.set(values, at)
  return bytes
}

describe('IPv4', () => {
  it('reads addresses, identification and time to live', () => {
    const packet = decode(ETHERNET, SYN)
    expect(packet.network).toBe(NETWORK.ipv4)
    expect([packet.source, packet.destination]).toEqual([0x0af40102, 0x0af40203])
    expect([packet.sourceAt, packet.destinationAt]).toEqual([IP_AT + 12, IP_AT + 16])
    expect([packet.ipId, packet.ttl, packet.fragment]).toEqual([0xec11, 64, false])
  })

  it('keeps addresses with the highest bit positive', () => {
    const packet = decode(ETHERNET, patched(SYN, [IP_AT + 12, 192, 168, 0, 1]))
    expect(packet.source >>> 0).toBe(0xc0a80001)
  })

  it('skips options', () => {
    // router alert, IHL 6; total length 64
    const packet = decode(101, `4600 0040 0001 4000 40 06 0000 0af40102 0af40203 94040000 ${IP_SYN.trim().slice(49)}`)
    expect(stack(packet)).toBe('raw:ip:tcp')
    expect(packet.sourcePort).toBe(45348)
  })

  it('takes a total length of 0 for segmentation offload: the length is that of the frame', () => {
    const packet = decode(ETHERNET, patched(REQUEST, [IP_AT + 2, 0, 0]))
    expect(packet.payloadLength).toBe(18)
    expect(packet.hasPayloadLength).toBe(true)
  })

  it('counts payload by the total length, not by what was captured', () => {
    const packet = decode(ETHERNET, hex(REQUEST).subarray(0, 70), 84)
    expect(packet.payloadLength).toBe(18)
    expect(packet.error).toBe(DECODE_ERROR.none)
  })

  it('never counts more than the frame had on the wire', () => {
    const packet = decode(ETHERNET, patched(REQUEST, [IP_AT + 2, 0x40, 0]))
    expect(packet.payloadLength).toBe(18)
  })

  it.each([
    ['a header length below 20', patched(SYN, [IP_AT, 0x44])],
    ['a total length below the header length', patched(SYN, [IP_AT + 2, 0, 19])],
    ['a version that is neither 4 nor 6', patched(SYN, [IP_AT, 0x55])],
    [
      'options that reach beyond the total length',
      patched(SYN, [IP_AT, 0x4f], [IP_AT + 2, 0, 60]).subarray(0, 14 + 40),
    ],
  ])('calls %s malformed', (_, frame) => {
    const packet = decode(ETHERNET, frame)
    expect([stack(packet), packet.error]).toEqual(['eth:ethertype:ip', DECODE_ERROR.malformed])
    expect(packet.transport).toBe(TRANSPORT.none)
  })

  it('decodes IPv6 that was announced as IPv4', () => {
    expect(stack(decode(ETHERNET, `${MACS} 0800 ${IP6_SYN}`))).toBe('eth:ethertype:ip:ipv6:tcp')
  })

  it('does not analyse the first fragment, but knows its ports', () => {
    const packet = decode(ETHERNET, FIRST_FRAGMENT, 1514)
    expect(stack(packet)).toBe('eth:ethertype:ip:udp')
    expect([packet.fragment, packet.transport]).toEqual([true, TRANSPORT.none])
    expect([packet.sourcePort, packet.destinationPort]).toEqual([53844, 9998])
  })

  it('looks into no later fragment', () => {
    const packet = decode(ETHERNET, LAST_FRAGMENT, 562)
    expect(stack(packet)).toBe('eth:ethertype:ip:data')
    expect([packet.fragment, packet.transport]).toEqual([true, TRANSPORT.none])
  })

  it('names protocols it does not decode', () => {
    const ospf = decode(ETHERNET, patched(SYN, [IP_AT + 9, 89]))
    expect([stack(ospf), ospf.error]).toEqual(['eth:ethertype:ip:ospf', DECODE_ERROR.notDecoded])
    expect(stack(decode(ETHERNET, patched(SYN, [IP_AT + 9, 253])))).toBe('eth:ethertype:ip:data')
  })
})

const ADDRESSES = 'fd000244000000000000000000000002 fd000244000000000000000000000003'
const TCP = IP6_SYN.trim().replace(/\s+/g, '').slice(80)

/** IPv6 with these extension headers before the 40 bytes of a SYN. */
function ipv6(next: string, extensions: string): string {
  const length = (40 + hex(extensions).length).toString(16).padStart(4, '0')
  return `60000000 ${length} ${next} 40 ${ADDRESSES} ${extensions} ${TCP}`
}

describe('IPv6', () => {
  it('reads addresses and hop limit', () => {
    const packet = decode(229, IP6_SYN)
    expect(packet.network).toBe(NETWORK.ipv6)
    expect([packet.sourceAt, packet.destinationAt, packet.ttl]).toEqual([8, 24, 64])
    expect(packet.payloadLength).toBe(0)
  })

  it.each([
    ['hop-by-hop options', '00', '06 00 05 02 0000 01 00', 'ipv6.hopopts'],
    ['destination options', '3c', '06 00 01 04 00000000', 'ipv6.dstopts'],
    ['a routing header', '2b', `06 02 00 01 00000000 ${'fd'.repeat(16)}`, 'ipv6.routing'],
    ['an authentication header', '33', '06 04 0000 00000100 00000001 000102030405060708090a0b', 'ah'],
    ['an atomic fragment', '2c', '06 00 0000 00000001', 'ipv6.fraghdr'],
  ])('passes %s', (_, next, extension, name) => {
    const packet = decode(229, ipv6(next, extension))
    expect(stack(packet)).toBe(`ipv6:${name}:tcp`)
    expect([packet.sourcePort, packet.payloadLength, packet.hasPayloadLength]).toEqual([49528, 0, true])
    expect(packet.fragment).toBe(false)
  })

  it('does not analyse fragments', () => {
    const first = decode(229, ipv6('2c', '06 00 0001 0000beef'))
    expect([stack(first), first.fragment, first.transport]).toEqual(['ipv6:ipv6.fraghdr:tcp', true, TRANSPORT.none])
    expect(first.ipId).toBe(0xbeef)
    const later = decode(229, ipv6('2c', '06 00 05a8 0000beef'))
    expect([stack(later), later.fragment]).toEqual(['ipv6:ipv6.fraghdr:data', true])
  })

  it('stops at "no next header"', () => {
    const packet = decode(229, `60000000 0000 3b 40 ${ADDRESSES}`)
    expect([stack(packet), packet.error]).toEqual(['ipv6', DECODE_ERROR.none])
  })

  it('takes the length of a jumbogram from its option', () => {
    // payload length 0; jumbo payload option: 8 + 40
    const packet = decode(229, `60000000 0000 00 40 ${ADDRESSES} 06 00 c2 04 00000030 ${TCP} ffffffff`)
    expect(stack(packet)).toBe('ipv6:ipv6.hopopts:tcp')
    expect(packet.payloadLength).toBe(0)
  })

  it('takes a payload length of 0 without that option for segmentation offload', () => {
    const packet = decode(229, `60000000 0000 06 40 ${ADDRESSES} ${TCP} ffffffff`)
    expect(packet.payloadLength).toBe(4)
  })

  it('tells an extension header that was cut from one that does not fit', () => {
    const cut = decode(229, hex(ipv6('00', '06 00 05 02 0000 01 00')).subarray(0, 44), 88)
    expect([stack(cut), cut.error]).toEqual(['ipv6:ipv6.hopopts', DECODE_ERROR.cut])
    const tooLong = decode(229, ipv6('00', '06 ff 05 02 0000 01 00'))
    expect([stack(tooLong), tooLong.error]).toEqual(['ipv6:ipv6.hopopts', DECODE_ERROR.malformed])
  })

  it('does not take another version for IPv6', () => {
    const packet = decode(229, `5${IP6_SYN.trim().slice(1)}`)
    expect([stack(packet), packet.error]).toEqual(['data', DECODE_ERROR.malformed])
  })
})
