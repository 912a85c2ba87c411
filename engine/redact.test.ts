import { describe, expect, it } from 'vitest'
import { decodeFrame } from './decode/decode.ts'
import { Packet } from './decode/packet.ts'
import { PROTOCOL } from './decode/protocols.ts'
import { arp, concat, ethernet, icmp, ipv4, ipv6, tcp, text, udp, vxlan } from './query/testing/frames.ts'
import { parseIpv4, parseIpv6 } from './query/filter/filter-literal.ts'
import { Redaction, type RedactionKind } from './redact.ts'
import { AddressReplacer } from './redact-addresses.ts'

function repeatable(seed: number): (bytes: Uint8Array) => void {
  let state = seed
  return (bytes) => {
    for (let i = 0; i < bytes.length; i++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      bytes[i] = state >>> 24
    }
  }
}

const redaction = (...kinds: RedactionKind[]) => new Redaction(kinds, repeatable(1))
const redact = (frame: Uint8Array, linkType = 1) => redaction('addresses').frame(frame, frame.length, linkType)
const v4 = (address: string): Uint8Array => {
  const value = parseIpv4(address) ?? 0
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value)
}
const v6 = (address: string): Uint8Array => Uint8Array.from(parseIpv6(address) ?? [])
const holds = (file: Uint8Array, bytes: Uint8Array) => Buffer.from(file).includes(Buffer.from(bytes))
const shared = (a: Uint8Array, b: Uint8Array) => {
  for (let bit = 0; ; bit++)
    if (bit === a.length * 8 || ((a[bit >> 3] ^ b[bit >> 3]) & (0x80 >> (bit & 7))) !== 0) return bit
}

const ENDS = { source: '10.244.1.7', destination: '8.8.4.4' }
const SYN = tcp({ source: 4000, destination: 80, seq: 77, flags: 2 }, text('GET /secret'))

describe('replacing addresses', () => {
  const IPV4 = [
    '10.1.2.3',
    '10.1.2.4',
    '10.1.9.9',
    '10.200.0.1',
    '172.20.0.1',
    '192.168.1.1',
    '8.8.8.8',
    '127.0.0.53',
    '169.254.3.4',
  ]

  it('gives each the same again, no two the same, and none itself', () => {
    for (let seed = 0; seed < 50; seed++) {
      const { ipv4: map } = new AddressReplacer(repeatable(seed))
      const texts = IPV4.map((address) => map.replacement(v4(address)).join('.'))
      expect(IPV4.map((address) => map.replacement(v4(address)).join('.'))).toEqual(texts)
      expect(new Set(texts).size).toBe(IPV4.length)
      expect(texts.filter((one) => IPV4.includes(one))).toEqual([])
    }
  })

  it('keeps subnets: what shared a prefix shares one of the same length', () => {
    const { ipv4: map } = new AddressReplacer(repeatable(3))
    for (const a of IPV4) {
      for (const b of IPV4) {
        expect(shared(map.replacement(v4(a)), map.replacement(v4(b)))).toBe(shared(v4(a), v4(b)))
      }
    }
  })

  it('keeps private private, public public, and what means the same everywhere', () => {
    const isPrivate = ([a, b]: Uint8Array) => a === 10 || (a === 172 && b >> 4 === 1) || (a === 192 && b === 168)
    for (let seed = 0; seed < 50; seed++) {
      const { ipv4: map, ipv6: six, mac } = new AddressReplacer(repeatable(seed))
      for (const address of [
        '10.0.0.1',
        '172.31.255.1',
        '192.168.7.7',
        '11.0.0.1',
        '172.32.0.1',
        '192.169.1.1',
        '1.1.1.1',
      ]) {
        expect(isPrivate(map.replacement(v4(address)))).toBe(isPrivate(v4(address)))
      }
      for (const address of ['0.0.0.0', '255.255.255.255', '127.0.0.1', '224.0.0.251']) {
        expect(map.replacement(v4(address))).toEqual(v4(address))
      }
      for (const address of ['::', '::1', 'ff02::1', 'ff02::16'])
        expect(six.replacement(v6(address))).toEqual(v6(address))
      expect(shared(six.replacement(v6('fe80::1:2:3:4')), v6('fe80::'))).toBe(64)
      expect(six.replacement(v6('fd12::1'))[0] & 0xfe).toBe(0xfc)
      expect(six.replacement(v6('2001:db8::1'))[0] >> 5).toBe(1)
      const group = six.replacement(v6('ff02::1:ff12:3456'))
      expect(shared(group, v6('ff02::1:ff12:3456'))).toBe(104)
      const unicast = mac.replacement(Uint8Array.of(0x0a, 0x58, 10, 1, 2, 3))
      expect(unicast[0] & 3).toBe(2)
      expect(unicast).not.toEqual(Uint8Array.of(0x0a, 0x58, 10, 1, 2, 3))
    }
  })
})

describe('redacting a frame', () => {
  it('ends with the transport header, with lengths as they were and the checksum of IP right', () => {
    const frame = ethernet(0x800, ipv4({ ...ENDS, protocol: 6 }, SYN))
    const kept = redact(frame)
    expect(kept.length).toBe(14 + 20 + 20)
    expect(kept.subarray(34, 50)).toEqual(frame.subarray(34, 50))
    expect(kept.subarray(16, 18)).toEqual(frame.subarray(16, 18))
    let sum = 0
    for (let i = 14; i < 34; i += 2) sum += (kept[i] << 8) | kept[i + 1]
    expect(((sum & 0xffff) + (sum >>> 16)) & 0xffff).toBe(0xffff)
    expect(holds(kept, v4(ENDS.source)) || holds(kept, v4(ENDS.destination))).toBe(false)
  })

  it('keeps addresses where only payloads are to go', () => {
    const frame = ethernet(0x800, ipv4({ ...ENDS, protocol: 6 }, SYN))
    const kept = redaction('payload').frame(frame, frame.length, 1)
    expect(kept.length).toBe(54)
    expect(kept.subarray(26, 34)).toEqual(frame.subarray(26, 34))
    expect(redaction('names').frame(frame, frame.length, 1)).toBe(frame)
  })

  it('does the same inside tunnels, with the same replacements', () => {
    const inner = ethernet(0x800, ipv4({ ...ENDS, protocol: 6 }, SYN))
    const outer = udp(50_000, 4789, vxlan(7, inner))
    const kept = redact(ethernet(0x800, ipv4({ source: '10.244.1.7', destination: '10.0.0.2', protocol: 17 }, outer)))
    expect(kept.length).toBe(14 + 20 + 8 + 8 + 54)
    expect(kept.subarray(26, 30)).toEqual(kept.subarray(26 + 50, 30 + 50))
    for (const address of ['10.244.1.7', '10.0.0.2', '8.8.4.4']) expect(holds(kept, v4(address))).toBe(false)
  })

  it('replaces what ICMP quotes as outside, and keeps ports and sequence number of it', () => {
    const quoted = ipv4({ source: '10.0.0.1', destination: '10.0.0.2', protocol: 6 }, SYN)
    const error = icmp(3, 4, 1400, quoted)
    const kept = redact(ethernet(0x800, ipv4({ source: '10.0.0.2', destination: '10.0.0.1', protocol: 1 }, error)))
    expect(kept.length).toBe(14 + 20 + 8 + 20 + 8)
    expect(kept.subarray(26, 30)).toEqual(kept.subarray(42 + 16, 42 + 20))
    expect(kept.subarray(62)).toEqual(SYN.subarray(0, 8))
    for (const address of ['10.0.0.1', '10.0.0.2']) expect(holds(kept, v4(address))).toBe(false)
    const redirect = redact(ethernet(0x800, ipv4({ ...ENDS, protocol: 1 }, icmp(5, 1, 0x0a00_0009, quoted))))
    expect(holds(redirect, v4('10.0.0.9'))).toBe(false)
  })

  it('replaces addresses of ARP and of neighbour discovery, and cuts its options', () => {
    const asked = redact(ethernet(0x806, arp(1, '10.0.0.1', '10.0.0.2')))
    expect(asked.length).toBe(42)
    for (const address of ['10.0.0.1', '10.0.0.2']) expect(holds(asked, v4(address))).toBe(false)
    expect(asked.subarray(6, 12)).toEqual(asked.subarray(22, 28))
    const target = v6('fe80::858:aff:fef4:107')
    const solicitation = concat([135, 0, 0, 0, 0, 0, 0, 0], target, [1, 1, 0x0a, 0x58, 0x0a, 0xf4, 1, 7])
    const ends = { source: 'fe80::1:2', destination: 'ff02::1:fff4:107', protocol: 58 }
    const kept = redact(ethernet(0x86dd, ipv6(ends, solicitation)))
    expect(kept.length).toBe(14 + 40 + 24)
    for (const address of [target, v6('fe80::1:2'), v6('ff02::1:fff4:107')]) expect(holds(kept, address)).toBe(false)
  })

  it('blanks options that may hold addresses, and leaves those that TCP is analysed by', () => {
    const known = [2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2]
    const addAddress = [30, 8, 0x30, 1, 10, 9, 8, 7]
    const segment = tcp({ source: 1, destination: 2, seq: 1, flags: 2, options: [...known, ...addAddress] })
    const kept = redact(ethernet(0x800, ipv4({ ...ENDS, protocol: 6 }, segment)))
    expect([...kept.subarray(54)]).toEqual([...known, ...new Array<number>(8).fill(1)])
  })

  it('cuts before what it does not know: other protocols, later fragments, other link types', () => {
    const at = (protocol: number, fragment = 0) =>
      redact(ethernet(0x800, ipv4({ ...ENDS, protocol, fragment }, SYN))).length
    expect(at(50)).toBe(34)
    expect(at(99)).toBe(34)
    expect(at(17, 100)).toBe(34)
    expect(redact(ethernet(0x88cc, text('lldp of 10.0.0.1'))).length).toBe(14)
    expect(redact(text('whatever this is'), 147).length).toBe(0)
  })

  it('never reads or writes beyond the end, however the frame is cut, and what is left decodes as far', () => {
    const inner = ethernet(0x800, ipv4({ ...ENDS, protocol: 6 }, SYN))
    const outer = udp(50_000, 4789, vxlan(7, inner))
    const frame = ethernet(0x800, ipv4({ source: '10.0.0.1', destination: '10.0.0.2', protocol: 17 }, outer))
    const packet = new Packet()
    for (let length = 0; length <= frame.length; length++) {
      const kept = redaction('addresses').frame(frame.subarray(0, length), frame.length, 1)
      expect(kept.length).toBeLessThanOrEqual(length)
      for (const address of ['10.0.0.1', '10.0.0.2', '10.244.1.7', '8.8.4.4'])
        expect(holds(kept, v4(address))).toBe(false)
      if (length < 104) continue
      decodeFrame(packet, kept, 0, kept.length, frame.length, 1)
      expect(packet.layers[packet.layerCount - 1]).toBe(PROTOCOL.tcp)
    }
  })
})
