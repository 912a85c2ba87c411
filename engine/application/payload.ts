import { TRANSPORT, type Packet } from '../decode/packet.ts'
import { asciiText } from './ascii.ts'
import { DNS_PORT, MDNS_PORT } from './recognition.ts'
import { type DnsMessage, readDnsMessage } from './dns-message.ts'
import { framesIn } from './http2-frames.ts'
import type { FramedProtocol } from './stream-decoder.ts'
import { RECORD } from './tls-records.ts'

// What a single packet's payload is, without what came before or after it: a message, or a piece of one, that begins there.

/** By their names in Wireshark. */
export const PAYLOAD_PROTOCOLS = ['dns', 'mdns', 'http', 'tls', 'http2', 'grpc'] as const
export type PayloadProtocol = (typeof PAYLOAD_PROTOCOLS)[number]

/**
 * What begins in the packet; `carried` is what its conversation was found to carry: frames of HTTP/2 are nowhere else looked for, and
 * messages of gRPC are in those.
 * Undefined where no message begins; also for pieces of datagrams, and what an ICMP error quotes.
 */
export function payloadProtocol(
  packet: Packet,
  carried?: FramedProtocol,
): Exclude<PayloadProtocol, 'grpc'> | undefined {
  if (packet.fragment || packet.quoted || packet.payloadLength <= 0 || packet.sourceAt < 0) return undefined
  const { bytes, payloadAt: from } = packet
  const to = payloadEnd(packet)
  if (from < 0 || to <= from) return undefined
  const has = (port: number): boolean => packet.sourcePort === port || packet.destinationPort === port
  if (packet.transport === TRANSPORT.udp) {
    const dns = has(DNS_PORT) ? 'dns' : has(MDNS_PORT) ? 'mdns' : undefined
    return dns && readDnsMessage(bytes, from, to) && dns
  }
  if (packet.transport !== TRANSPORT.tcp) return undefined
  if (has(DNS_PORT) && dnsOverTcp(bytes, from, to)) return 'dns'
  if (httpFirstLine(bytes, from, to)) return 'http'
  if (tlsRecordAt(bytes, from, to)) return 'tls'
  return carried && framesIn(bytes, from, to) && 'http2'
}

/** One past the last byte of it that was captured. */
export function payloadEnd({ end, payloadAt, payloadLength }: Packet): number {
  return Math.min(end, payloadAt + payloadLength)
}

const DNS_HEADER = 12
const DNS_OVER_TCP_LENGTH = 2

/** The message that begins here behind its length (RFC 1035 section 4.2.2). */
export function dnsOverTcp(bytes: Uint8Array, from: number, to: number): DnsMessage | undefined {
  if (to - from < DNS_OVER_TCP_LENGTH + DNS_HEADER) return undefined
  const length = (bytes[from] << 8) | bytes[from + 1]
  if (length < DNS_HEADER) return undefined
  const at = from + DNS_OVER_TCP_LENGTH
  return readDnsMessage(bytes, at, Math.min(to, at + length))
}

export interface HttpFirstLine {
  readonly text: string
  readonly isRequest: boolean
  /** One past it, where its line end is. */
  readonly to: number
  /** It goes on in another packet, or for too long. */
  readonly cut: boolean
}

const REQUEST = /^[A-Z][A-Z-]{2,23} \S+ HTTP\/1\.[01]$/
const RESPONSE = /^HTTP\/1\.[01] \d{3}(?: |$)/
const LONGEST_LINE = 8192

/** The request or status line that begins here (RFC 9112 sections 3 and 4). */
export function httpFirstLine(bytes: Uint8Array, from: number, to: number): HttpFirstLine | undefined {
  // "GET", "HTTP": capitals, or it is none. Most payloads end here.
  for (let i = from; i < from + 3; i++) if (i >= to || bytes[i] < 0x41 || bytes[i] > 0x5a) return undefined
  let end = from
  while (end < to && end - from < LONGEST_LINE && bytes[end] !== 0x0d && bytes[end] !== 0x0a) end++
  const text = asciiText(bytes, from, end)
  const cut = end === to || end - from === LONGEST_LINE
  if (RESPONSE.test(text)) return { text, isRequest: false, to: end, cut }
  if (REQUEST.test(text) || (cut && /^[A-Z]{3,20} \/\S*$/.test(text))) return { text, isRequest: true, to: end, cut }
  return undefined
}

export interface TlsRecord {
  readonly type: number
  /** Where its body is; `to` is one past what this packet has of it. */
  readonly from: number
  readonly to: number
  /** Of the body, by the header. */
  readonly length: number
}

const RECORD_HEADER = 5
const LONGEST_RECORD = 2 ** 14 + 2048

export function tlsRecordAt(bytes: Uint8Array, at: number, to: number): TlsRecord | undefined {
  if (at + RECORD_HEADER > to) return undefined
  const type = bytes[at]
  const length = (bytes[at + 3] << 8) | bytes[at + 4]
  const isRecord =
    type >= RECORD.changeCipherSpec && type <= RECORD.applicationData && bytes[at + 1] === 3 && bytes[at + 2] <= 4
  if (!isRecord || length === 0 || length > LONGEST_RECORD) return undefined
  const from = at + RECORD_HEADER
  return { type, from, to: Math.min(to, from + length), length }
}

/** Handshake messages (RFC 8446 section 4, RFC 5246 section 7.4), as Wireshark writes them. */
export const TLS_HANDSHAKES: Readonly<Record<number, string>> = {
  0: 'Hello Request',
  1: 'Client Hello',
  2: 'Server Hello',
  3: 'Hello Verify Request',
  4: 'New Session Ticket',
  5: 'End of Early Data',
  8: 'Encrypted Extensions',
  11: 'Certificate',
  12: 'Server Key Exchange',
  13: 'Certificate Request',
  14: 'Server Hello Done',
  15: 'Certificate Verify',
  16: 'Client Key Exchange',
  20: 'Finished',
  21: 'Certificate URL',
  22: 'Certificate Status',
  24: 'Key Update',
}

const HANDSHAKE_HEADER = 4
const HELLO_REQUEST = 0
const CLIENT_HELLO = 1
const SERVER_HELLO_DONE = 14

/**
 * Whether a handshake record's body is in clear. Once keys are agreed on it is encrypted, type and length too: then they make no sense,
 * or look like those of an empty Hello Request, as the first bytes of a nonce are often zero. Behind a Change Cipher Spec in the same
 * packet only a second ClientHello is clear: TLS 1.3 sends one for show before it (RFC 8446 appendix D.4).
 */
export function isClearHandshake(
  bytes: Uint8Array,
  { from, to, length }: TlsRecord,
  afterChangeCipherSpec: boolean,
): boolean {
  if (from >= to) return false
  const kind = bytes[from]
  if (TLS_HANDSHAKES[kind] === undefined) return false
  if (from + HANDSHAKE_HEADER > to) return !afterChangeCipherSpec
  const size = (bytes[from + 1] << 16) | (bytes[from + 2] << 8) | bytes[from + 3]
  if (afterChangeCipherSpec) return kind === CLIENT_HELLO && size + HANDSHAKE_HEADER === length
  if (kind === HELLO_REQUEST || kind === SERVER_HELLO_DONE) return size === 0 && length === HANDSHAKE_HEADER
  return size <= 2 ** 18
}
