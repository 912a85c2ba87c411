import { decodeFrame } from './decode.ts'
import { Packet } from './packet.ts'
import { PROTOCOLS } from './protocols.ts'

// For the tests: frames as hexadecimal text, and the decoding of them.
//
// The frames named here were captured between two network namespaces (10.244.1.2 and 10.244.2.3, fd00:244::2 and fd00:244::3, a VXLAN
// with VNI 42 over them) with Linux 6.18 and tcpdump. Where a test needs a tunnel or link type that such a pair does not speak, it puts
// the header in front of one of these by hand.

/** Bytes of hexadecimal text; white space is for the reader. */
export function hex(...parts: string[]): Uint8Array {
  const digits = parts.join('').replace(/\s+/g, '')
  const bytes = new Uint8Array(digits.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(digits.slice(i * 2, i * 2 + 2), 16)
  return bytes
}

/** Decodes the frame as captured whole, or as of `wireLength` bytes of which these were captured. */
export function decode(linkType: number, frame: string | Uint8Array, wireLength?: number): Packet {
  const bytes = typeof frame === 'string' ? hex(frame) : frame
  const packet = new Packet()
  decodeFrame(packet, bytes, 0, bytes.length, wireLength ?? bytes.length, linkType)
  return packet
}

/** As tshark's frame.protocols. */
export function stack(packet: Packet): string {
  return Array.from(packet.layers.subarray(0, packet.layerCount), (id) => PROTOCOLS[id]).join(':')
}

export const ETHERNET = 1

/** Ethernet header from 10.244.1.2 to 10.244.2.3, without its type. */
export const MACS = '02420af40203 02420af40102'

/** 10.244.1.2:45348 > 10.244.2.3:8080 SYN; MSS 1460, SACK permitted, timestamps, window scale 10 */
export const IP_SYN = `
  4500 003c ec11 4000 40 06 35be 0af40102 0af40203
  b124 1f90 c6e15612 00000000 a002 faf0 191b 0000
  020405b4 0402 080a f7e3503d 00000000 01 03030a`
export const SYN = `${MACS} 0800 ${IP_SYN}`

/** The answer to it: SYN, ACK */
export const SYN_ACK = `
  02420af40102 02420af40203 0800
  4500 003c 0000 4000 40 06 21d0 0af40203 0af40102
  1f90 b124 a42f5446 c6e15613 a012 fe88 191b 0000
  020405b4 0402 080a d4d6c3a4 f7e3503d 01 03030a`

/** 18 bytes of an HTTP request: PSH, ACK; NOP, NOP, timestamps */
export const IP_REQUEST = `
  4500 0046 ec13 4000 40 06 35b2 0af40102 0af40203
  b124 1f90 c6e15613 a42f5447 8018 003f 1925 0000
  0101 080a f7e3503d d4d6c3a4
  474554202f20485454502f312e310d0a0d0a`
export const REQUEST = `${MACS} 0800 ${IP_REQUEST}`

/** The answer to a SYN for a closed port: RST, ACK; 40 bytes, so the wire's frame would have been padded */
export const RESET = `
  02420af40102 02420af40203 0800
  4500 0028 0000 4000 40 06 21e4 0af40203 0af40102
  0051 e6d6 00000000 1680dfe0 5014 0000 b95b 0000`

/** [fd00:244::2]:49528 > [fd00:244::3]:8080 SYN */
export const IP6_SYN = `
  600c1660 0028 06 40 fd000244000000000000000000000002 fd000244000000000000000000000003
  c178 1f90 f36579a6 00000000 a002 fd20 febc 0000
  020405a0 0402 080a 32bf3944 00000000 01 03030a`

/** The request's SYN through the VXLAN: outer 10.244.1.2 > 10.244.2.3 UDP 8472, VNI 42, inner 10.50.0.2 > 10.50.0.3 */
export const VXLAN_SYN = `
  ${MACS} 0800 4500 006e 4373 0000 40 11 1e20 0af40102 0af40203
  832a 2118 005a f388
  08000000 00002a 00
  0a580a320003 0a580a320002 0800
  4500 003c ca8f 4000 40 06 5bc4 0a320002 0a320003
  cc16 1f90 0b9544d9 00000000 a002 fd5c 1497 0000
  02040582 0402 080a f4841034 00000000 01 03030a`

/** Who has 10.50.0.3? Tell 10.50.0.2 (in the VXLAN) */
export const ARP_REQUEST = `
  ffffffffffff 0a580a320002 0806
  0001 0800 06 04 0001 0a580a320002 0a320002 000000000000 0a320003`

/** 10.244.2.3 > 10.244.1.2: port unreachable, quoting UDP 53844 > 9999 whole ("hello") */
export const PORT_UNREACHABLE = `
  02420af40102 02420af40203 0800
  45c0 003d b1dc 0000 40 01 af37 0af40203 0af40102
  03 03 a6ae 00000000
  4500 0021 4378 4000 40 11 de67 0af40102 0af40203
  d254 270f 000d 190b 68656c6c6f`

/** The same between the IPv6 addresses: UDP 46086 > 9999 */
export const PORT_UNREACHABLE_6 = `
  02420af40102 02420af40203 86dd
  600a20cd 003d 3a 40 fd000244000000000000000000000003 fd000244000000000000000000000002
  01 04 94bd 00000000
  6003ddb6 000d 11 40 fd000244000000000000000000000002 fd000244000000000000000000000003
  b406 270f 000d feac 68656c6c6f`

/** UDP 53844 > 9998, the first 1480 of 2008 bytes; only 12 of them are here */
export const FIRST_FRAGMENT = `
  ${MACS} 0800
  4500 05dc 4379 2000 40 11 f8ab 0af40102 0af40203
  d254 270e 07d8 4758 78787878`

/** ... and the rest of it, again 12 bytes */
export const LAST_FRAGMENT = `
  ${MACS} 0800
  4500 0224 4379 00b9 40 11 1bab 0af40102 0af40203
  787878787878787878787878`

/** Echo request, sequence 1 */
export const PING = `
  ${MACS} 0800
  4500 0054 d4b8 4000 40 01 4d04 0af40102 0af40203
  08 00 04f3 5051 0001
  a50d016b00000000356f080000000000101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637`

/** Who has fd00:244::3? */
export const NEIGHBOUR_SOLICITATION = `
  3333ff000003 02420af40102 86dd
  60000000 0020 3a ff fd000244000000000000000000000002 ff0200000000000000000001ff000003
  87 00 6cd5 00000000 fd000244000000000000000000000003 01 01 02420af40102`

/** Every frame here with its link type, for tests that try something on all of them. */
export const FRAMES: readonly (readonly [name: string, linkType: number, frame: string])[] = [
  ['SYN', ETHERNET, SYN],
  ['SYN, ACK', ETHERNET, SYN_ACK],
  ['request', ETHERNET, REQUEST],
  ['reset', ETHERNET, RESET],
  ['IPv6 SYN', ETHERNET, `${MACS} 86dd ${IP6_SYN}`],
  ['VXLAN', ETHERNET, VXLAN_SYN],
  ['ARP', ETHERNET, ARP_REQUEST],
  ['port unreachable', ETHERNET, PORT_UNREACHABLE],
  ['IPv6 port unreachable', ETHERNET, PORT_UNREACHABLE_6],
  ['first fragment', ETHERNET, FIRST_FRAGMENT],
  ['last fragment', ETHERNET, LAST_FRAGMENT],
  ['ping', ETHERNET, PING],
  ['neighbour solicitation', ETHERNET, NEIGHBOUR_SOLICITATION],
  // The same SYN in other wrappings.
  ['QinQ', ETHERNET, `${MACS} 88a8 60c8 8100 0064 0800 ${IP_SYN}`],
  ['MPLS', ETHERNET, `${MACS} 8847 00010040 00011140 ${IP_SYN}`],
  ['MPLS pseudowire', ETHERNET, `${MACS} 8847 00010140 00000000 ${SYN}`],
  ['PPPoE', ETHERNET, `${MACS} 8864 11 00 0001 003e 0021 ${IP_SYN}`],
  ['SNAP', ETHERNET, `${MACS} 0044 aaaa03 000000 0800 ${IP_SYN}`],
  ['cooked', 113, `0000 0001 0006 02420af401020000 0800 ${IP_SYN}`],
  ['cooked 2', 276, `0800 0000 00000006 0001 04 06 02420af401020000 ${IP_SYN}`],
  ['null', 0, `02000000 ${IP_SYN}`],
  ['raw', 101, IP_SYN],
  ['PPP', 9, `ff03 0021 ${IP_SYN}`],
  ['GRE', ETHERNET, `${MACS} 0800 ${outerIp(47, 76)} b000 0800 beef0000 00000007 00000001 ${IP_SYN}`],
  ['ERSPAN', ETHERNET, `${MACS} 0800 ${outerIp(47, 90)} 1000 88be 00000001 10640009 00000001 ${SYN}`],
  ['IPIP', ETHERNET, `${MACS} 0800 ${outerIp(4, 60)} ${IP_SYN}`],
  ['SIT', ETHERNET, `${MACS} 0800 ${outerIp(41, 80)} ${IP6_SYN}`],
  [
    'Geneve',
    ETHERNET,
    `${MACS} 0800 ${outerIp(17, 98)} c350 17c1 0062 0000 02406558 00002b00 01028001 00000005 ${SYN}`,
  ],
  [
    'GTP-U',
    ETHERNET,
    `${MACS} 0800 ${outerIp(17, 84)} 0868 0868 0054 0000 34ff 0044 00000001 00000085 01100900 ${IP_SYN}`,
  ],
  ['AH', ETHERNET, `${MACS} 0800 ${outerIp(51, 84)} 0404 0000 00000100 00000001 000102030405060708090a0b ${IP_SYN}`],
  [
    'hop-by-hop',
    ETHERNET,
    `${MACS} 86dd 60000000 0030 00 40 fd000244000000000000000000000002 fd000244000000000000000000000003
     06 00 05 02 0000 01 00
     c178 1f90 f36579a6 00000000 a002 fd20 febc 0000 020405a0 0402 080a 32bf3944 00000000 01 03030a`,
  ],
  [
    'SCTP',
    ETHERNET,
    `${MACS} 0800 ${outerIp(132, 32)} 0b59 0b59 12345678 00000000 03 00 0010 00000001 0000ffff 0000 0000`,
  ],
  ['WireGuard', ETHERNET, `${MACS} 0800 ${outerIp(17, 40)} ca6c ca6c 0028 0000 04000000 00000001 ${'00'.repeat(24)}`],
  [
    'radiotap',
    127,
    `00 00 0900 02000000 00 0801 0000 020000000001 020000000002 020000000003 0000 aaaa03 000000 0800 ${IP_SYN}`,
  ],
  ['NFLOG', 239, `02 00 0028 0800 0100 00000003 4000 0900 ${IP_SYN}`],
]

/** An IPv4 header from 10.244.1.2 to 10.244.2.3 for `length` bytes of `protocol`. */
export function outerIp(protocol: number, length: number): string {
  const total = (20 + length).toString(16).padStart(4, '0')
  return `4500 ${total} 0001 4000 40 ${protocol.toString(16).padStart(2, '0')} 0000 0af40102 0af40203`
}
