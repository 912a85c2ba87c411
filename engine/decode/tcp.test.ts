import { describe, expect, it } from 'vitest'
import { decode, ETHERNET, hex, IP_SYN, outerIp, REQUEST, RESET, stack, SYN, SYN_ACK } from './frames.fixture.ts'
import { DECODE_ERROR, TRANSPORT } from './packet.ts'

const TCP_AT = 34

/** A segment of link type IPv4 with these options (padded to four bytes) and payload. */
function segment(options: string, payload = ''): string {
  const optionBytes = hex(options).length
  const offset = ((20 + optionBytes) / 4).toString(16)
  const length = 20 + optionBytes + hex(payload).length
  return `${outerIp(6, length)} b124 1f90 00000001 00000002 ${offset}010 0200 0000 0000 ${options} ${payload}`
}

describe('TCP', () => {
  it('reads the header', () => {
    const packet = decode(ETHERNET, SYN_ACK)
    expect(packet.transport).toBe(TRANSPORT.tcp)
    expect([packet.sourcePort, packet.destinationPort]).toEqual([8080, 45348])
    expect([packet.seq >>> 0, packet.ack >>> 0]).toEqual([0xa42f5446, 0xc6e15613])
    expect([packet.tcpFlags, packet.window, packet.tcpHeaderLength]).toEqual([0x012, 65160, 40])
    expect([packet.payloadAt, packet.payloadLength]).toEqual([74, 0])
  })

  it('has all twelve flag bits', () => {
    const bytes = hex(SYN)
    bytes.set([0xaf, 0xff], TCP_AT + 12)
    expect(decode(ETHERNET, bytes).tcpFlags).toBe(0xfff)
  })

  it('reads the options of a SYN', () => {
    const packet = decode(ETHERNET, SYN)
    expect([packet.mss, packet.windowShift, packet.sackPermitted]).toEqual([1460, 10, true])
    expect([packet.hasTimestamps, packet.tsval >>> 0, packet.tsecr >>> 0]).toEqual([true, 0xf7e3503d, 0])
  })

  it('forgets the options of the packet before', () => {
    const packet = decode(ETHERNET, RESET)
    expect([packet.mss, packet.windowShift, packet.sackPermitted]).toEqual([0, -1, false])
    expect([packet.hasTimestamps, packet.sackBlocks]).toEqual([false, 0])
  })

  it('reads timestamps in their usual place and elsewhere alike', () => {
    const usual = decode(ETHERNET, REQUEST)
    const elsewhere = decode(228, segment('080af7e3503dd4d6c3a40101'))
    for (const packet of [usual, elsewhere]) {
      expect([packet.hasTimestamps, packet.tsval >>> 0, packet.tsecr >>> 0]).toEqual([true, 0xf7e3503d, 0xd4d6c3a4])
    }
  })

  it('reads up to four SACK blocks', () => {
    const blocks = [1, 2, 3, 4].map((n) => `f000000${n} f10000${n}0`).join(' ')
    const packet = decode(228, segment(`0101 0522 ${blocks}`))
    expect(packet.sackBlocks).toBe(4)
    expect(Array.from(packet.sack).map((edge) => edge.toString(16))).toEqual([
      'f0000001',
      'f1000010',
      'f0000002',
      'f1000020',
      'f0000003',
      'f1000030',
      'f0000004',
      'f1000040',
    ])
  })

  it('skips options it does not know', () => {
    // MPTCP, fast open cookie, MSS
    const packet = decode(228, segment('1e0c 0081 0000000000000000 2206 01020304 0204 0550 0101'))
    expect(packet.mss).toBe(1360)
  })

  it('limits the window scale to 14', () => {
    expect(decode(228, segment('0303ff01')).windowShift).toBe(14)
  })

  it.each([
    ['a length of 0', '0200 0204 0550 0000'],
    ['a length of 1', '0201 0204 0550 0000'],
    ['a length beyond the header', '0820 0204 0550 0810'],
    ['no length', '01010102'],
  ])('ends the options at %s', (_, options) => {
    const packet = decode(228, segment(options))
    expect([packet.mss, packet.error, packet.optionsCut]).toEqual([0, DECODE_ERROR.none, false])
  })

  it('ignores an option whose length is wrong for its kind', () => {
    const packet = decode(228, segment('0203 05 0303 07 0101'))
    expect([packet.mss, packet.windowShift]).toEqual([0, 7])
  })

  it('ends the options at their end', () => {
    expect(decode(228, segment('0002 0405 5000 0000')).mss).toBe(0)
  })
})

describe('a cut TCP segment', () => {
  const bytes = hex(SYN)

  it('is whole when only payload is missing', () => {
    const packet = decode(ETHERNET, hex(REQUEST).subarray(0, 66), 84)
    expect([packet.optionsCut, packet.payloadLength, packet.error]).toEqual([false, 18, DECODE_ERROR.none])
  })

  it.each([54, 55, 57, 60, 65, 73])('says so when %i of 74 bytes are there and options are missing', (length) => {
    const packet = decode(ETHERNET, bytes.subarray(0, length), 74)
    expect([packet.optionsCut, packet.error]).toEqual([true, DECODE_ERROR.cut])
    expect([packet.transport, packet.payloadLength, packet.hasPayloadLength]).toEqual([TRANSPORT.tcp, 0, true])
  })

  it('keeps the options that are there', () => {
    const packet = decode(ETHERNET, bytes.subarray(0, 60), 74)
    expect([packet.mss, packet.sackPermitted, packet.hasTimestamps]).toEqual([1460, true, false])
  })

  it.each([50, 53])(
    'is analysed from its first 16 bytes, of which checksum and urgent pointer are none (%i)',
    (length) => {
      const packet = decode(ETHERNET, bytes.subarray(0, length), 74)
      expect([packet.transport, packet.seq >>> 0, packet.window]).toEqual([TRANSPORT.tcp, 0xc6e15612, 64240])
      expect([packet.optionsCut, packet.error]).toEqual([true, DECODE_ERROR.cut])
    },
  )

  it.each([34, 37, 38, 49])('is no segment with fewer (%i)', (length) => {
    const packet = decode(ETHERNET, bytes.subarray(0, length), 74)
    expect([stack(packet), packet.transport]).toEqual(['eth:ethertype:ip:tcp', TRANSPORT.none])
    expect(packet.error).toBe(DECODE_ERROR.cut)
  })
})

describe('a malformed TCP segment', () => {
  it('has no length when IP claims less than its header', () => {
    const packet = decode(228, `${outerIp(6, 24)} ${IP_SYN.replace(/\s+/g, '').slice(40)}`)
    expect([packet.transport, packet.hasPayloadLength, packet.payloadLength]).toEqual([TRANSPORT.tcp, false, 0])
  })

  it('has a header of at least 20 bytes', () => {
    const bytes = hex(SYN)
    bytes[TCP_AT + 12] = 0x40
    const packet = decode(ETHERNET, bytes)
    expect([packet.error, packet.optionsCut]).toEqual([DECODE_ERROR.malformed, true])
  })

  it('is not read beyond what IP claims', () => {
    const packet = decode(228, `${outerIp(6, 12)} ${IP_SYN.replace(/\s+/g, '').slice(40)}`)
    expect([packet.transport, packet.error]).toEqual([TRANSPORT.none, DECODE_ERROR.malformed])
  })
})
