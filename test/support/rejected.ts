import { ethernet, icmp, ipv4, tcp, text, udp } from '../../engine/query/testing/frames.ts'
import type { Sighting } from './two-points.ts'

const START = 1_800_000_000_000_000_000n
const [SYN, ACK] = [0x02, 0x10]
const [CLIENT, SERVER, ROUTER] = ['10.0.0.1', '10.0.0.2', '10.9.9.9']

const fromClient = (protocol: number, payload: Uint8Array) =>
  ipv4({ source: CLIENT, destination: SERVER, protocol }, payload)
const fromServer = (protocol: number, payload: Uint8Array) =>
  ipv4({ source: SERVER, destination: CLIENT, protocol }, payload)
const segment = (flags: number, seq: number, payload = text('')) =>
  fromClient(6, tcp({ source: 4000, destination: 80, flags, seq, ack: flags === SYN ? 0 : 901 }, payload))
const answer = (flags: number, seq: number, ack: number, payload = text('')) =>
  fromServer(6, tcp({ source: 80, destination: 4000, flags, seq, ack }, payload))
const unreachable = (code: number, quoted: Uint8Array) =>
  ipv4({ source: ROUTER, destination: CLIENT, protocol: 1 }, icmp(3, code, 0, quoted))

/**
 * What two points see, a millisecond apart, the nearer one first: a connection, of which a router between them rejects a segment, and a datagram that is
 * rejected behind both, each with the reason in an ICMP error.
 */
export function rejectedAtTwoPoints(): readonly [near: Sighting[], far: Sighting[]] {
  const [near, far]: [Sighting[], Sighting[]] = [[], []]
  const see = (ms: number, packet: Uint8Array, { back = false, by = [near, far] } = {}) => {
    const bytes = ethernet(0x800, packet)
    for (const [i, point] of (back ? [far, near] : [near, far]).entries()) {
      if (by.includes(point)) point.push({ time: START + BigInt((ms + i) * 1e6), bytes, length: bytes.length })
    }
  }
  see(0, segment(SYN, 100))
  see(5, answer(SYN | ACK, 900, 101), { back: true })
  see(10, segment(ACK, 101, text('GET')))
  see(15, answer(ACK, 901, 104, text('OK')), { back: true })
  see(20, fromClient(17, udp(4000, 9000, text('a datagram'))))
  see(25, fromServer(17, udp(9000, 4000, text('its answer'))), { back: true })
  const forbidden = segment(ACK, 104, text('PUT'))
  see(100, forbidden, { by: [near] })
  see(101, unreachable(13, forbidden), { by: [near] })
  see(300, forbidden)
  see(305, answer(ACK, 903, 107, text('DONE')), { back: true })
  const closed = fromClient(17, udp(6000, 9999, text('nobody listens')))
  see(200, closed)
  see(204, unreachable(3, closed), { back: true })
  // What is due when a capture ends is not judged.
  see(3000, segment(ACK, 107, text('END')))
  see(3005, answer(ACK, 907, 110, text('END')), { back: true })
  return [near, far]
}
