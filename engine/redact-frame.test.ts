import { describe, expect, it } from 'vitest'
import { concat, ethernet, icmp, ipv4, ipv6, tcp, text, udp } from './query/testing/frames.ts'
import { parseIpv6 } from './query/filter/filter-literal.ts'
import { Redaction, type RedactionKind } from './redact.ts'

// Where a header may hold something that nobody looks for there. Each frame has SECRET, or addresses, in such a place.

const SECRET = text('SECRET')
const MAC = [0x0a, 0x58, 0x77, 0x66, 0x55, 0x44]
const V4 = { source: '10.244.1.7', destination: '10.244.2.9' }
const V6 = { source: 'fd00::7', destination: 'fd00::9' }
const SYN = tcp({ source: 4000, destination: 80, seq: 77, flags: 2 }, SECRET)
const HEADER = SYN.subarray(0, 20)
const RAW = 101
const v6 = (address: string): Uint8Array => Uint8Array.from(parseIpv6(address) ?? [])
const zeros = (count: number): readonly number[] => new Array<number>(count).fill(0)
const holds = (frame: Uint8Array, bytes: ArrayLike<number>): boolean =>
  Buffer.from(frame).includes(Buffer.from(Array.from(bytes)))

const redact = (frame: Uint8Array, linkType = RAW, kinds: readonly RedactionKind[] = ['addresses']): Uint8Array =>
  new Redaction(kinds, (bytes) => bytes.fill(0x5a)).frame(frame, frame.length, linkType)

/** What is kept of it behind the IP header. */
const behindIpv4 = (protocol: number, payload: Uint8Array): number[] =>
  Array.from(redact(ipv4({ ...V4, protocol }, payload)).subarray(20))
const behindIpv6 = (protocol: number, payload: Uint8Array): number[] =>
  Array.from(redact(ipv6({ ...V6, protocol }, payload)).subarray(40))

describe('headers of IP', () => {
  it.each([0, 60])('keep no option of IPv6 extension header %i but padding of its length', (protocol) => {
    const options = concat([6, 1, 0x1e, 12], SECRET, SECRET)
    expect(behindIpv6(protocol, concat(options, SYN))).toEqual([6, 1, 1, 12, ...zeros(12), ...HEADER])
  })

  it('keep a fragment header, and end before a routing header', () => {
    const fragment = [6, 0, 0, 1, 0, 0, 0, 9]
    expect(behindIpv6(44, concat(fragment, SYN))).toEqual([...fragment, ...HEADER])
    expect(behindIpv6(43, concat([6, 2, 0, 0, 0, 0, 0, 0], v6('fd00::77'), SYN))).toEqual([])
  })

  it('keep nothing of IPv4 options but their length', () => {
    const route = [131, 7, 4, 10, 9, 8, 7, 0]
    const plain = ipv4({ ...V4, protocol: 6 }, SYN)
    const frame = concat([0x47], plain.subarray(1, 20), route, SYN)
    frame[3] += route.length
    const kept = redact(frame)
    expect(Array.from(kept.subarray(20))).toEqual([...new Array<number>(8).fill(1), ...HEADER])
  })
})

describe('headers of transports', () => {
  it('have no checksum, which would tell what was summed up', () => {
    const sum = [0xab, 0xcd]
    const segment = concat(HEADER.subarray(0, 16), sum, [0, 0], SECRET)
    expect(behindIpv4(6, segment)).toEqual([...HEADER.subarray(0, 16), 0, 0, 0, 0])
    expect(behindIpv4(17, concat([0, 7, 0, 8, 0, 14], sum, SECRET))).toEqual([0, 7, 0, 8, 0, 14, 0, 0])
    expect(behindIpv4(1, concat([8, 0], sum, [0, 1, 0, 2], SECRET))).toEqual([8, 0, 0, 0, 0, 1, 0, 2])
    expect(behindIpv6(58, concat([128, 0], sum, [0, 1, 0, 2], SECRET))).toEqual([128, 0, 0, 0, 0, 1, 0, 2])
    const sctp = [0, 7, 0, 8, 1, 2, 3, 4]
    expect(behindIpv4(132, concat(sctp, sum, sum, SECRET))).toEqual([...sctp, ...zeros(4)])
  })

  it('have nothing behind the end of TCP’s options, nor from where these can’t be told apart', () => {
    const options = (bytes: Uint8Array): number[] =>
      behindIpv4(6, tcp({ source: 1, destination: 2, seq: 1, flags: 2, options: bytes }, SECRET)).slice(20)
    expect(options(concat([1, 0], SECRET))).toEqual([1, 0, ...zeros(6)])
    expect(options(concat([200, 1], SECRET))).toEqual(zeros(8))
    expect(options(concat([200, 8], SECRET))).toEqual(new Array<number>(8).fill(1))
    // Longer than what is left.
    expect(options(concat([200, 99], SECRET))).toEqual(new Array<number>(8).fill(1))
    // The last byte has no length.
    expect(options(concat(SECRET.subarray(0, 0), [1, 1, 1, 200]))).toEqual([1, 1, 1, 0])
  })

  it('are as short where an ICMP error quotes them', () => {
    const quote = (protocol: number, payload: Uint8Array) =>
      behindIpv4(1, icmp(3, 1, 0, ipv4({ ...V4, protocol }, payload))).slice(28)
    expect(quote(6, SYN)).toEqual(Array.from(HEADER.subarray(0, 8)))
    expect(quote(132, concat([0, 7, 0, 8, 1, 2, 3, 4], SECRET, SECRET))).toEqual([0, 7, 0, 8, 1, 2, 3, 4])
  })
})

describe('headers of tunnels', () => {
  it('keep class, type and length of Geneve’s options', () => {
    const option = (length: number, data: Uint8Array) => concat([1, 2, 0x80, length], data)
    const options = concat(option(2, concat(SECRET, [7, 7])), option(0, text('')), option(1, text('SECR')))
    const inner = ethernet(0x800, ipv4({ ...V4, protocol: 6 }, SYN))
    const head = [options.length >> 2, 0, 0x65, 0x58, 0, 0, 7, 0]
    const kept = behindIpv4(17, udp(50_000, 6081, concat(head, options, inner)))
    expect(kept.slice(8, 8 + 8 + options.length)).toEqual([
      ...head,
      ...[1, 2, 0x80, 2, ...zeros(8)],
      ...[1, 2, 0x80, 0],
      ...[1, 2, 0x80, 1, ...zeros(4)],
    ])
    expect(kept.length).toBe(8 + 8 + options.length + 54)
  })

  it('are kept as they are where they hold nothing', () => {
    const packet = ipv4({ ...V4, protocol: 6 }, SYN)
    expect(behindIpv4(47, concat([0x20, 0, 8, 0, 0, 0, 0, 9], packet)).slice(0, 8)).toEqual([0x20, 0, 8, 0, 0, 0, 0, 9])
    expect(redact(ethernet(0x8100, concat([0, 7, 8, 0], packet)), 1).length).toBe(14 + 4 + 40)
    expect(redact(ethernet(0x8847, concat([0, 0, 0x71, 64], packet)), 1).length).toBe(14 + 4 + 40)
    expect(redact(concat([2, 0, 0, 0], packet), 0).length).toBe(4 + 40)
  })
})

describe('addresses', () => {
  const packet = ipv4({ ...V4, protocol: 6 }, SYN)

  it('of cooked frames are replaced where they are MACs, and blanked where nobody knows what they are', () => {
    const v1 = (length: number, address: ArrayLike<number>) =>
      concat([0, 0, 0, 1, 0, length], Array.from(address), [8, 0], packet)
    const v2 = (length: number, address: ArrayLike<number>) =>
      concat([8, 0, 0, 0, 0, 0, 0, 3, 0, 1, 0, length], Array.from(address), packet)
    for (const [frame, linkType, at] of [
      [v1, 113, 6],
      [v2, 276, 12],
    ] as const) {
      const mac = redact(frame(6, [...MAC, 7, 7]), linkType)
      expect(holds(mac, MAC)).toBe(false)
      expect(mac[at] & 3).toBe(2)
      expect(Array.from(mac.subarray(at + 6, at + 8))).toEqual([0, 0])
      expect(Array.from(redact(frame(8, [...SECRET, 7, 7]), linkType).subarray(at, at + 8))).toEqual(zeros(8))
      const kept = redact(frame(8, [...SECRET, 7, 7]), linkType, ['payload'])
      expect(holds(kept, SECRET)).toBe(true)
      expect(kept.length).toBe(frame(8, SECRET).length + 2 - SECRET.length)
    }
  })

  it('stay of their kind: private ones private', () => {
    const four = redact(packet)
    expect([four[12], four[16]]).toEqual([10, 10])
    expect(holds(four, [10, 244, 1, 7])).toBe(false)
    const six = redact(ipv6({ ...V6, protocol: 6 }, SYN))
    expect([six[8] & 0xfe, six[24] & 0xfe]).toEqual([0xfc, 0xfc])
    expect(holds(six, v6('fd00::7'))).toBe(false)
  })

  it('of Ethernet and of ARP are replaced, each, and the frame ends where ARP is of something else', () => {
    const other = [0x0a, 0x58, 0x11, 0x22, 0x33, 0x44]
    const answer = concat([0, 1, 8, 0, 6, 4, 0, 2], MAC, [10, 9, 8, 7], other, [10, 9, 8, 6])
    const frame = ethernet(0x806, concat(answer, SECRET), MAC, other)
    const kept = redact(frame, 1)
    expect(kept.length).toBe(42)
    for (const address of [MAC, other, [10, 9, 8, 7], [10, 9, 8, 6]]) expect(holds(kept, address)).toBe(false)
    // Who asks and who answers stay who they are.
    expect([kept.subarray(0, 6), kept.subarray(6, 12)]).toEqual([kept.subarray(32, 38), kept.subarray(22, 28)])
    for (const [place, value] of [
      [2, 9],
      [3, 9],
      [4, 8],
      [5, 16],
    ]) {
      const changed = frame.slice()
      changed[14 + place] = value
      expect(redact(changed, 1).length).toBe(14)
    }
    expect(redact(frame.subarray(0, 41), 1).length).toBe(14)
  })

  it.each([
    ['a redirect', 137, 40],
    ['a neighbour’s advertisement', 136, 24],
    ['a neighbour’s solicitation', 135, 24],
    ['a listener’s report', 131, 24],
    ['a listener’s query', 130, 24],
    ['a listener’s goodbye', 132, 24],
  ])('in %s are replaced, and what follows is cut', (_what, type, length) => {
    const [target, then] = [v6('fd00::77'), v6('fd00::66')]
    const message = concat([type, 0, 0, 0, 0, 0, 0, 0], target, length === 40 ? then : [], [1, 1], SECRET)
    const kept = behindIpv6(58, message)
    expect(kept.length).toBe(length)
    expect(kept.slice(0, 8)).toEqual([type, ...zeros(7)])
    for (const address of [target, then]) expect(holds(Uint8Array.from(kept), address)).toBe(false)
    // One that is cut has no address left.
    expect(behindIpv6(58, message.subarray(0, length - 1)).length).toBe(8)
  })

  it('are none in a router’s advertisement, whose options are cut', () => {
    const head = [134, 0, 0, 0, 64, 0, 7, 8, 0, 0, 0, 1, 0, 0, 0, 2]
    expect(behindIpv6(58, concat(head, [1, 1], SECRET))).toEqual(head)
  })
})
