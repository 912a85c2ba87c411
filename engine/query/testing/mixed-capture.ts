import { arp, concat, ethernet, icmp, ipv4, ipv6, tcp, text, udp, vlan, vxlan } from './frames.ts'
import { TestCapture } from './test-capture.ts'

// A little of everything a display filter must get right: tunnels, quoted headers, fragments, retransmissions, both IPs.

const START = 1_790_000_000_000_000_000n
const MS = 1_000_000n

const IP = 0x0800
const IP6 = 0x86dd
const [ICMP, TCP, UDP, IPIP] = [1, 6, 17, 4]
const [FIN, SYN, RST, PSH, ACK] = [1, 2, 4, 8, 16]

const CLIENT = '10.244.1.7'
const SERVER = '10.244.2.9'
const NODE_A = '192.168.7.1'
const NODE_B = '192.168.7.2'

const request = (seq: number, ack: number, flags: number, payload: Uint8Array | readonly number[] = []) =>
  tcp({ source: 43210, destination: 80, seq, ack, flags }, payload)
const response = (seq: number, ack: number, flags: number, payload: Uint8Array | readonly number[] = []) =>
  tcp({ source: 80, destination: 43210, seq, ack, flags }, payload)
const there = (payload: Uint8Array, id = 7) => ipv4({ source: CLIENT, destination: SERVER, protocol: TCP, id }, payload)
const back = (payload: Uint8Array) => ipv4({ source: SERVER, destination: CLIENT, protocol: TCP, ttl: 62 }, payload)

const GET = text('GET /prices HTTP/1.1\r\nHost: shop\r\n\r\n')
const OK = text('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
const SYN_OPTIONS = [2, 4, 5, 0xb4, 4, 2, 1, 3, 3, 7]
const padded = (options: readonly number[]) => [
  ...options,
  ...new Array<number>((4 - (options.length % 4)) % 4).fill(1),
]

const dns = (id: number, flags: number) =>
  concat([id >> 8, id & 0xff, flags, 0, 0, 1, 0, 0, 0, 0, 0, 0], [4], text('shop'), [0, 0, 1, 0, 1])

const inner = (payload: Uint8Array, source = '10.42.0.5', destination = '10.42.1.6') =>
  ethernet(IP, ipv4({ source, destination, protocol: TCP, ttl: 63 }, payload), [2, 0, 0, 0, 0, 5], [2, 0, 0, 0, 0, 6])
const tunnelled = (payload: Uint8Array, source = NODE_A, destination = NODE_B) =>
  ethernet(IP, ipv4({ source, destination, protocol: UDP }, udp(55555, 4789, vxlan(42, payload))))

const S = 1_000_000
const R = 5_000_000

/** Frames 1 to 30. */
const FRAMES: readonly (readonly [number, Uint8Array, { interfaceId?: number; length?: number }?])[] = [
  [0, ethernet(IP, there(tcp({ source: 43210, destination: 80, seq: S, flags: SYN, options: padded(SYN_OPTIONS) })))],
  [
    1,
    ethernet(
      IP,
      back(tcp({ source: 80, destination: 43210, seq: R, ack: S + 1, flags: SYN | ACK, options: padded(SYN_OPTIONS) })),
    ),
  ],
  [2, ethernet(IP, there(request(S + 1, R + 1, ACK)))],
  [3, ethernet(IP, there(request(S + 1, R + 1, PSH | ACK, GET)))],
  // Sent again, not captured twice: Linux gives each transmission an IP ID of its own.
  [250, ethernet(IP, there(request(S + 1, R + 1, PSH | ACK, GET), 8))],
  [251, ethernet(IP, back(response(R + 1, S + 1 + GET.length, ACK)))],
  [260, ethernet(IP, back(response(R + 1, S + 1 + GET.length, PSH | ACK, OK)))],
  [261, ethernet(IP, there(request(S + 1 + GET.length, R + 1 + OK.length, ACK)))],
  [262, ethernet(IP, there(request(S + 1 + GET.length, R + 1 + OK.length, FIN | ACK)))],
  [263, ethernet(IP, back(response(R + 1 + OK.length, S + 1 + GET.length, RST)))],
  [
    300,
    ethernet(IP, ipv4({ source: CLIENT, destination: '10.96.0.10', protocol: UDP }, udp(40000, 53, dns(0x1234, 1)))),
  ],
  [
    305,
    ethernet(IP, ipv4({ source: '10.96.0.10', destination: CLIENT, protocol: UDP }, udp(53, 40000, dns(0x1234, 0x81)))),
  ],
  [310, ethernet(0x0806, arp(1, CLIENT, SERVER))],
  [
    320,
    ethernet(
      IP6,
      ipv6(
        { source: 'fd00::7', destination: 'fd00::9', protocol: TCP },
        tcp({ source: 50000, destination: 443, seq: 9, flags: SYN }),
      ),
    ),
  ],
  [
    321,
    ethernet(
      IP6,
      ipv6(
        { source: 'fd00::9', destination: 'fd00::7', protocol: TCP },
        tcp({ source: 443, destination: 50000, seq: 0, ack: 10, flags: RST | ACK }),
      ),
    ),
  ],
  [
    330,
    ethernet(IP6, ipv6({ source: 'fe80::1', destination: 'ff02::1', protocol: UDP }, udp(5353, 5353, text('mdns?')))),
  ],
  [340, tunnelled(inner(tcp({ source: 33333, destination: 8080, seq: 100, flags: SYN })))],
  [
    341,
    tunnelled(
      inner(tcp({ source: 8080, destination: 33333, seq: 700, ack: 101, flags: SYN | ACK }), '10.42.1.6', '10.42.0.5'),
      NODE_B,
      NODE_A,
    ),
  ],
  [342, tunnelled(inner(tcp({ source: 33333, destination: 8080, seq: 101, ack: 701, flags: ACK })))],
  [
    343,
    tunnelled(inner(tcp({ source: 33333, destination: 8080, seq: 101, ack: 701, flags: PSH | ACK }, text('tunnel')))),
  ],
  [
    350,
    ethernet(
      IP,
      ipv4(
        { source: NODE_A, destination: NODE_B, protocol: IPIP },
        ipv4(
          { source: CLIENT, destination: SERVER, protocol: TCP, ttl: 5 },
          tcp({ source: 1111, destination: 2222, seq: 1, flags: SYN }),
        ),
      ),
    ),
  ],
  // Fragmentation needed: quotes the client's request.
  [
    360,
    ethernet(
      IP,
      ipv4(
        { source: '10.244.2.1', destination: CLIENT, protocol: ICMP },
        icmp(3, 4, 1400, there(request(S + 1, R + 1, PSH | ACK, GET)).subarray(0, 28)),
      ),
    ),
  ],
  [
    361,
    ethernet(
      IP,
      ipv4(
        { source: SERVER, destination: CLIENT, protocol: ICMP },
        icmp(3, 3, 0, ipv4({ source: CLIENT, destination: SERVER, protocol: UDP }, udp(40000, 9999, text('x')))),
      ),
    ),
  ],
  [
    370,
    ethernet(
      IP,
      ipv4({ source: CLIENT, destination: SERVER, protocol: ICMP, ttl: 3 }, icmp(8, 0, 0x00010002, text('ping'))),
    ),
  ],
  // The first and the last piece of a datagram.
  [
    380,
    ethernet(
      IP,
      ipv4(
        { source: CLIENT, destination: SERVER, protocol: UDP, id: 99, fragment: 0x2000 },
        udp(6000, 6001, new Uint8Array(24)).fill(0x30, 8),
      ),
    ),
  ],
  [
    381,
    ethernet(
      IP,
      ipv4(
        { source: CLIENT, destination: SERVER, protocol: UDP, id: 99, fragment: 0x0004 },
        new Uint8Array(16).fill(0x31),
      ),
    ),
  ],
  [
    390,
    ethernet(
      0x8100,
      vlan(
        77,
        IP,
        ipv4({ source: '10.9.0.1', destination: '10.9.0.2', protocol: UDP }, udp(7000, 7001, text('tagged'))),
      ),
    ),
  ],
  // Cut in the middle of the TCP header, and in the payload.
  [400, ethernet(IP, there(request(S + 300, R + 300, ACK))).subarray(0, 44), { length: 54 }],
  [
    410,
    ethernet(IP, there(tcp({ source: 43211, destination: 80, seq: 1, ack: 1, flags: PSH | ACK }, GET))).subarray(0, 60),
    { length: 91 },
  ],
  [
    2000,
    ethernet(
      IP,
      ipv4(
        { source: '10.9.0.2', destination: '10.9.0.1', protocol: UDP },
        udp(7001, 7000, concat([0xff, 0x00, 0xfe], text('end'))),
      ),
    ),
  ],
]

/** Time in nanoseconds since 1970, bytes, and what differs from a whole frame of the first interface. */
export const MIXED_FRAMES = FRAMES.map(([ms, bytes, options]) => [START + BigInt(ms) * MS, bytes, options] as const)

export function mixedCapture(): TestCapture {
  const capture = new TestCapture()
  for (const [time, bytes, options] of MIXED_FRAMES) capture.add(time, bytes, options)
  return capture
}
