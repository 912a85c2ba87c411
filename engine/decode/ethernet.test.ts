import { describe, expect, it } from 'vitest'
import { decode, ETHERNET, IP_SYN, MACS, RESET, stack, SYN } from './frames.fixture.ts'
import { DECODE_ERROR, NETWORK, TRANSPORT } from './packet.ts'

describe('Ethernet', () => {
  it('decodes Ethernet II', () => {
    const packet = decode(ETHERNET, SYN)
    expect(stack(packet)).toBe('eth:ethertype:ip:tcp')
    expect(Array.from(packet.layerAt.subarray(0, 4))).toEqual([0, 14, 14, 34])
    expect(packet.error).toBe(DECODE_ERROR.none)
  })

  it('does not count the padding of a short frame as payload', () => {
    const packet = decode(ETHERNET, `${RESET} 000000000000`)
    expect(packet.transport).toBe(TRANSPORT.tcp)
    expect(packet.payloadLength).toBe(0)
    expect(packet.hasPayloadLength).toBe(true)
  })

  it('decodes 802.3 with SNAP, which ends where its length says', () => {
    // length 0x44 = LLC 8 + IP 60
    const packet = decode(ETHERNET, `${MACS} 0044 aaaa03 000000 0800 ${IP_SYN}`)
    expect(stack(packet)).toBe('eth:llc:ip:tcp')
    const bridged = decode(ETHERNET, `0180c2000000 02420af40102 0026 424203 0000 00 00 00 ${'00'.repeat(38)}`)
    expect(stack(bridged)).toBe('eth:llc:stp')
    expect(bridged.layerLimit[2]).toBe(14 + 0x26)
  })

  it("names Novell's raw frames", () => {
    expect(stack(decode(ETHERNET, `${MACS} 0022 ffff 0022 0011`))).toBe('eth:ipx')
  })

  it('calls a value that is neither length nor type malformed', () => {
    const packet = decode(ETHERNET, `${MACS} 05f0 0000`)
    expect(stack(packet)).toBe('eth')
    expect(packet.error).toBe(DECODE_ERROR.malformed)
    expect(packet.errorAt).toBe(12)
  })

  it('keeps the addresses as endpoints when there is no network layer', () => {
    const packet = decode(ETHERNET, `${MACS} 88b5 0000`)
    expect(stack(packet)).toBe('eth:ethertype:data')
    expect(packet.network).toBe(NETWORK.none)
    expect([packet.sourceAt, packet.destinationAt]).toEqual([6, 0])
  })

  it('tells a frame cut in its header from one that was that short', () => {
    const cut = decode(ETHERNET, SYN.slice(0, 26), 74)
    expect([stack(cut), cut.error]).toEqual(['eth', DECODE_ERROR.cut])
    expect(cut.sourceAt).toBe(-1)
    const short = decode(ETHERNET, SYN.slice(0, 26))
    expect([stack(short), short.error]).toEqual(['eth', DECODE_ERROR.malformed])
  })
})

describe('VLAN tags', () => {
  it('decodes one tag', () => {
    const packet = decode(ETHERNET, `${MACS} 8100 a064 0800 ${IP_SYN}`)
    expect(stack(packet)).toBe('eth:ethertype:vlan:ethertype:ip:tcp')
    expect(packet.vlan).toBe(100)
  })

  it('decodes 802.1ad around 802.1Q and keeps the inner number', () => {
    const packet = decode(ETHERNET, `${MACS} 88a8 60c8 8100 0064 0800 ${IP_SYN}`)
    expect(stack(packet)).toBe('eth:ethertype:ieee8021ad:ethertype:vlan:ethertype:ip:tcp')
    expect(packet.vlan).toBe(100)
  })

  it('decodes the obsolete 9100 as a VLAN', () => {
    const packet = decode(ETHERNET, `${MACS} 9100 0065 8100 0064 0800 ${IP_SYN}`)
    expect(stack(packet)).toBe('eth:ethertype:vlan:ethertype:vlan:ethertype:ip:tcp')
  })

  it('takes a length after a tag for LLC', () => {
    expect(stack(decode(ETHERNET, `${MACS} 8100 0064 0003 424203`))).toBe('eth:ethertype:vlan:llc:stp')
  })

  it('stops at a tag that was cut', () => {
    const packet = decode(ETHERNET, `${MACS} 8100 0064 08`, 78)
    expect([stack(packet), packet.error]).toEqual(['eth:ethertype:vlan', DECODE_ERROR.cut])
  })
})
