import { asciiText } from '../application/ascii.ts'
import { dnsTypeName, readDnsMessage, type DnsMessage } from '../application/dns-message.ts'
import { alertName, readHello } from '../application/tls-hello.ts'
import { RECORD } from '../application/tls-records.ts'
import { TRANSPORT, type Packet } from '../decode/packet.ts'

/** What a packet's own payload says: of one that begins no message, nothing. */
export interface ApplicationInfo {
  /** As in Wireshark's Protocol column. */
  readonly protocol: string
  readonly info: string
}

const DNS_PORT = 53
const MDNS_PORT = 5353
const LONGEST_LINE = 300
const LONGEST_RECORD = 2 ** 14 + 2048

/** Reads the payload of this one packet, without what came before or after it. */
export function applicationInfo(packet: Packet): ApplicationInfo | undefined {
  if (packet.fragment || packet.quoted || packet.payloadLength <= 0) return undefined
  const { bytes, payloadAt: from } = packet
  const to = Math.min(packet.end, from + packet.payloadLength)
  if (from < 0 || to <= from) return undefined
  if (packet.transport === TRANSPORT.udp) {
    const has = (port: number) => packet.sourcePort === port || packet.destinationPort === port
    return has(DNS_PORT) ? dns(bytes, from, to, 'DNS') : has(MDNS_PORT) ? dns(bytes, from, to, 'MDNS') : undefined
  }
  if (packet.transport !== TRANSPORT.tcp) return undefined
  return http(bytes, from, to) ?? tls(bytes, from, to)
}

const OPCODES: Readonly<Record<number, string>> = {
  0: 'Standard query',
  4: 'Zone change notification',
  5: 'Dynamic update',
}
const RCODES: Readonly<Record<number, string>> = {
  1: 'Format error',
  2: 'Server failure',
  3: 'No such name',
  4: 'Not implemented',
  5: 'Refused',
}

function dns(bytes: Uint8Array, from: number, to: number, protocol: string): ApplicationInfo | undefined {
  const message = readDnsMessage(bytes, from, to)
  return message && { protocol, info: dnsText(message) }
}

function dnsText({ id, isResponse, opcode, rcode, truncated, question, answers }: DnsMessage): string {
  const parts = [
    `${OPCODES[opcode] ?? `Query with opcode ${opcode}`}${isResponse ? ' response' : ''}`,
    `0x${id.toString(16).padStart(4, '0')}`,
    isResponse && rcode !== 0 && (RCODES[rcode] ?? `Error ${rcode}`),
    question && `${dnsTypeName(question.type)} ${question.name === '' ? '<Root>' : question.name}`,
    isResponse && rcode === 0 && (answers === 1 ? '1 answer' : `${answers} answers`),
    truncated && 'truncated',
  ]
  return parts.filter((part) => typeof part === 'string').join(' ')
}

const REQUEST = /^[A-Z]{3,20} \S+ HTTP\/1\.[01]$/
const RESPONSE = /^HTTP\/1\.[01] \d{3}(?: |$)/

function http(bytes: Uint8Array, from: number, to: number): ApplicationInfo | undefined {
  // "GET", "HTTP": capitals, or it is none. Most payloads end here.
  for (let i = from; i < from + 3; i++) if (i >= to || bytes[i] < 0x41 || bytes[i] > 0x5a) return undefined
  let end = from
  while (end < to && end - from < LONGEST_LINE && bytes[end] !== 0x0d && bytes[end] !== 0x0a) end++
  const line = asciiText(bytes, from, end)
  const cut = end === to || end - from === LONGEST_LINE
  if (!RESPONSE.test(line) && !REQUEST.test(line) && !(cut && /^[A-Z]{3,20} \/\S*$/.test(line))) return undefined
  return { protocol: 'HTTP', info: cut ? `${line}…` : line }
}

const HANDSHAKES: Readonly<Record<number, string>> = {
  0: 'Hello Request',
  1: 'Client Hello',
  2: 'Server Hello',
  4: 'New Session Ticket',
  8: 'Encrypted Extensions',
  11: 'Certificate',
  12: 'Server Key Exchange',
  13: 'Certificate Request',
  14: 'Server Hello Done',
  15: 'Certificate Verify',
  16: 'Client Key Exchange',
  20: 'Finished',
}

/** The records that begin in this packet. */
function tls(bytes: Uint8Array, from: number, to: number): ApplicationInfo | undefined {
  const names: string[] = []
  for (let at = from; at + 5 <= to && names.length < 12;) {
    const type = bytes[at]
    const length = (bytes[at + 3] << 8) | bytes[at + 4]
    const isRecord = type >= 20 && type <= 23 && bytes[at + 1] === 3 && bytes[at + 2] <= 4
    if (!isRecord || length === 0 || length > LONGEST_RECORD) {
      if (at === from) return undefined
      break
    }
    names.push(recordText(bytes, type, at + 5, Math.min(to, at + 5 + length), length))
    at += 5 + length
  }
  return names.length === 0 ? undefined : { protocol: 'TLS', info: names.join(', ') }
}

function recordText(bytes: Uint8Array, type: number, from: number, to: number, length: number): string {
  if (type === RECORD.applicationData) return 'Application Data'
  if (type === RECORD.changeCipherSpec) return 'Change Cipher Spec'
  if (type === RECORD.alert) {
    return length === 2 && from + 2 <= to ? `Alert (${alertName(bytes[from + 1])})` : 'Encrypted Alert'
  }
  const kind = from < to ? bytes[from] : -1
  const name = HANDSHAKES[kind]
  const size = from + 4 <= to ? (bytes[from + 1] << 16) | (bytes[from + 2] << 8) | bytes[from + 3] : 0
  // Once keys are agreed on, the type is encrypted like the rest: then the length makes no sense.
  if (name === undefined || size > 2 ** 18) return 'Encrypted Handshake Message'
  if (kind !== 1) return name
  const { serverName } = readHello(bytes, from + 4, to, true)
  return serverName === undefined ? name : `${name} (SNI=${serverName})`
}
