import { expect, it } from 'vitest'
import { decode, ETHERNET, hex, REQUEST, stack, SYN } from './frames.fixture.ts'
import { NETWORK, type Packet, TRANSPORT } from './packet.ts'
import { PROTOCOL } from './protocols.ts'

// Of TCP over plain IPv4 in an Ethernet frame the kernel decodes both headers at once. It must say what it says of the packet by itself.

const IP_AT = 14
const LINKTYPE_IPV4 = 228

/** What is said of the packet from the IPv4 header on, which is at `ip`. */
function account(packet: Packet, ip: number): unknown {
  const first = packet.layers.indexOf(PROTOCOL.ip)
  const layers = Array.from(packet.layers.subarray(first, packet.layerCount), (id, i) => [
    id,
    packet.layerAt[first + i] - ip,
    packet.layerLimit[first + i] - ip,
  ])
  const { network, transport, source, destination, ipId, ttl, fragment, error, seq, ack, tcpFlags, window } = packet
  const { sourcePort, destinationPort, payloadLength, hasPayloadLength, optionsCut, tsval, tsecr, quoted } = packet
  return [
    layers,
    [network, transport, fragment, error],
    network === NETWORK.ipv4 ? [source, destination, packet.sourceAt - ip, packet.destinationAt - ip, ipId, ttl] : [],
    [payloadLength, hasPayloadLength, packet.payloadAt - ip, quoted],
    transport === TRANSPORT.tcp
      ? [sourcePort, destinationPort, seq, ack, tcpFlags, window, optionsCut, tsval, tsecr]
      : [],
  ]
}

function compare(frame: Uint8Array, wireLength: number, what: string): void {
  const inFrame = decode(ETHERNET, frame, wireLength)
  const alone = decode(LINKTYPE_IPV4, frame.subarray(IP_AT), wireLength - IP_AT)
  const [said, expected] = [account(inFrame, IP_AT), account(alone, 0)]
  // Called too often for `expect` alone.
  if (JSON.stringify(said) !== JSON.stringify(expected)) expect(said, what).toEqual(expected)
}

it.each([
  ['a SYN', SYN],
  ['a request', REQUEST],
])('says the same of %s, whatever a byte of its headers is, and wherever it was cut', (_name, text) => {
  const frame = hex(text)
  expect(stack(decode(ETHERNET, frame))).toMatch(/^eth:ethertype:ip:tcp/)
  for (let at = IP_AT; at < IP_AT + 40; at++) {
    const changed = frame.slice()
    for (let value = 0; value < 256; value++) {
      changed[at] = value
      compare(changed, frame.length, `byte ${at} is ${value}`)
    }
  }
  for (let length = IP_AT + 1; length <= frame.length; length++) {
    compare(frame.subarray(0, length), frame.length, `${length} bytes were captured`)
    compare(frame.subarray(0, length), length, `it had ${length} bytes`)
  }
})
