import {
  dnsOverTcp,
  PAYLOAD_PROTOCOLS,
  payloadEnd,
  type PayloadProtocol,
  payloadProtocol,
} from '../application/payload.ts'
import { DNS_FIELDS, writeDns } from './dns-fields.ts'
import type { FieldTable } from './field-info.ts'
import type { FieldWriter } from './field-writer.ts'
import { HTTP_FIELDS, writeHttp } from './http-fields.ts'
import { HTTP2_FIELDS, writeHttp2 } from './http2-fields.ts'
import { type Packet, TRANSPORT } from './packet.ts'
import { PROTOCOL } from './protocols.ts'
import { TLS_FIELDS, writeTls } from './tls-fields.ts'

/** Fields of what a packet's payload says by itself. Such a layer is not in the packet's stack: it is found when it is asked for. */
export const APPLICATION_FIELDS = {
  ...DNS_FIELDS,
  ...HTTP_FIELDS,
  ...TLS_FIELDS,
  ...HTTP2_FIELDS,
} as const satisfies FieldTable

const CARRIERS: Readonly<Record<PayloadProtocol, readonly number[]>> = {
  dns: [PROTOCOL.udp, PROTOCOL.tcp],
  mdns: [PROTOCOL.udp],
  http: [PROTOCOL.tcp],
  tls: [PROTOCOL.tcp],
  http2: [PROTOCOL.tcp],
  grpc: [PROTOCOL.tcp],
}

/** The protocol in a payload that the field belongs to. */
export function payloadProtocolOf(field: string): PayloadProtocol | undefined {
  return PAYLOAD_PROTOCOLS.find((name) => field === name || field.startsWith(`${name}.`))
}

/** Ids of the layers whose payload may hold the protocol. */
export function carriers(protocol: PayloadProtocol): readonly number[] {
  return CARRIERS[protocol]
}

/** Tells `out` the fields of what begins in the packet's payload; nothing if that is none of these protocols. */
export function writeApplication(packet: Packet, out: FieldWriter): void {
  const protocol = payloadProtocol(packet, out.context?.carried)
  if (protocol === undefined) return
  const { bytes, payloadAt: at } = packet
  const to = payloadEnd(packet)
  out.end = to
  out.limit = at + packet.payloadLength
  out.next = to
  out.tcp = undefined
  if (protocol === 'http') {
    const behind = writeHttp(out, at, to)
    // A server that changes to HTTP/2 may send its SETTINGS with the 101.
    if (behind < to && out.context?.carried !== undefined) writeHttp2(out, behind, to)
  } else if (protocol === 'tls') writeTls(out, at, to)
  else if (protocol === 'http2') writeHttp2(out, at, to)
  else if (packet.transport === TRANSPORT.udp) writeDns(out, at, to, protocol)
  else {
    for (let next = at; dnsOverTcp(bytes, next, to);) {
      const end = next + 2 + out.u16(next)
      writeDns(out, next, Math.min(to, end), 'dns', true)
      next = end
    }
  }
}
